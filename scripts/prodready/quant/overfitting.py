"""Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado, Zhu 2015).

Every half of the blocks has a mean and a variance that are sums over its blocks, so one product of a 0/1 matrix with the block sums
gives all 12 870 halves of 16 blocks at once; the other half is the total less this one.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import UndefinedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodready.quant.moments import Array

CHUNK = 256_000
"""Bytes of one table of halves × trials that is held at a time."""


class Overfitting(Struct, frozen=True, kw_only=True):
    """What choosing the best in one half gave in the other, over all ways to halve the blocks. Ratios are per period."""

    logits: Array
    inside: Array
    """Sharpe ratio of the chosen trial where it was chosen."""
    outside: Array
    """Its Sharpe ratio in the other half."""
    gained: Array
    """Its mean return in the other half."""
    dropped: int
    """Rows at the end that fill no block."""

    @property
    def splits(self) -> int:
        """How many ways to halve: 12 870 for 16 blocks."""
        return len(self.logits)

    @property
    def probability(self) -> float:
        """PBO: the share of splits in which the chosen trial ended in the lower half."""
        return float((self.logits <= 0).mean())

    @property
    def loss(self) -> float:
        """Share of splits in which the chosen trial lost money outside."""
        return float((self.gained < 0).mean())

    @property
    def slope(self) -> float:
        """Of the line through (inside, outside): below 0, the better it looked the worse it was. Raises UndefinedError."""
        import numpy as np

        away = self.inside - self.inside.mean()
        total = float(away @ away)
        if total <= np.finfo(np.float64).tiny:
            raise UndefinedError("the chosen trial looks alike in every split, so there is no slope", "give trials that differ")
        return float(away @ (self.outside - self.outside.mean())) / total


def overfitting(trials: Array, blocks: int = 16) -> Overfitting:
    """CSCV over a matrix with a row a period and a column a trial. Raises UndefinedError when it is too small, odd or not finite."""
    import numpy as np

    matrix = _checked(trials, blocks)
    size = matrix.shape[0] // blocks
    level = matrix.mean(axis=0)
    shifted = matrix[: size * blocks] - level  # the deviation of small differences from a large mean stays exact
    flat = np.ptp(matrix[: size * blocks], axis=0) == 0
    shifted[:, flat] = 0
    cut = shifted.reshape(blocks, size, -1)
    sums = np.concatenate((cut.sum(axis=1), np.einsum("bij,bij->bj", cut, cut)), axis=1)
    halves = _halves(blocks)
    step = max(1, CHUNK // (8 * matrix.shape[1]))
    parts = [_chosen(halves[start : start + step], sums, level, size * blocks // 2) for start in range(0, len(halves), step)]
    logits, inside, outside, gained = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Overfitting(logits=logits, inside=inside, outside=outside, gained=gained, dropped=matrix.shape[0] - size * blocks)


def _checked(trials: Array, blocks: int) -> Array:
    import numpy as np

    matrix = np.ascontiguousarray(trials, dtype=np.float64)
    if blocks < 2 or blocks % 2 or blocks > 20:
        raise UndefinedError(f"{blocks} blocks cannot be halved in a bounded number of ways", "use an even number of blocks up to 20; the paper uses 16")
    if matrix.ndim != 2 or matrix.shape[1] < 2:
        raise UndefinedError("one trial alone cannot be overfitted by choosing", "give the returns of every trial that was made, a column each")
    if matrix.shape[0] < 2 * blocks:
        raise UndefinedError(f"{matrix.shape[0]} rows do not fill {blocks} blocks", "give a longer record, or use fewer blocks")
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        raise UndefinedError(f"row {bad[0][0] + 1} of trial {bad[0][1] + 1} is not a finite number", "mend the data; a missing return is not a zero")
    return matrix


def _halves(blocks: int) -> NDArray[np.float64]:
    """A row a way to choose half of the blocks, 1 where a block is chosen."""
    import numpy as np

    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    halves = np.zeros((len(chosen), blocks))
    np.put_along_axis(halves, chosen, 1, axis=1)
    return halves


def _chosen(halves: Array, sums: Array, level: Array, n: int) -> tuple[Array, Array, Array, Array]:
    """Logit, inside ratio, outside ratio and outside mean of the best trial of each half."""
    import numpy as np

    inside, _ = _ratios(halves @ sums, level, n)
    outside, mean = _ratios((1 - halves) @ sums, level, n)
    rows = np.arange(len(halves))
    best = np.argmax(inside, axis=1)
    there = outside[rows, best]
    below = (outside < there[:, None]).sum(axis=1)
    equal = (outside == there[:, None]).sum(axis=1)
    share = (below + (equal + 1) / 2) / (outside.shape[1] + 1)  # ties share the middle of their ranks
    return np.log(share / (1 - share)), inside[rows, best], there, mean[rows, best]


def _ratios(sums: Array, level: Array, n: int) -> tuple[Array, Array]:
    """Sharpe ratio and mean of each trial from its sums; a trial that did not move scores 0."""
    import numpy as np

    trials = len(level)
    mean = sums[:, :trials] / n
    variance = np.maximum(sums[:, trials:] / n - mean**2, 0) * (n / (n - 1))
    mean = mean + level
    moved = variance > 1e-24 * mean**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moved, mean / np.sqrt(variance), 0.0), mean
