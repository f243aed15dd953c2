"""Statistics of trades, orders and fills, and of a parameter grid."""

from __future__ import annotations

from prodready.check import CannotTell
from prodready.checks.quant_statistic import closed, files
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context
from prodready.quant import robustness, trading
from prodready.quant.trading import Share
from prodready.table.frame import CsvFile, Frame, Kind


def hit_rate(ctx: Context, params: Params) -> Answer:
    """Share of trades that won. Raises CannotTell, UndefinedError."""
    made = closed.load(ctx, params)
    share = trading.hit_rate(made.profits, params.confidence)
    flat = len(made.profits) - share.n
    return _share(share, params, made.file, made.span, f"winners / (winners + losers){made.how}, {flat} trades that ended at 0 left out", 30)


def fill_rate(ctx: Context, params: Params) -> Answer:
    """Share of the ordered quantity that was filled. Raises CannotTell, UndefinedError."""
    file = closed.opened(ctx, params.fills, "fills")
    filled, ordered = files.needed(file, params, "filled"), files.needed(file, params, "ordered")
    frame, span = closed.read(file, params, {filled: Kind.NUMBER, ordered: Kind.NUMBER})
    return _share(trading.fill_rate(frame.columns[filled], frame.columns[ordered], params.confidence), params, file, span, "filled / ordered quantity", 50)


def _share(share: Share, params: Params, file: CsvFile, span: str, formula: str, least: int) -> Answer:
    wanted = params.minimum or least
    if share.n < wanted:
        raise CannotTell(f"{file.path} has {share.n} that count, {params.statistic} needs {wanted}", "give a longer record, or state 'minimum'")
    wide = f"{params.confidence:.0%} Wilson interval {share.low:.4f} to {share.high:.4f}"
    source = f"{share.n} records in {file.path}{span}"
    return Answer(value=share.value, n=share.n, sha256=file.sha256, formula=formula, source=source, notes=(wide, *file.notes), share=True)


def slippage(ctx: Context, params: Params) -> Answer:
    """Mean cost against the reference price in basis points. Raises CannotTell, UndefinedError."""
    file = closed.opened(ctx, params.fills, "fills")
    names = {role: files.needed(file, params, role) for role in ("price", "reference", "side", "quantity")}
    frame, span = closed.read(file, params, {name: Kind.WORD if role == "side" else Kind.NUMBER for role, name in names.items()})
    _enough(frame, params, 30)
    price, reference, quantity = (frame.columns[names[role]] for role in ("price", "reference", "quantity"))
    value = trading.slippage(price, reference, closed.sides(frame, names["side"]), quantity)
    return Answer(
        value=value, n=frame.rows, sha256=file.sha256, formula="side x (price - reference) / reference, by quantity, in basis points",
        source=f"{frame.rows} fills in {file.path}{span}", notes=file.notes,
    )  # fmt: skip


def pnl(ctx: Context, params: Params) -> Answer:
    """Money made, net of fees. Raises CannotTell, UndefinedError."""
    made = closed.load(ctx, params)
    n = made.records
    return Answer(
        value=float(made.profits.sum()), n=n, sha256=made.file.sha256, formula=f"sum of profits less fees{made.how}",
        source=f"{n} records in {made.file.path}{made.span}", notes=(*made.notes, *made.file.notes),
    )  # fmt: skip


def sensitivity(ctx: Context, params: Params) -> Answer:
    """What the chosen parameters' neighbours keep of the result. Raises CannotTell, UndefinedError."""
    import numpy as np

    file = closed.opened(ctx, params.grid, "grid")
    metric, mark = files.needed(file, params, "metric"), files.column(file, params, "chosen")
    names = tuple(name for name in file.names if name not in (metric, mark))
    frame = file.read(dict.fromkeys((*names, metric, *filter(None, (mark,))), Kind.NUMBER))
    chosen = np.flatnonzero(frame.columns[mark]) if mark else np.array([int(np.argmax(frame.columns[metric]))])
    if not names or len(chosen) != 1:
        raise CannotTell(f"{file.path} has {len(names)} parameters and {len(chosen)} chosen rows", "give a column a parameter, and a 1 in 'chosen' for one row")
    found = robustness.sensitivity(np.column_stack([frame.columns[name] for name in names]), frame.columns[metric], chosen=int(chosen[0]), reach=params.reach)
    worst = f"the worst neighbour differs in {names[found.parameter]}, {frame.line(found.row)}"
    return Answer(
        value=found.kept, n=found.neighbours, sha256=file.sha256, formula=f"worst neighbour within {params.reach:.0%} / chosen", share=True,
        source=f"{found.neighbours} neighbours of {frame.line(int(chosen[0]))}, {frame.rows} backtests", notes=(worst, *file.notes),
    )  # fmt: skip


def _enough(frame: Frame, params: Params, least: int) -> None:
    wanted = params.minimum or least
    if frame.rows < wanted:
        raise CannotTell(f"{frame.path} has {frame.rows} rows, {params.statistic} needs {wanted}", "give a longer record, or state 'minimum'")
