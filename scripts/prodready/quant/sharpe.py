"""Sharpe ratio and what it is worth: Lo (2002), Sortino, PSR and MinTRL (Bailey & Lopez de Prado 2012), DSR (2014)."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import Moments, UndefinedError, finite, moments

if TYPE_CHECKING:
    from prodready.quant.moments import Array

EULER_MASCHERONI = 0.57721566490153286061
NORMAL = NormalDist()


class Deflated(Struct, frozen=True, kw_only=True):
    """A Sharpe ratio held against the best that chance alone would give among the trials."""

    probability: float
    z: float
    excess: float
    """Observed less expected maximum Sharpe ratio, per period."""
    expected_maximum: float
    """SR0, per period."""


def sharpe(returns: Array, periods: float, risk_free: float = 0.0) -> float:
    """Annualised: mean excess return over the sample deviation (n - 1), times the root of the periods a year. ``risk_free`` is per period."""
    return moments(finite(returns, 2) - risk_free).sharpe * math.sqrt(periods)


def sharpe_lo(returns: Array, periods: int, lags: int, risk_free: float = 0.0) -> float:
    """Annualised for correlated returns: Lo (2002), equation 20, with autocorrelations up to ``lags`` (periods - 1 is the whole formula)."""
    excess = finite(returns, lags + 2) - risk_free
    base = moments(excess).sharpe
    return base * lo_factor(autocorrelations(excess, lags), periods)


def lo_factor(rho: Array, periods: int) -> float:
    """Lo's factor q / sqrt(q + 2 sum (q - k) rho_k): what stands for sqrt(q) when returns depend on earlier ones."""
    import numpy as np

    lags = np.arange(1, min(len(rho), periods - 1) + 1)
    under = periods + 2 * float(np.sum((periods - lags) * rho[: len(lags)]))
    if under <= 0:
        raise UndefinedError("the autocorrelations make the annual variance negative: too noisy for the autocorrelation-aware Sharpe ratio", "use fewer lags")
    return periods / math.sqrt(under)


def autocorrelations(values: Array, lags: int) -> Array:
    """Sample autocorrelations at lags 1 to ``lags``."""
    import numpy as np

    away = values - values.mean()
    away = away / np.max(np.abs(away))
    total = float(away @ away)
    return np.array([float(away[lag:] @ away[:-lag]) / total for lag in range(1, lags + 1)])


def default_lags(n: int, periods: int) -> int:
    """All lags inside a year where the record is ten times as long, else the Newey-West rule 4 (n / 100)^(2/9)."""
    whole = max(1, periods - 1)
    if n >= 10 * whole:
        return whole
    return min(whole, max(1, math.floor(4 * math.pow(n / 100, 2 / 9))))


def sortino(returns: Array, periods: float, target: float = 0.0) -> float:
    """Annualised: mean excess over ``target`` (per period) by the root mean square of the shortfalls, taken over all periods."""
    import numpy as np

    excess = finite(returns, 2) - target
    scale = float(np.max(np.abs(excess)))
    if not scale or excess.min() >= 0:
        remedy = "state a target the strategy can miss, or use the Sharpe ratio"
        raise UndefinedError("no return lies below the target, so there is no downside to divide by", remedy)
    scaled = excess / scale
    return float(scaled.mean() / math.sqrt(float(np.mean(np.minimum(scaled, 0) ** 2)))) * math.sqrt(periods)


def spread(of: Moments) -> float:
    """1 - g3 SR + (g4 - 1) / 4 SR^2: the variance of the Sharpe ratio's estimate, times n - 1. Raises UndefinedError when not positive."""
    return spread_of(of.sharpe, of.skew, of.kurtosis)


def spread_of(ratio: float, skew: float, kurtosis: float) -> float:
    """The same, from its parts."""
    value = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio * ratio
    if not value > 0:
        raise UndefinedError("skewness and kurtosis leave the Sharpe ratio without an error to judge it by", "give a longer record")
    return value


def psr_z(ratio: float, benchmark: float, n: int, skew: float, kurtosis: float) -> float:
    """(SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2), ratios per period, kurtosis raw."""
    return (ratio - benchmark) * math.sqrt(n - 1) / math.sqrt(spread_of(ratio, skew, kurtosis))


def psr(of: Moments, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio is above ``benchmark`` (per period)."""
    return NORMAL.cdf(psr_z(of.sharpe, benchmark, of.n, of.skew, of.kurtosis))


def min_track_record(ratio: float, benchmark: float, skew: float, kurtosis: float, confidence: float) -> float:
    """Observations until PSR reaches ``confidence``; ratios per period. Raises UndefinedError when the ratio is not above the benchmark."""
    if not ratio > benchmark:
        raise UndefinedError(
            f"the Sharpe ratio ({ratio:.4g} a period) is not above the benchmark ({benchmark:.4g}): no record is long enough to show that it is",
            "lower the benchmark, or better the strategy",
        )
    return 1 + spread_of(ratio, skew, kurtosis) * (NORMAL.inv_cdf(confidence) / (ratio - benchmark)) ** 2


def expected_maximum(trials: float, variance: float) -> float:
    """SR0: the Sharpe ratio that the best of ``trials`` worthless strategies is expected to show. ``variance`` is of their ratios, same periodicity."""
    if trials < 1 or variance < 0:
        remedy = "state how many strategies were tried, and how their Sharpe ratios vary"
        raise UndefinedError(f"{trials:g} trials with variance {variance:g} are no experiment", remedy)
    if trials == 1 or variance == 0:
        return 0.0
    best = (1 - EULER_MASCHERONI) * NORMAL.inv_cdf(1 - 1 / trials) + EULER_MASCHERONI * NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * best


def deflate(ratio: float, n: int, skew: float, kurtosis: float, *, trials: float, variance: float) -> Deflated:
    """DSR: PSR against the expected maximum of the trials; ratios and variance per period."""
    bar = expected_maximum(trials, variance)
    z = psr_z(ratio, bar, n, skew, kurtosis)
    return Deflated(probability=NORMAL.cdf(z), z=z, excess=ratio - bar, expected_maximum=bar)


def interval(of: Moments, confidence: float) -> tuple[float, float]:
    """Confidence interval of the Sharpe ratio per period, by the error that PSR uses (Mertens 2002)."""
    half = NORMAL.inv_cdf(0.5 + confidence / 2) * math.sqrt(spread(of) / (of.n - 1))
    return of.sharpe - half, of.sharpe + half
