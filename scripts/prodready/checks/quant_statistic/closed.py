"""Closed trades with their profits, from a file of trades or out of fills; and the daily returns they make on a stated capital."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.calendars.calendar import calendar
from prodready.check import CannotTell
from prodready.checks.quant_statistic import files, order
from prodready.checks.quant_statistic.order import Period
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context
from prodready.quant import trading
from prodready.table.frame import CsvFile, Frame, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodready.quant.moments import Array

_BUYS, _SELLS = (b"buy", b"b", b"long", b"1", b"+1"), (b"sell", b"s", b"short", b"-1")


class Closed(Struct, frozen=True, kw_only=True):
    """What was made, trade by trade."""

    file: CsvFile
    frame: Frame
    profits: Array
    """Net of fees where the file has them."""
    rows: NDArray[np.intp] | None
    """The row that ended each trade; None where each row is a trade."""
    time: str
    span: str
    how: str
    """How trades were made out of fills, for the formula; empty where they were given."""
    notes: tuple[str, ...]

    @property
    def records(self) -> int:
        """Rows of the file."""
        return self.frame.rows


def load(ctx: Context, params: Params) -> Closed:
    """The trades of the item's file. Raises CannotTell, UndefinedError."""
    if params.trades:
        return _given(opened(ctx, params.trades, "trades"), params)
    return _made(opened(ctx, params.fills, "trades"), params)


def _given(file: CsvFile, params: Params) -> Closed:
    name = files.needed(file, params, "pnl")
    fee = "" if name.lower().startswith("net") else files.column(file, params, "fees")
    frame, span = read(file, params, {name: Kind.NUMBER} | ({fee: Kind.NUMBER} if fee else {}))
    note = () if fee else ("no column of fees: profits are taken as net",)
    return Closed(
        file=file, frame=frame, profits=frame.columns[name] - _fees(frame, fee), rows=None, time=files.time_column(file, params), span=span, how="", notes=note
    )


def _made(file: CsvFile, params: Params) -> Closed:
    names = {role: files.needed(file, params, role) for role in ("side", "quantity", "price")}
    optional = {role: name for role in ("fees", "symbol") if (name := files.column(file, params, role))}
    words = (names["side"], optional.get("symbol"))
    frame, span = read(file, params, {name: Kind.WORD if name in words else Kind.NUMBER for name in (names | optional).values()})
    quantity, price = frame.columns[names["quantity"]], frame.columns[names["price"]]
    symbols = frame.columns[optional["symbol"]] if "symbol" in optional else None
    trips = trading.round_trips(sides(frame, names["side"]), quantity, price, _fees(frame, optional.get("fees", "")), symbols)
    note = () if "fees" in optional else ("no column of fees",)
    how = ", trades from flat to flat"
    return Closed(file=file, frame=frame, profits=trips.profits, rows=trips.ends, time=files.time_column(file, params), span=span, how=how, notes=note)


def daily(made: Closed, params: Params) -> tuple[Array, Period, tuple[str, ...]]:
    """The account's equity at the start and after each session, and the period. Sessions without a trade count: they are part of the record.

    Raises CannotTell where capital, calendar or times are missing.
    """
    import numpy as np

    if not params.capital or not params.calendar or not made.time:
        missing = next(word for word, there in (("capital", params.capital), ("calendar", params.calendar), ("a column of times", made.time)) if not there)
        raise CannotTell(f"trades make returns only with {missing}", "set params: capital: 100000, calendar: XNYS, and give each trade its time")
    times = made.frame.columns[made.time] if made.rows is None else made.frame.columns[made.time][made.rows]
    order.gaps(made.frame, made.time, params.calendar, 1.0, 0.0)  # a trade on a day without a session is no trade of this market
    sessions = calendar(params.calendar)
    days = order.dates(times, sessions.zone if made.frame.zoned[made.time] else "")
    every = list(sessions.sessions(days[0], days[-1]))
    place: Mapping[object, int] = {day: at for at, day in enumerate(every)}
    profits = np.bincount([place[day] for day in days], weights=made.profits, minlength=len(every))
    span = Period(first=str(every[0]), last=str(every[-1]), days=float((every[-1] - every[0]).days), step=1.0, weekends=sessions.trades_weekends)
    note = f"realised profits of {len(days)} trades on {len(every)} sessions of {sessions.name}, capital {params.capital:g}: open positions do not move it"
    return np.concatenate(([params.capital], params.capital + np.cumsum(profits))), span, (note, *made.notes)


def opened(ctx: Context, path: str, param: str) -> CsvFile:
    """The file that an item names. Raises CannotTell when it names none."""
    if not path:
        raise CannotTell(f"no file of {param} is named", f"set params: {param}: FILE.csv")
    return files.opened(ctx, path)


def read(file: CsvFile, params: Params, kinds: Mapping[str, Kind]) -> tuple[Frame, str]:
    """The columns, and the period in words; times may repeat but not run backwards."""
    time = files.time_column(file, params)
    known = tuple(files.column(file, params, role) for role in ("decision", "data"))
    stamps = (*((time,) if time else ()), *(known if all(known) else ()))
    frame = file.read({**kinds, **dict.fromkeys(stamps, Kind.STAMP)})
    if all(known):
        order.no_look_ahead(frame, *known)
    if not time:
        if params.minimum_days:
            raise CannotTell(f"{file.path} has no column of times, so its period cannot be told", "add one, or name it: columns: {time: NAME}")
        return frame, ", no times"
    covered = order.period(frame, time, strict=False)
    if covered.days < params.minimum_days:
        raise CannotTell(f"{file.path} covers {covered.days:.0f} days, {params.minimum_days} are wanted", "wait for a longer record")
    return frame, f", {covered.first} to {covered.last}"


def sides(frame: Frame, name: str) -> Array:
    """+1 to buy, -1 to sell. Raises CannotTell for any other word."""
    import numpy as np

    words = np.char.lower(np.char.strip(frame.columns[name]))
    buys, sells = np.isin(words, _BUYS), np.isin(words, _SELLS)
    odd = np.flatnonzero(~(buys | sells))
    if odd.size:
        word = words[odd[0]].decode("utf-8", "replace")[:20]
        raise CannotTell(f"{frame.line(int(odd[0]))}, column {name}: {word!r} is no side", "write buy or sell")
    return np.where(buys, 1.0, -1.0)


def _fees(frame: Frame, name: str) -> Array:
    import numpy as np

    return frame.columns[name] if name else np.zeros(1)
