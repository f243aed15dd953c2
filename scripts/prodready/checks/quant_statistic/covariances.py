"""Whether a covariance matrix can be used: the team's own estimate, or the one that returns give."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.quant_statistic import files, series
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.checks.quant_statistic.selection import times_only
from prodready.context import Context
from prodready.quant import covariance
from prodready.table.frame import Kind

if TYPE_CHECKING:
    from prodready.quant.moments import Array


def related(ctx: Context, params: Params) -> Answer:
    """Whether the covariance of the columns, or the one that is given, can be used. Raises CannotTell, UndefinedError."""
    if bool(params.covariance) is bool(params.returns):
        remedy = "set params: returns: FILE.csv, or covariance: FILE.csv"
        raise CannotTell("the covariance needs the returns of the assets, a column each, or the matrix itself, one of them", remedy)
    given = _estimated(ctx, params) if params.covariance else _sampled(ctx, params)
    found = covariance.sanity(given.matrix)
    if found.asymmetry > 1e-9:
        raise CannotTell(
            f"{given.path}: the matrix and its mirror image differ by {found.asymmetry:.2g} of its largest entry",
            "a covariance is symmetric: mend the estimate",
        )
    condition = params.statistic == "covariance_condition"
    if condition and math.isinf(found.condition):
        remedy = "leave out the doubled asset, or shrink the estimate"
        raise CannotTell(f"the covariance of {given.path} is singular: some asset is a combination of others", remedy)
    return Answer(
        value=found.condition if condition else found.smallest, n=given.n, sha256=given.sha256, formula=f"eigenvalues of {given.formula}",
        source=given.source, notes=(f"condition {found.condition:.4g}", *given.notes),
    )  # fmt: skip


class _Matrix(Struct, frozen=True, kw_only=True):
    """A covariance matrix and where it comes from."""

    matrix: Array
    n: int
    path: str
    sha256: str
    source: str
    formula: str
    notes: tuple[str, ...]


def _sampled(ctx: Context, params: Params) -> _Matrix:
    assets = series.load(ctx, params.returns, replace(params, columns=times_only(params)), several=True)
    count = len(assets.names)
    if assets.n < 2 * count:
        raise CannotTell(f"{assets.n} rows are too few for the covariance of {count} assets", f"give at least {2 * count} rows, twice as many as assets")
    source = f"{assets.n} rows × {count} assets in {series.told(assets, params)}"
    return _Matrix(
        matrix=covariance.sample(assets.values), n=assets.n, path=assets.path, sha256=assets.sha256, source=source,
        formula="the sample covariance (n - 1)", notes=assets.notes,
    )  # fmt: skip


def _estimated(ctx: Context, params: Params) -> _Matrix:
    """The team's own estimate: a square of numbers, with or without a first column of names."""
    import numpy as np

    file = files.opened(ctx, params.covariance)
    names = file.names if file.looks(file.names[0]) is Kind.NUMBER else file.names[1:]
    frame = file.read(dict.fromkeys(names, Kind.NUMBER))
    matrix = np.column_stack([frame.columns[name] for name in names])
    return _Matrix(
        matrix=matrix, n=frame.rows, path=file.path, sha256=file.sha256, source=f"{frame.rows} × {len(names)} covariances in {file.path}",
        formula="the matrix as given", notes=file.notes,
    )  # fmt: skip
