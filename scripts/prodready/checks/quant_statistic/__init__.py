"""A statistic of the team's own backtest or trading record, by the literature's definition.

The file is checked first: order, duplicates, gaps against the exchange's sessions, look-ahead, cells that are no number. From a file that is
wrong, or too short for the statistic, no number is given. Each result says how many observations, which period and frequency, and whose formula.
``dsr`` is a probability and can never be above 1; a bound such as '> 1.0' is meant for its z: ``dsr_z``.

An item that uses it:

    - id: backtest.dsr
      title: The Sharpe ratio survives the number of strategies that were tried
      check: quant_statistic
      params: {returns: backtests/strategy.csv, statistic: dsr_z, trials: backtests/trials.csv, periods_per_year: 252, calendar: XNYS}
      expect: "> 1.0"
"""

from __future__ import annotations

from collections.abc import Callable

from prodready.check import CannotTell, Check
from prodready.checks.quant_statistic import covariances, record, selection, trades
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.checks.quant_statistic.reach import doubt
from prodready.context import Context
from prodready.model import Evidence, Measured
from prodready.quant.moments import UndefinedError

OTHERS: dict[str, Callable[[Context, Params], Answer]] = {
    **dict.fromkeys(("dsr", "dsr_z", "dsr_excess"), selection.deflated),
    **dict.fromkeys(("pbo", "cscv_median_sharpe", "cscv_loss", "cscv_slope", "cscv_splits"), selection.crossed),
    **dict.fromkeys(("covariance_condition", "covariance_smallest"), covariances.related),
    "sensitivity": trades.sensitivity,
    "hit_rate": trades.hit_rate,
    "pnl": trades.pnl,
    "fill_rate": trades.fill_rate,
    "slippage": trades.slippage,
}
"""Statistics that are not of one record of returns."""


def observe(ctx: Context, params: Params) -> Measured:
    """The statistic with its n, period, frequency and formula. Raises CannotTell."""
    try:
        answer = OTHERS[params.statistic](ctx, params) if params.statistic in OTHERS else record.measure(ctx, params, record.STATISTICS[params.statistic])
    except UndefinedError as undefined:
        raise CannotTell(f"{params.statistic}: {undefined.reason}", undefined.remedy) from None
    percent = params.percent and answer.share
    survivors = f"survivorship: {params.survivorship}" if params.survivorship else "survivorship: how the universe was chosen was not stated"
    return Measured(
        value=answer.value * 100 if percent else answer.value,
        unit="%" if percent else answer.unit,
        examined=answer.n,
        evidence=Evidence(source=answer.source, sha256=answer.sha256),
        notes=(f"formula: {answer.formula}", *filter(None, answer.notes), survivors),
    )


BOUNDS = {
    "psr": "> 0.95", "dsr": "> 0.95", "dsr_z": "> 1.645", "pbo": "< 0.5", "max_drawdown": "< 0.2", "drawdown_length": "<= 252", "drawdown_recovery": "<= 252",
    "volatility": "< 0.2", "var": "< 0.05", "expected_shortfall": "< 0.05", "walk_forward_positive": ">= 0.7", "walk_forward_dispersion": "<= 1",
    "cscv_loss": "<= 0.3", "covariance_condition": "<= 1000000", "covariance_smallest": ">= -1e-12", "sensitivity": ">= 0.5", "hit_rate": "> 0.5",
    "fill_rate": "> 0.98", "slippage": "<= 10", "min_track_record": "<= 1260", "days_covered": ">= 365 d", "observations": ">= 252",
}  # fmt: skip
"""What holds where an item names no bound; the rest must be above 0."""


def bound(params: Params) -> str:
    """The usual bound of the statistic: for a share in percent, in percent."""
    words = BOUNDS.get(params.statistic, "> 0")
    operator, _, number = words.partition(" ")
    known = record.STATISTICS.get(params.statistic)
    share = known.share if known else params.statistic in ("dsr", "pbo", "cscv_loss", "sensitivity", "hit_rate", "fill_rate")
    return f"{operator} {float(number) * 100:g} %" if params.percent and share else words


CHECK = Check(params=Params, observe=observe, expect="> 0", bound=bound, doubt=doubt, domain="quant")
