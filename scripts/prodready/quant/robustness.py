"""Whether a result holds in its parts: walk-forward folds, neighbours in the parameter grid, the stationary bootstrap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import UndefinedError, finite, moments

if TYPE_CHECKING:
    from prodready.quant.moments import Array


class Folds(Struct, frozen=True, kw_only=True):
    """The annualised Sharpe ratios of consecutive parts of a record."""

    ratios: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one, or the mean of the two."""
        import numpy as np

        return float(np.median(self.ratios))

    @property
    def worst(self) -> float:
        """The smallest."""
        return min(self.ratios)

    @property
    def positive(self) -> float:
        """Share of folds above 0."""
        return sum(ratio > 0 for ratio in self.ratios) / len(self.ratios)

    @property
    def dispersion(self) -> float:
        """Sample deviation over the mean. Raises UndefinedError when the mean is not above 0: no dispersion is small enough for a loss."""
        import numpy as np

        mean = float(np.mean(self.ratios))
        if mean <= 0:
            raise UndefinedError(f"the mean Sharpe ratio of the folds is {mean:.3g}: dispersion relative to it means nothing", "look at the median first")
        return float(np.std(self.ratios, ddof=1)) / mean


def folds(returns: Array, count: int, periods: float, risk_free: float = 0.0, least: int = 10) -> Folds:
    """Consecutive parts of nearly equal length, each at least ``least`` observations. Raises UndefinedError."""
    import numpy as np

    flat = finite(returns)
    if count < 2 or flat.size < count * least:
        raise UndefinedError(f"{flat.size} observations do not make {count} folds of {least}", "give a longer record, or use fewer folds")
    return Folds(ratios=tuple(moments(part - risk_free).sharpe * math.sqrt(periods) for part in np.array_split(flat, count)))


class Sensitivity(Struct, frozen=True, kw_only=True):
    """How much of the chosen result its neighbours keep."""

    kept: float
    """The worst neighbour's metric over the chosen one's."""
    row: int
    """That neighbour, counted from 0."""
    parameter: int
    """The parameter in which it differs."""
    neighbours: int


def sensitivity(parameters: Array, metric: Array, *, chosen: int, reach: float) -> Sensitivity:
    """The neighbours that differ from the chosen row in one parameter by at most ``reach`` (a share of its value).

    Raises UndefinedError when a parameter lacks a neighbour on either side at least half as far away as ``reach``: the grid is not complete.
    """
    import numpy as np

    if metric[chosen] <= 0:
        raise UndefinedError(f"the chosen row's metric is {metric[chosen]:g}: what others keep of it means nothing", "choose a result above 0")
    here = parameters[chosen]
    near: list[tuple[float, int, int]] = []
    for index in range(parameters.shape[1]):
        others = np.delete(parameters, index, axis=1)
        away = (parameters[:, index] - here[index]) / abs(here[index]) if here[index] else np.full(len(parameters), np.nan)
        beside = np.all(others == np.delete(here, index), axis=1) & (away != 0) & (np.abs(away) <= reach * (1 + 1e-9))
        _complete(away[beside], index, reach)
        near += [(float(metric[row] / metric[chosen]), int(row), index) for row in np.flatnonzero(beside)]
    kept, row, parameter = min(near)
    return Sensitivity(kept=kept, row=row, parameter=parameter, neighbours=len(near))


def _complete(away: Array, index: int, reach: float) -> None:
    for side, word in ((1, "above"), (-1, "below")):
        if not (away * side >= reach / 2 * (1 - 1e-9)).any():
            raise UndefinedError(
                f"parameter {index + 1} has no neighbour between {reach / 2:.0%} and {reach:.0%} {word} the chosen value: the grid is not complete",
                "run the backtest there too, all other parameters unchanged",
            )


def bootstrap_sharpe(returns: Array, periods: float, *, quantile: float, block: float, resamples: int = 2000, seed: int = 1) -> float:
    """A quantile of the annualised Sharpe ratio over stationary bootstrap resamples (Politis & Romano 1994), mean block length ``block``."""
    import numpy as np

    flat = finite(returns, 10)
    moments(flat)
    random = np.random.default_rng(seed)
    n = flat.size
    around = np.concatenate((flat, flat))
    ratios = np.empty(resamples)
    for at in range(resamples):
        fresh = random.random(n) < 1 / block
        fresh[0] = True
        starts = np.where(fresh, random.integers(0, n, n) - np.arange(n), 0)
        last = np.maximum.accumulate(np.where(fresh, np.arange(n), 0))
        drawn = around[(starts[last] + np.arange(n)) % n]
        deviation = drawn.std(ddof=1)
        ratios[at] = drawn.mean() / deviation if deviation else 0.0
    return float(np.quantile(ratios, quantile)) * math.sqrt(periods)
