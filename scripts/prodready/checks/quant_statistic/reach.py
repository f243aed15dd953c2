"""Bounds that a statistic can never keep, or never break, because it is a share: told before anything is measured."""

from __future__ import annotations

from statistics import NormalDist

from prodready.checks.quant_statistic.params import Params
from prodready.doubts import of_share
from prodready.expectation import Bound, Expectation

SHARES = ("psr", "dsr", "pbo", "cscv_loss", "hit_rate", "fill_rate", "walk_forward_positive")
"""Between 0 and 1, whatever the data."""


def doubt(params: Params, expect: Expectation) -> str:
    """Why the bound makes no sense for the statistic, and what to write; empty when it does."""
    if params.statistic not in SHARES or not isinstance(expect, Bound):
        return ""
    top, unit = (100.0, "%") if params.percent else (1.0, "")
    return of_share(params.statistic, expect, top=top, unit=unit, meant=_meant(params, expect))


def _meant(params: Params, expect: Bound) -> str:
    if params.statistic not in ("dsr", "psr") or params.percent:
        return ""
    if params.statistic == "psr":
        return ": write '> 0.95' for a probability of 95 %"
    share = NormalDist().cdf(expect.limit)
    return f". What is mostly meant is the z behind it: write statistic: dsr_z, of which '{expect}' asks for a probability of {share:.4f}; or dsr with '> 0.95'"
