"""Statistics of a strategy that was chosen among others: DSR, PBO and what CSCV tells besides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.quant_statistic import record, series
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.checks.quant_statistic.series import Series
from prodready.context import Context
from prodready.quant import overfitting, sharpe
from prodready.quant.moments import moments

if TYPE_CHECKING:
    from prodready.quant.moments import Array

DSR = "Bailey & Lopez de Prado 2014: PSR against the expected maximum of the trials"
CSCV = "Bailey, Borwein, Lopez de Prado & Zhu 2015, CSCV"


def deflated(ctx: Context, params: Params) -> Answer:
    """The Sharpe ratio against the best that luck gives. Raises CannotTell, UndefinedError."""
    if params.trials is None:
        remedy = "set trials: to their number, or to a file of their returns"
        raise CannotTell("how many strategies were tried is not stated, and DSR is about just that", remedy)
    given = record.load(ctx, params)
    if len(given.returns) < (params.minimum or 10):
        raise CannotTell(f"{given.series.path} has {len(given.returns)} observations, {params.statistic} needs {params.minimum or 10}", "give a longer record")
    of = moments(given.excess)
    count, variance, words = _trials(ctx, params, given)
    held = sharpe.deflate(of.sharpe, of.n, of.skew, of.kurtosis, trials=count, variance=variance)
    value = {"dsr": held.probability, "dsr_z": held.z, "dsr_excess": held.excess * math.sqrt(given.periods) if params.statistic == "dsr_excess" else 0.0}
    said = f"probability {held.probability:.4f}, z {held.z:.4f}, ratio {of.sharpe:.4f} against {held.expected_maximum:.4f} a period"
    return Answer(
        value=value[params.statistic], n=of.n, sha256=given.series.sha256, formula=DSR, share=params.statistic == "dsr",
        source=f"{of.n} observations in {series.told(given.series, params)}, {count} trials, {words}", notes=(said, *given.series.notes),
    )  # fmt: skip


def _trials(ctx: Context, params: Params, given: record.Given) -> tuple[int, float, str]:
    """Number of trials and variance of their Sharpe ratios a period."""
    if isinstance(params.trials, str):
        others = series.load(ctx, params.trials, replace(params, columns=times_only(params)), several=True)
        ratios = [moments(column - given.risk_free).sharpe for column in others.values.T]
        if len(ratios) < 2:
            raise CannotTell(f"{others.path} holds one trial: their Sharpe ratios cannot vary", "give the returns of every trial, a column each")
        return len(ratios), moments(_array(ratios)).std ** 2, f"whose Sharpe ratios vary as in {others.path}"
    count = int(params.trials or 1)
    if params.trials_variance is not None:
        return count, params.trials_variance / given.periods, "whose Sharpe ratios vary as stated"
    return count, 1 / (len(given.returns) - 1), "whose Sharpe ratios are taken to vary as those of worthless ones: trials_variance is not stated"


def times_only(params: Params) -> dict[str, str]:
    """The columns that were named, as far as they hold for a file with a column a trial."""
    return {role: name for role, name in params.columns.items() if role == "time"}


def _array(values: list[float]) -> Array:
    import numpy as np

    return np.array(values)


def crossed(ctx: Context, params: Params) -> Answer:
    """PBO and its companions. Raises CannotTell, UndefinedError."""
    matrix = _matrix(ctx, params)
    found = overfitting.overfitting(matrix.values, params.blocks)
    root = math.sqrt(series.periods(matrix, params)[0]) if params.statistic == "cscv_median_sharpe" else 1.0
    value = {
        "pbo": lambda: found.probability,
        "cscv_median_sharpe": lambda: float(sorted(found.outside)[found.splits // 2 - 1] + sorted(found.outside)[found.splits // 2]) / 2 * root,
        "cscv_loss": lambda: found.loss,
        "cscv_slope": lambda: found.slope,
        "cscv_splits": lambda: float(found.splits),
    }[params.statistic]()
    dropped = (f"{found.dropped} rows at the end fill no block and were left out",) if found.dropped else ()
    said = f"PBO {found.probability:.4f}, probability of a loss outside {found.loss:.4f}"
    return Answer(
        value=value, n=matrix.n, sha256=matrix.sha256, formula=CSCV, share=params.statistic in ("pbo", "cscv_loss"),
        source=f"{matrix.n} rows × {len(matrix.names)} trials in {series.told(matrix, params)}, {params.blocks} blocks, {found.splits} splits",
        notes=(said, *dropped, *matrix.notes),
    )  # fmt: skip


def _matrix(ctx: Context, params: Params) -> Series:
    path = params.trials if isinstance(params.trials, str) else params.returns
    if not path:
        raise CannotTell(f"{params.statistic} needs the returns of every trial, a column each", "set params: returns: FILE.csv")
    matrix = series.load(ctx, path, replace(params, columns=times_only(params)), several=True)
    count = len(matrix.names)
    if isinstance(params.trials, int) and params.trials != count:
        reason = f"{matrix.path} holds {count} trials, {params.trials} are stated: those that are missing may be the bad ones"
        raise CannotTell(reason, "give every trial that was made")
    if count < 10 or matrix.n < 10 * params.blocks:
        raise CannotTell(
            f"{matrix.n} rows × {count} trials are too few for CSCV with {params.blocks} blocks",
            f"give at least 10 trials and {10 * params.blocks} rows, or fewer blocks",
        )
    return matrix
