"""Value at risk and expected shortfall, as positive shares of the portfolio; the method changes the answer, so it is always named."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from prodready.quant.moments import UndefinedError, finite, moments

if TYPE_CHECKING:
    from prodready.quant.moments import Array

Method = Literal["historical", "parametric", "cornish_fisher"]


def value_at_risk(returns: Array, confidence: float, method: Method) -> float:
    """One-period loss that is exceeded with probability 1 - ``confidence``; above 0 is a loss. Raises UndefinedError."""
    match method:
        case "historical":
            return historical(returns, confidence)
        case "parametric":
            return parametric(returns, confidence)
        case "cornish_fisher":
            return cornish_fisher(returns, confidence)


def historical(returns: Array, confidence: float) -> float:
    """Less the empirical quantile, linear between observations. Raises UndefinedError when the tail holds no observation."""
    import numpy as np

    flat = finite(returns, _least(confidence))
    return -float(np.quantile(flat, 1 - confidence))


def parametric(returns: Array, confidence: float) -> float:
    """Less (mean + z deviation), z the normal quantile of the tail."""
    of = moments(finite(returns, _least(confidence)))
    return -(of.mean + NormalDist().inv_cdf(1 - confidence) * of.std)


def cornish_fisher(returns: Array, confidence: float) -> float:
    """Parametric with the quantile bent by skewness and excess kurtosis (Cornish & Fisher 1938).

    Raises UndefinedError where the bend is no longer monotonic (Maillard 2012): the formula then orders losses wrongly.
    """
    of = moments(finite(returns, _least(confidence)))
    z = NormalDist().inv_cdf(1 - confidence)
    excess = of.kurtosis - 3
    slope = 1 + z * of.skew / 3 + (3 * z * z - 3) * excess / 24 - (6 * z * z - 5) * of.skew**2 / 36
    if slope <= 0:
        raise UndefinedError(
            f"skewness {of.skew:.3g} and excess kurtosis {excess:.3g} are outside the range in which Cornish-Fisher holds", "use method: historical"
        )
    return -(of.mean + bent(z, of.skew, excess) * of.std)


def bent(z: float, skew: float, excess: float) -> float:
    """Cornish-Fisher quantile: z + (z^2 - 1) s / 6 + (z^3 - 3z) k / 24 - (2z^3 - 5z) s^2 / 36."""
    return z + (z * z - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36


def expected_shortfall(returns: Array, confidence: float) -> float:
    """Mean loss beyond the historical value at risk, itself included."""
    flat = finite(returns, _least(confidence))
    bar = -historical(flat, confidence)
    return -float(flat[flat <= bar].mean())


def normal_shortfall(returns: Array, confidence: float) -> float:
    """Expected shortfall of a normal distribution with the same mean and deviation."""
    of = moments(finite(returns, _least(confidence)))
    normal = NormalDist()
    return -of.mean + of.std * normal.pdf(normal.inv_cdf(confidence)) / (1 - confidence)


class Exceedances(Struct, frozen=True, kw_only=True):
    """How often the loss passed the forecast, and whether that frequency can be chance (Kupiec 1995)."""

    count: int
    n: int
    likelihood_ratio: float
    p_value: float


def kupiec(count: int, n: int, confidence: float) -> Exceedances:
    """Proportion-of-failures test of ``count`` exceedances in ``n`` forecasts; chi-square with one degree of freedom."""
    if not 0 <= count <= n or n < 1:
        raise UndefinedError(f"{count} exceedances in {n} forecasts cannot be", "give a forecast for every return")
    expected, seen = 1 - confidence, count / n
    ratio = max(0.0, 2 * (_log_likelihood(count, n, seen) - _log_likelihood(count, n, expected)))
    return Exceedances(count=count, n=n, likelihood_ratio=ratio, p_value=math.erfc(math.sqrt(ratio / 2)))


def _log_likelihood(count: int, n: int, share: float) -> float:
    failed = count * math.log(share) if count else 0.0
    held = (n - count) * math.log1p(-share) if n > count else 0.0
    return failed + held


def _least(confidence: float) -> int:
    if not 0.5 <= confidence < 1:
        raise UndefinedError(f"{confidence:g} is no confidence", "write it between 0.5 and 1: 0.99 for 99 %")
    return max(10, math.ceil(round(1 / (1 - confidence), 6)))
