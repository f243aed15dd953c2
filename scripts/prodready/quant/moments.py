"""Moments of a return series, taken so that neither tiny nor huge values overflow, and refused where they mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]


class UndefinedError(ValueError):
    """The statistic has no value on this data; the message says why, ``remedy`` what would give it one."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Moments(Struct, frozen=True, kw_only=True):
    """What the Sharpe statistics rest on, all per period."""

    n: int
    mean: float
    std: float
    """Of the sample: divided by n - 1."""
    skew: float
    """Third standardised moment of the population form (divided by n)."""
    kurtosis: float
    """Fourth standardised moment, raw: 3 for a normal distribution."""

    @property
    def sharpe(self) -> float:
        """Mean over standard deviation, per period."""
        return self.mean / self.std


def finite(values: Array, least: int = 1) -> Array:
    """The values as a one-dimensional array of doubles. Raises UndefinedError for fewer than ``least`` and for NaN or infinity, by position."""
    import numpy as np

    flat = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    if flat.size < least:
        raise UndefinedError(f"{flat.size} observations are too few: this statistic needs {least}", "give a longer record")
    bad = np.flatnonzero(~np.isfinite(flat))
    if bad.size:
        raise UndefinedError(f"observation {bad[0] + 1} is {flat[bad[0]]}, not a finite number", "mend the data; a missing return is not a zero")
    return flat


def moments(values: Array, least: int = 2) -> Moments:
    """Mean, deviation, skewness and kurtosis. Raises UndefinedError for too few values and for a constant series."""
    import numpy as np

    flat = finite(values, max(least, 2))
    scale = float(np.max(np.abs(flat)))
    if np.ptp(flat) <= 4 * np.finfo(np.float64).eps * scale:
        reason = f"all {flat.size} observations are equal ({flat[0]:g}): without any variation no ratio to it exists"
        raise UndefinedError(reason, "look whether the file holds real results")
    scaled = flat / scale
    mean = float(scaled.mean())
    away = scaled - mean
    away -= away.mean()  # what rounding left of the mean
    spread = float(np.max(np.abs(away)))
    away /= spread
    second = float(np.mean(away**2))
    return Moments(
        n=flat.size,
        mean=mean * scale,
        std=float(np.sqrt(second * flat.size / (flat.size - 1))) * spread * scale,
        skew=float(np.mean(away**3)) / second**1.5,
        kurtosis=float(np.mean(away**4)) / second**2,
    )
