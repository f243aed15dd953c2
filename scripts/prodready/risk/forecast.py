"""Value at risk and expected shortfall of the account as it stood, session by session, by every method: ours, beside what the engine says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.check import CannotTell
from prodready.quant import risk
from prodready.quant.moments import UndefinedError
from prodready.risk.scenario import Scenario

if TYPE_CHECKING:
    from prodready.quant.moments import Array

METHODS = ("historical", "parametric", "cornish_fisher", "expected_shortfall")


class Definition(Struct, frozen=True, kw_only=True):
    """Which value at risk: the answer changes with each of these."""

    method: risk.Method
    confidence: float
    window: int
    """Returns that it is taken from."""


class Forecasts(Struct, frozen=True, kw_only=True):
    """What each method says at the close of each judged session, as a share of equity; NaN where it is not defined."""

    times: tuple[str, ...]
    values: Mapping[str, Array]

    def first_above(self, method: str, limit: float) -> int | None:
        """The first judged session, counted from 0, on which the method says more than ``limit``."""
        import numpy as np

        above = np.flatnonzero(self.values[method] > limit)
        return int(above[0]) if above.size else None

    def most(self, method: str) -> float:
        """The highest that the method says."""
        import numpy as np

        return float(np.nanmax(self.values[method])) if np.isfinite(self.values[method]).any() else float("nan")


def forecasts(scenario: Scenario, positions: Mapping[str, Decimal], capital: Decimal, definition: Definition) -> Forecasts:
    """Of an account that holds these positions all the time. Raises CannotTell where the history is shorter than the window."""
    import numpy as np

    window, first = definition.window, scenario.first
    if first < window:
        raise CannotTell(
            f"{scenario.name} has {first} sessions before {scenario.times[first]}, a window of {window} returns needs {window + 1}", "state a shorter window"
        )
    levels = np.array([[float(price) for price in prices] for prices in scenario.prices.values()]).T
    held = np.array([float(positions.get(symbol, 0)) for symbol in scenario.prices])
    cash = float(capital) - float(held @ levels[first - 1])
    returns = scenario.returns()
    rows = []
    for session in scenario.sessions:
        worth = held * levels[session]
        rows.append(_all(returns[session - window : session] @ (worth / (cash + worth.sum())), definition.confidence))
    columns = np.array(rows).T
    return Forecasts(times=tuple(scenario.times[session] for session in scenario.sessions), values=dict(zip(METHODS, columns, strict=True)))


def _all(returns: Array, confidence: float) -> list[float]:
    return [_one(method, returns, confidence) for method in METHODS]


def _one(method: str, returns: Array, confidence: float) -> float:
    try:
        match method:
            case "historical":
                return risk.historical(returns, confidence)
            case "parametric":
                return risk.parametric(returns, confidence)
            case "cornish_fisher":
                return risk.cornish_fisher(returns, confidence)
            case _:
                return risk.expected_shortfall(returns, confidence)
    except UndefinedError:
        return float("nan")
