"""Statistics of one record of returns or one equity curve."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.quant_statistic import closed
from prodready.checks.quant_statistic import series as record
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.checks.quant_statistic.series import Series
from prodready.context import Context
from prodready.quant import drawdown, risk, robustness, sharpe
from prodready.quant.moments import UndefinedError, moments

if TYPE_CHECKING:
    from prodready.quant.moments import Array


class Given(Struct, frozen=True, kw_only=True):
    """What a statistic is computed from."""

    returns: Array
    curve: Array | None
    """The equity curve itself, where that was given."""
    series: Series
    params: Params

    @property
    def periods(self) -> float:
        """Periods a year. Raises CannotTell."""
        return record.periods(self.series, self.params)[0]

    @property
    def risk_free(self) -> float:
        """Of one period."""
        return self.params.risk_free / self.periods if self.params.risk_free else 0.0

    @property
    def excess(self) -> Array:
        """Returns over the risk-free rate."""
        return self.returns - self.risk_free

    @property
    def bar(self) -> float:
        """The benchmark Sharpe ratio of one period."""
        return self.params.benchmark / math.sqrt(self.periods) if self.params.benchmark else 0.0

    @property
    def fallen(self) -> drawdown.Drawdown:
        """The deepest drawdown."""
        return drawdown.drawdown(drawdown.equity(self.returns) if self.curve is None else self.curve)

    @property
    def whole_periods(self) -> int:
        """Periods a year, for formulas that count lags."""
        return max(1, round(self.periods))

    @property
    def lags(self) -> int:
        """Autocorrelations that count."""
        return self.params.lags or sharpe.default_lags(len(self.returns), self.whole_periods)

    @property
    def folds(self) -> robustness.Folds:
        """Walk-forward folds."""
        return robustness.folds(self.returns, self.params.folds, self.periods, self.risk_free)


class Statistic(Struct, frozen=True, kw_only=True):
    """One of them."""

    of: Callable[[Given], float]
    formula: str
    least: int = 10
    annual: bool = False
    """Whether its value depends on the periods a year."""
    share: bool = False
    unit: str = ""
    words: Callable[[Given], tuple[str, ...]] = lambda given: ()


def measure(ctx: Context, params: Params, chosen: Statistic) -> Answer:
    """The statistic of the item's file. Raises CannotTell, UndefinedError."""
    given = load(ctx, params)
    least = params.minimum or chosen.least
    if len(given.returns) < least:
        raise CannotTell(f"{given.series.path} has {len(given.returns)} observations, {params.statistic} needs {least}", "give a longer record")
    often = record.periods(given.series, params)[1] if chosen.annual else record.frequency(given.series, params)
    return Answer(
        value=chosen.of(given), n=len(given.returns), sha256=given.series.sha256, formula=chosen.formula, unit=chosen.unit, share=chosen.share,
        source=", ".join(filter(None, (f"{len(given.returns)} observations in {given.series.path}", given.series.span, often))),
        notes=(*chosen.words(given), *given.series.notes, _trials(params)),
    )  # fmt: skip


def _trials(params: Params) -> str:
    return "how many strategies were tried was not stated" if params.trials is None else f"trials: {params.trials}"


def load(ctx: Context, params: Params) -> Given:
    """Returns from the file of returns or of equity, after extra costs. Raises CannotTell."""
    if sum(map(bool, (params.returns, params.equity, params.trades or params.fills))) != 1:
        raise CannotTell(f"{params.statistic} needs the file of returns, of equity or of trades, one of them", "set params: returns: FILE.csv")
    if params.returns:
        series = record.load(ctx, params.returns, params)
        return Given(returns=_plausible(_after_costs(series.values[:, 0], series, params), series), curve=None, series=series, params=params)
    if params.cost_multiplier != 1:
        raise CannotTell("an equity curve has no costs to multiply", "give returns with a column of costs")
    series = record.load(ctx, params.equity, params) if params.equity else _account(ctx, params)
    values = series.values[:, 0]
    if values.min() <= 0:
        row = int(values.argmin())
        remedy = "give the equity with its capital, not the profit alone"
        raise CannotTell(f"{series.path}: point {row + 1} of the equity is {values[row]:g}, not above 0", remedy)
    return Given(returns=values[1:] / values[:-1] - 1, curve=values, series=series, params=params)


def _account(ctx: Context, params: Params) -> Series:
    """The equity that closed trades make of the stated capital, a point a session."""
    made = closed.load(ctx, params)
    curve, covered, notes = closed.daily(made, params)
    notes = (*made.file.notes, *notes)
    return Series(path=made.file.path, sha256=made.file.sha256, values=curve[:, None], names=("equity",), period=covered, notes=notes)


def _plausible(returns: Array, series: Series) -> Array:
    """Raises CannotTell for what cannot be simple returns as fractions: money or an equity curve would give a ratio too, a wrong one."""
    import numpy as np

    remedy = "give simple returns as fractions (0.01 is 1 %); an equity curve is given as equity:"
    if returns.size and np.median(np.abs(returns)) > 0.5:
        raise CannotTell(f"{series.path}: half of the returns are beyond 50 % a period: these are no fractions", remedy)
    return returns


def _after_costs(values: Array, series: Series, params: Params) -> Array:
    if params.cost_multiplier == 1:
        return values
    if series.costs is None:
        raise CannotTell(f"{series.path} has no column of costs to multiply", "say which it is: columns: {cost: NAME}, as fractions like the returns")
    return values - (params.cost_multiplier - 1) * abs(series.costs)


def _sharpe(given: Given) -> float:
    return sharpe.sharpe(given.returns, given.periods, given.risk_free)


def _lo(given: Given) -> float:
    return sharpe.sharpe_lo(given.returns, given.whole_periods, given.lags, given.risk_free)


def _sortino(given: Given) -> float:
    return sharpe.sortino(given.returns, given.periods, given.risk_free)


def _interval(given: Given) -> tuple[str, ...]:
    weak = ("fewer than 63 daily returns: a Sharpe ratio below 3.4 cannot be told from luck",) if len(given.returns) < 63 and given.periods > 200 else ()
    return (_unless_undefined(lambda: _wide(given)), _unless_undefined(lambda: _aware(given)), *weak)


def _wide(given: Given) -> str:
    root = math.sqrt(given.periods)
    low, high = sharpe.interval(moments(given.excess), given.params.confidence)
    return f"{given.params.confidence:.0%} interval {low * root:.3f} to {high * root:.3f}"


def _aware(given: Given) -> str:
    return f"{_lo(given):.3f} when autocorrelation counts (Lo 2002, {given.lags} lags)"


def _unless_undefined(words: Callable[[], str]) -> str:
    """What is said beside the value, or why it cannot be: that does not take the value away."""
    try:
        return words()
    except UndefinedError as undefined:
        return undefined.reason


def _recovery(given: Given) -> float:
    recovery = given.fallen.recovery
    if recovery is None:
        raise CannotTell("the deepest drawdown is not made good at the end of the record, so its recovery has no length yet", "wait, or bound max_drawdown")
    return recovery


def _fallen(given: Given) -> tuple[str, ...]:
    fallen = given.fallen
    back = "not made good by the end" if fallen.recovery is None else f"made good after {fallen.recovery} more"
    return (f"peak at point {fallen.peak}, trough {fallen.trough - fallen.peak} periods later, {back}; longest time under water {fallen.longest} periods",)


def _track(given: Given) -> float:
    of = moments(given.excess)
    return sharpe.min_track_record(of.sharpe, given.bar, of.skew, of.kurtosis, given.params.confidence)


def _var(given: Given) -> float:
    return risk.value_at_risk(given.returns, given.params.confidence, given.params.method)


def _days(given: Given) -> float:
    if given.series.period is None:
        raise CannotTell(f"{given.series.path} has no dates", "add a column of times")
    return given.series.period.days


def _bootstrap(given: Given) -> float:
    block = max(1.0, len(given.returns) ** (1 / 3))
    return robustness.bootstrap_sharpe(given.excess, given.periods, quantile=1 - given.params.confidence, block=block, seed=given.params.seed)


def _volatility(given: Given) -> float:
    return moments(given.returns).std * math.sqrt(given.periods)


SHARPE = "mean excess return / sample deviation (n - 1) x sqrt(periods); Sharpe 1994"
WALK = "Sharpe ratio of consecutive folds"
PSR = "Bailey & Lopez de Prado 2012, variant: error at the observed ratio, n - 1, raw kurtosis"
STATISTICS: dict[str, Statistic] = {
    "sharpe": Statistic(of=_sharpe, formula=SHARPE, annual=True, words=_interval),
    "sharpe_lo": Statistic(of=_lo, formula="Lo 2002, equation 20", least=20, annual=True, words=lambda given: (f"{given.lags} lags",)),
    "sortino": Statistic(of=_sortino, formula="Sortino & Price 1994, shortfalls over all n", annual=True),
    "calmar": Statistic(of=lambda given: drawdown.calmar(given.returns, given.periods), formula="annual growth / max drawdown; Young 1991", annual=True),
    "max_drawdown": Statistic(of=lambda given: given.fallen.depth, formula="1 - equity / running peak, start included", least=2, share=True, words=_fallen),
    "drawdown_length": Statistic(of=lambda given: float(given.fallen.longest), formula="periods from a peak to its recovery", least=2, words=_fallen),
    "drawdown_recovery": Statistic(of=_recovery, formula="periods from the trough to the old peak", least=2, words=_fallen),
    "psr": Statistic(of=lambda given: sharpe.psr(moments(given.excess), given.bar), formula=PSR, share=True),
    "min_track_record": Statistic(of=_track, formula="MinTRL in observations; Bailey & Lopez de Prado 2012"),
    "volatility": Statistic(of=_volatility, formula="sample deviation x sqrt(periods)", annual=True, share=True),
    "growth": Statistic(of=lambda given: drawdown.growth(given.returns, given.periods), formula="compound annual growth rate", annual=True, share=True),
    "total_return": Statistic(of=lambda given: float(drawdown.equity(given.returns)[-1] - 1), formula="product of (1 + r), less 1", least=1, share=True),
    "observations": Statistic(of=lambda given: float(len(given.returns)), formula="rows", least=1),
    "days_covered": Statistic(of=_days, formula="calendar days, first to last", least=1, unit="d"),
    "var": Statistic(of=_var, formula="one-period value at risk, a loss above 0", share=True, words=lambda given: (f"method {given.params.method}",)),
    "expected_shortfall": Statistic(
        of=lambda given: risk.expected_shortfall(given.returns, given.params.confidence), formula="mean loss beyond the historical value at risk", share=True
    ),
    "bootstrap_sharpe": Statistic(of=_bootstrap, formula="stationary bootstrap, Politis & Romano 1994, lower quantile", least=30, annual=True),
    "walk_forward_median": Statistic(of=lambda given: given.folds.median, formula=WALK, least=20, annual=True),
    "walk_forward_worst": Statistic(of=lambda given: given.folds.worst, formula=WALK, least=20, annual=True),
    "walk_forward_positive": Statistic(of=lambda given: given.folds.positive, formula=WALK, least=20, annual=True, share=True),
    "walk_forward_dispersion": Statistic(of=lambda given: given.folds.dispersion, formula=WALK, least=20, annual=True),
}
