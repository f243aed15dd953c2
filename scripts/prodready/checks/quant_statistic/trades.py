"""Statistics of trades, orders and fills, and of a parameter grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodready.check import CannotTell
from prodready.checks.quant_statistic import files, order
from prodready.checks.quant_statistic.answer import Answer
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context
from prodready.quant import robustness, trading
from prodready.quant.trading import Share
from prodready.table.frame import CsvFile, Frame, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prodready.quant.moments import Array

_BUYS, _SELLS = (b"buy", b"b", b"long", b"1", b"+1"), (b"sell", b"s", b"short", b"-1")


def hit_rate(ctx: Context, params: Params) -> Answer:
    """Share of trades that won. Raises CannotTell, UndefinedError."""
    file = _file(ctx, params.trades, "trades")
    name = files.needed(file, params, "pnl")
    frame, span = _read(file, params, {name: Kind.NUMBER})
    share = trading.hit_rate(frame.columns[name], params.confidence)
    flat = frame.rows - share.n
    return _share(share, params, file, span, f"winners / (winners + losers), {flat} trades that ended at 0 left out", 30)


def fill_rate(ctx: Context, params: Params) -> Answer:
    """Share of the ordered quantity that was filled. Raises CannotTell, UndefinedError."""
    file = _file(ctx, params.fills, "fills")
    filled, ordered = files.needed(file, params, "filled"), files.needed(file, params, "ordered")
    frame, span = _read(file, params, {filled: Kind.NUMBER, ordered: Kind.NUMBER})
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
    file = _file(ctx, params.fills, "fills")
    names = {role: files.needed(file, params, role) for role in ("price", "reference", "side", "quantity")}
    frame, span = _read(file, params, {name: Kind.WORD if role == "side" else Kind.NUMBER for role, name in names.items()})
    _enough(frame, params, 30)
    price, reference, quantity = (frame.columns[names[role]] for role in ("price", "reference", "quantity"))
    value = trading.slippage(price, reference, _sides(frame, names["side"]), quantity)
    return Answer(
        value=value, n=frame.rows, sha256=file.sha256, formula="side x (price - reference) / reference, by quantity", unit="bps",
        source=f"{frame.rows} fills in {file.path}{span}", notes=file.notes,
    )  # fmt: skip


def pnl(ctx: Context, params: Params) -> Answer:
    """Money made, net of fees. Raises CannotTell, UndefinedError."""
    if params.trades:
        return _closed(ctx, params)
    file = _file(ctx, params.fills, "trades")
    names = {role: files.needed(file, params, role) for role in ("side", "quantity", "price")}
    optional = {role: name for role in ("fees", "symbol") if (name := files.column(file, params, role))}
    words = (names["side"], optional.get("symbol"))
    frame, span = _read(file, params, {name: Kind.WORD if name in words else Kind.NUMBER for name in (names | optional).values()})
    side, fees = _sides(frame, names["side"]), _fees(frame, optional.get("fees", ""))
    symbols = frame.columns[optional["symbol"]] if "symbol" in optional else None
    value = trading.profit(side, frame.columns[names["quantity"]], frame.columns[names["price"]], fees, symbols)
    return _money(value, file, frame, span, "sold for less bought for, less fees", "" if "fees" in optional else "no column of fees")


def _closed(ctx: Context, params: Params) -> Answer:
    file = _file(ctx, params.trades, "trades")
    name, fee = files.needed(file, params, "pnl"), files.column(file, params, "fees")
    frame, span = _read(file, params, {name: Kind.NUMBER} | ({fee: Kind.NUMBER} if fee else {}))
    value = float(frame.columns[name].sum() - _fees(frame, fee).sum())
    return _money(value, file, frame, span, "sum of profits less fees", "" if fee else "no column of fees: profits are taken as net")


def _money(value: float, file: CsvFile, frame: Frame, span: str, formula: str, note: str) -> Answer:
    notes = tuple(filter(None, (note, *file.notes)))
    return Answer(value=value, n=frame.rows, sha256=file.sha256, formula=formula, source=f"{frame.rows} records in {file.path}{span}", notes=notes)


def sensitivity(ctx: Context, params: Params) -> Answer:
    """What the chosen parameters' neighbours keep of the result. Raises CannotTell, UndefinedError."""
    import numpy as np

    file = _file(ctx, params.grid, "grid")
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


def _file(ctx: Context, path: str, param: str) -> CsvFile:
    if not path:
        raise CannotTell(f"no file of {param} is named", f"set params: {param}: FILE.csv")
    return files.opened(ctx, path)


def _read(file: CsvFile, params: Params, kinds: dict[str, Kind]) -> tuple[Frame, str]:
    """The columns, and the period in words; times may repeat but not run backwards."""
    time = files.time_column(file, params)
    if not time:
        if params.minimum_days:
            raise CannotTell(f"{file.path} has no column of times, so its period cannot be told", "add one, or name it: columns: {time: NAME}")
        return file.read(kinds), ""
    frame = file.read({**kinds, time: Kind.STAMP})
    covered = order.period(frame, time, strict=False)
    if covered.days < params.minimum_days:
        raise CannotTell(f"{file.path} covers {covered.days:.0f} days, {params.minimum_days} are wanted", "wait for a longer record")
    return frame, f", {covered.first} to {covered.last}"


def _enough(frame: Frame, params: Params, least: int) -> None:
    wanted = params.minimum or least
    if frame.rows < wanted:
        raise CannotTell(f"{frame.path} has {frame.rows} rows, {params.statistic} needs {wanted}", "give a longer record, or state 'minimum'")


def _sides(frame: Frame, name: str) -> Array:
    import numpy as np

    words = np.char.lower(np.char.strip(frame.columns[name]))
    buys, sells = np.isin(words, _BUYS), np.isin(words, _SELLS)
    odd = np.flatnonzero(~(buys | sells))
    if odd.size:
        word = words[odd[0]].decode("utf-8", "replace")[:20]
        raise CannotTell(f"{frame.line(int(odd[0]))}, column {name}: {word!r} is no side", "write buy or sell")
    return np.where(buys, 1.0, -1.0)


def _fees(frame: Frame, name: str) -> NDArray[Any]:
    import numpy as np

    return frame.columns[name] if name else np.zeros(1)
