"""Drawdown of an equity curve: how deep, how long, and how long until it was made good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import UndefinedError, finite

if TYPE_CHECKING:
    from prodready.quant.moments import Array


class Drawdown(Struct, frozen=True, kw_only=True):
    """The deepest fall from a peak. Positions count points of the curve; 0 is the start, before the first return."""

    depth: float
    """Share of the peak that was lost, 0 to 1."""
    peak: int
    trough: int
    recovered: int | None
    """Where the peak was reached again; None when it was not."""
    longest: int
    """Points between a peak and its recovery, or the end, at worst."""

    @property
    def recovery(self) -> int | None:
        """Points from the trough until the peak was reached again."""
        return None if self.recovered is None else self.recovered - self.trough


def equity(returns: Array) -> Array:
    """The curve that simple returns make of 1, its start included. Raises UndefinedError for a return below -100 %."""
    import numpy as np

    flat = finite(returns)
    if flat.min() < -1:
        at = int(np.argmin(flat))
        remedy = "give simple returns as fractions (0.01 is 1 %), not percent and not money"
        raise UndefinedError(f"observation {at + 1} loses {-flat[at]:.0%}: more than everything", remedy)
    with np.errstate(over="ignore"):
        curve = np.concatenate(([1.0], np.cumprod(1 + flat)))
    if not np.isfinite(curve[-1]):
        raise UndefinedError("the returns compound beyond any number", "give returns as fractions (0.01 is 1 %), not percent")
    return curve


def drawdown(curve: Array) -> Drawdown:
    """The deepest fall of a positive curve. Raises UndefinedError when a peak is not positive."""
    import numpy as np

    points = finite(curve, 2)
    if points[0] <= 0:
        remedy = "give the equity with its starting capital, not the profit alone"
        raise UndefinedError(f"the curve starts at {points[0]:g}: a share of nothing cannot be lost", remedy)
    peaks = np.maximum.accumulate(points)
    lost = 1 - points / peaks
    trough = int(np.argmax(lost))
    peak = int(np.argmax(points[: trough + 1] == peaks[trough]))
    after = np.flatnonzero(points[trough:] >= peaks[trough])
    recovered = trough + int(after[0]) if after.size else None
    return Drawdown(depth=float(lost[trough]), peak=peak, trough=trough, recovered=recovered, longest=_longest(points, peaks))


def _longest(points: Array, peaks: Array) -> int:
    import numpy as np

    tops = np.flatnonzero(points >= peaks)  # every point that is the highest so far; the first always is
    between = np.diff(tops)
    under = int(between.max(initial=1))
    return max(points.size - 1 - int(tops[-1]), under if under > 1 else 0)


def growth(returns: Array, periods: float) -> float:
    """Compound annual growth rate."""
    curve = equity(returns)
    return float(curve[-1] ** (periods / (curve.size - 1)) - 1)


def calmar(returns: Array, periods: float) -> float:
    """Compound annual growth over the deepest drawdown. Raises UndefinedError when nothing was ever lost."""
    depth = drawdown(equity(returns)).depth
    if not depth:
        raise UndefinedError("there was no drawdown to divide by", "give a longer record")
    return growth(returns, periods) / depth
