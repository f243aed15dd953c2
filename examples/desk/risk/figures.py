"""The figures that limits are held against. Standard library only; returns are fractions, the newest last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, pstdev, stdev


def historical_var(returns: Sequence[float], confidence: float) -> float:
    """The loss that is passed with probability 1 - confidence, linear between observations."""
    ordered = sorted(returns)
    place = (1 - confidence) * (len(ordered) - 1)
    low = math.floor(place)
    return -(ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))


def expected_shortfall(returns: Sequence[float], confidence: float) -> float:
    """The mean of the losses from the value at risk on."""
    bar = -historical_var(returns, confidence)
    return -fmean(value for value in returns if value <= bar)


def psr(returns: Sequence[float]) -> float:
    """Probability that the true Sharpe ratio is above 0; 1 where nothing varies yet."""
    spread, mean, n = pstdev(returns), fmean(returns), len(returns)
    if n < 10 or not spread:
        return 1.0
    ratio = mean / stdev(returns)
    skew, kurtosis = (fmean(((value - mean) / spread) ** power for value in returns) for power in (3, 4))
    return NormalDist().cdf(ratio * math.sqrt(n - 1) / math.sqrt(1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2))


def regime(returns: Sequence[float], window: int = 20) -> str:
    """calm, normal or storm, by the annual volatility of the last returns."""
    if len(returns) < window:
        return "normal"
    volatility = stdev(returns[-window:]) * math.sqrt(252)
    return "calm" if volatility < 0.15 else "storm" if volatility > 0.25 else "normal"


def covariance(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Sample covariance of the columns (n - 1)."""
    columns = list(zip(*rows, strict=True))
    away = [[value - fmean(column) for value in column] for column in columns]
    return [[math.fsum(a * b for a, b in zip(one, other, strict=True)) / (len(rows) - 1) for other in away] for one in away]
