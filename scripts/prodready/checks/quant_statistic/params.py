"""What an item says about a statistic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

Name = Literal[
    "sharpe", "sharpe_lo", "sortino", "calmar", "max_drawdown", "drawdown_length", "drawdown_recovery", "psr", "dsr", "dsr_z", "dsr_excess",
    "min_track_record", "volatility", "growth", "total_return", "observations", "days_covered", "var", "expected_shortfall", "bootstrap_sharpe",
    "walk_forward_median", "walk_forward_worst", "walk_forward_positive", "walk_forward_dispersion",
    "pbo", "cscv_median_sharpe", "cscv_loss", "cscv_slope", "cscv_splits", "covariance_condition", "covariance_smallest", "sensitivity",
    "hit_rate", "pnl", "fill_rate", "slippage",
]  # fmt: skip
ROLES = (
    "time", "value", "decision", "data", "pnl", "fees", "side", "quantity", "price", "reference", "ordered", "filled", "symbol", "cost", "metric", "chosen",
)  # fmt: skip


class Params(Struct, frozen=True, kw_only=True):
    """Which statistic, of which file, by which conventions."""

    statistic: Name
    """What to compute: sharpe, psr, dsr (a probability), dsr_z (its z, which can be above 1), pbo, max_drawdown, min_track_record, hit_rate, …"""
    returns: str = ""
    """CSV, Parquet or Arrow file of simple returns as fractions (0.01 is 1 %), a row a period; several columns are several trials or assets."""
    equity: str = ""
    """File of an equity curve, in place of ``returns``."""
    trades: str = ""
    """File of closed trades with their profit, for hit_rate and pnl; with ``capital`` and ``calendar`` also for what is computed from returns."""
    fills: str = ""
    """File of orders or fills, for fill_rate, slippage and pnl; and, made into trades from flat to flat, wherever ``trades`` may stand."""
    capital: float = 0.0
    """Money the account began with: makes daily returns of closed trades."""
    covariance: str = ""
    """File of the team's own covariance matrix, a row and a column an asset, in place of ``returns`` for the covariance statistics."""
    grid: str = ""
    """File with a row a backtest of the parameter grid, for sensitivity: every column but ``metric`` and ``chosen`` is a parameter."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role -> column name where the usual names are not used: time, value, decision, data, pnl, fees, side, quantity, price, reference, ordered, …"""
    benchmark: float = 0.0
    """Annualised Sharpe ratio to beat, for psr and min_track_record."""
    risk_free: float = 0.0
    """Annual risk-free rate, as a fraction; a period's share of it is taken from each return."""
    trials: int | str | None = None
    """How many strategies were tried before this one was chosen, or a file of their returns with a column each. dsr needs it."""
    trials_variance: float | None = None
    """Variance of the trials' annualised Sharpe ratios, where ``trials`` is a number. Without it that of worthless trials is taken: 1 / (n - 1) a period."""
    periods_per_year: float = 0.0
    """252 for trading days, 365 for a market that never closes, 52, 12; 0 infers it from the dates."""
    confidence: float = 0.95
    """For intervals, min_track_record, var and expected_shortfall."""
    method: Literal["historical", "parametric", "cornish_fisher"] = "historical"
    """How var is estimated; the three differ."""
    lags: int = 0
    """Autocorrelations that sharpe_lo counts; 0 takes a year's where the record is ten times as long, else the Newey-West rule."""
    blocks: int = 16
    """Blocks of CSCV: 16 make 12 870 splits."""
    folds: int = 8
    """Consecutive parts of the walk-forward statistics."""
    reach: float = 0.2
    """How far a parameter's neighbours may be for sensitivity, as a share of its value."""
    cost_multiplier: float = 1.0
    """2 counts the ``cost`` column once more against the returns: do they survive double costs?"""
    seed: int = 1
    """Of the bootstrap, so that a run can be repeated."""
    calendar: str = ""
    """Exchange whose sessions the dates must cover (XNYS, XLON, 24/7); empty looks for no gaps and says so."""
    max_gaps: float = 0.005
    """Share of sessions that may be missing."""
    minimum: int = 0
    """Fewest observations that count; 0 takes the statistic's own least number."""
    minimum_days: int = 0
    """Fewest calendar days between the first and the last observation."""
    survivorship: str = ""
    """How the universe was chosen, in words; shown with the result, because data without dead companies flatters."""
    percent: bool = False
    """Gives a share in percent, so that the bound can be written '< 10 %'."""

    def __post_init__(self) -> None:
        unknown = next((role for role in self.columns if role not in ROLES), None)
        if unknown is not None:
            raise ValueError(f"columns: {unknown!r} is no role; use {', '.join(ROLES)}")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence {self.confidence} is not between 0 and 1: write 0.95 for 95 %")
        if self.capital < 0:
            raise ValueError("capital is the money the account began with, above 0")
        if self.periods_per_year < 0 or self.cost_multiplier < 0 or not 0 < self.reach < 1 or not 0 <= self.max_gaps < 1:
            raise ValueError("periods_per_year and cost_multiplier are 0 or more, reach and max_gaps are shares below 1")
        if isinstance(self.trials, int) and self.trials < 1:
            raise ValueError("trials counts the chosen strategy too: at least 1")
