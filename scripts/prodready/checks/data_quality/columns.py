"""Completeness, freshness, order and outliers of a file's columns."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from prodready import expectation
from prodready.calendars.calendar import Calendar, calendar
from prodready.check import CannotTell
from prodready.context import Context
from prodready.model import Evidence, Measured
from prodready.table.columnar import is_columnar, to_csv
from prodready.table.frame import CsvFile, Frame, Kind
from prodready.table.stamp import iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prodready.checks.data_quality import Params

LIMIT = 2 * 1024**3
SECOND = 10**9


def opened(ctx: Context, params: Params) -> CsvFile:
    """The file; a JSON list of objects is read like CSV, its items as lines. Raises CannotTell."""
    if not params.file:
        raise CannotTell(f"{params.measure} needs a file", "set params: file: data/prices.csv")
    if is_columnar(params.file):
        return CsvFile(to_csv(ctx, params.file, limit=LIMIT), params.file)
    if params.file.endswith(".json"):
        return CsvFile(_from_json(ctx.repo.text(params.file, limit=256 * 1024 * 1024), params.file), params.file)
    return CsvFile(ctx.repo.raw(params.file, limit=LIMIT), params.file)


def _from_json(text: str, path: str) -> bytes:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise CannotTell(f"{path} is no JSON", "save the query's whole result") from None
    if not isinstance(data, list) or not data or not all(isinstance(row, dict) for row in data):
        raise CannotTell(f"{path} is no list of objects", "save the query's result as a list with an object a row")
    names = list(data[0])
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in data)
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def completeness(ctx: Context, params: Params) -> Measured:
    """Share of the expected times that are there, in percent."""
    import numpy as np

    file = opened(ctx, params)
    frame = _times(file, params, dict.fromkeys(params.required, Kind.WORD))
    whole = np.ones(frame.rows, dtype=np.bool_)
    for name in params.required:
        whole &= np.char.strip(frame.columns[name]) != b""
    times = _utc(frame, params, need=bool(params.every))
    expected = _expected(times, frame, params)
    there = np.isin(expected, _floored(times[whole], params))
    missing = expected[~there]
    first = (f"first missing: {iso(int(missing[0]))}",) if missing.size else ()
    empty = int((~whole).sum())
    return Measured(
        value=100.0 * int(there.sum()) / expected.size, unit="%", examined=int(expected.size),
        evidence=Evidence(source=f"{int(there.sum())} of {expected.size} expected rows in {file.path}", sha256=file.sha256),
        notes=(*first, *((f"{empty} rows with an empty required cell",) if empty else ()), *file.notes),
    )  # fmt: skip


def _expected(times: NDArray[Any], frame: Frame, params: Params) -> NDArray[Any]:
    """The times that should be there. Raises CannotTell."""
    import numpy as np

    first = date.fromisoformat(params.start) if params.start else _day(int(times.min()))
    last = date.fromisoformat(params.end) if params.end else _day(int(times.max()))
    if not params.calendar:
        raise CannotTell("which times are expected is not stated", "set calendar: XNYS, or 24/7 with every: 1 min")
    exchange = calendar(params.calendar)
    days = list(exchange.sessions(first, last))
    if not days:
        raise CannotTell(f"{exchange.name} has no session from {first} to {last}", "give a longer record")
    if not params.every:
        return np.array([(day - date(1970, 1, 1)).days * 86400 * SECOND for day in days])
    step = _step(params)
    grid = np.concatenate([np.arange(begin, end, step) for day in days for begin, end in _open(exchange, day)])
    inside = grid if params.start or params.end else grid[(grid >= times.min() // step * step) & (grid <= times.max())]
    if not inside.size or inside.size > 50_000_000:
        raise CannotTell(f"{inside.size} times would be expected", "look at 'every', 'start' and 'end'")
    return inside


def _open(exchange: Calendar, day: date) -> list[tuple[int, int]]:
    """When a session is open, in nanoseconds since 1970."""
    hours = exchange.hours(day)
    marks = [hours.open, hours.break_start, hours.break_end, hours.close] if hours.break_start else [hours.open, hours.close]
    moments = [int(exchange.moment(day, at).timestamp()) * SECOND for at in marks]
    return list(zip(moments[::2], moments[1::2], strict=True))


def _floored(times: NDArray[Any], params: Params) -> NDArray[Any]:
    step = _step(params) if params.every else 86400 * SECOND
    return times // step * step


def _step(params: Params) -> int:
    bound = expectation.parse(f"<= {params.every}")
    if not isinstance(bound, expectation.Bound) or bound.unit != "s" or bound.limit <= 0:
        raise CannotTell(f"every: {params.every!r} is no distance in time", "write '1 min' or '5 s'")
    return max(1, round(bound.limit * SECOND))


def _day(nanoseconds: int) -> date:
    return date.fromordinal(nanoseconds // (86400 * SECOND) + 719163)


def freshness(ctx: Context, params: Params) -> Measured:
    """Seconds since the newest row; those while the exchange is closed do not count."""
    file = opened(ctx, params)
    times = _utc(_times(file, params, {}), params, need=True)
    newest, now = int(times.max()), int(ctx.now.timestamp() * SECOND)
    if newest > now + 300 * SECOND:
        raise CannotTell(
            f"{file.path}: the newest row is of {iso(newest)}, in the future: a clock or a zone is wrong", "mend the clock, or state the right zone"
        )
    end = _last_open(calendar(params.calendar), ctx.now) if params.calendar else now
    source = f"newest of {times.size} rows in {file.path} is of {iso(newest)}" + (f", {params.calendar} was last open {iso(end)}" if end < now else "")
    return Measured(
        value=max(0, end - newest) / SECOND, unit="s", examined=int(times.size), evidence=Evidence(source=source, sha256=file.sha256), notes=file.notes
    )


def _last_open(exchange: Calendar, now: datetime) -> int:
    """The last moment up to now at which the exchange was open."""
    moment = int(now.timestamp()) * SECOND
    today = now.astimezone(ZoneInfo(exchange.zone)).date()
    for day in reversed(list(exchange.sessions(today - timedelta(days=20), today + timedelta(days=1)))):
        for begin, end in reversed(_open(exchange, day)):
            if begin <= moment:
                return min(moment, end)
    raise CannotTell(f"{exchange.name} was not open in the last 20 days", "look at the calendar's name")


def disorder(ctx: Context, params: Params) -> Measured:
    """Rows that are earlier than the one before, or repeat its time."""
    import numpy as np

    file = opened(ctx, params)
    frame = _times(file, params, {})
    steps = np.diff(frame.columns[params.time])
    wrong = np.flatnonzero(steps <= 0)
    first = (f"first at {frame.line(int(wrong[0]) + 1)}",) if wrong.size else ()
    return Measured(
        value=int(wrong.size),
        examined=frame.rows,
        evidence=Evidence(source=f"{frame.rows} rows in {file.path}", sha256=file.sha256),
        notes=(*first, *file.notes),
    )


def outliers(ctx: Context, params: Params) -> Measured:
    """Share of changes far from the middle of all, in percent; by 1.4826 times the median absolute deviation, or 1.2533 times the mean one where that is 0."""
    import numpy as np

    file = opened(ctx, params)
    frame = file.read({file.require(params.value): Kind.NUMBER})
    values = frame.columns[params.value]
    if values.size < 30:
        raise CannotTell(f"{file.path} has {values.size} rows, too few to say what is usual", "give at least 30")
    changes = np.diff(values)
    away = np.abs(changes - np.median(changes))
    deviation = 1.4826 * float(np.median(away)) or 1.2533 * float(np.mean(away))
    if not deviation:
        raise CannotTell(
            f"{file.path}: {params.value} does not change from row to row more often than not, so nothing is unusual", "look at fewer, larger steps"
        )
    wild = np.flatnonzero(away > params.limit * deviation)
    worst = (f"the worst is at {frame.line(int(np.argmax(away)) + 1)}",) if wild.size else ()
    return Measured(
        value=100.0 * wild.size / changes.size, unit="%", examined=int(changes.size),
        evidence=Evidence(source=f"{wild.size} of {changes.size} changes in {file.path} beyond {params.limit:g} deviations", sha256=file.sha256),
        notes=(*worst, *file.notes),
    )  # fmt: skip


def _times(file: CsvFile, params: Params, more: dict[str, Kind]) -> Frame:
    return file.read({file.require(params.time): Kind.STAMP, **{file.require(name): kind for name, kind in more.items()}})


def _utc(frame: Frame, params: Params, *, need: bool) -> NDArray[Any]:
    """The times in UTC. Raises CannotTell when they, and the item, do not say their zone and it matters."""
    import numpy as np

    times = frame.columns[params.time]
    if frame.zoned[params.time] or (not need and not params.zone):
        return times
    if not params.zone:
        raise CannotTell(f"{frame.path}: the times say no zone", "write them in UTC, ending in Z, or state zone: UTC")
    if params.zone == "UTC":
        return times
    zone = ZoneInfo(params.zone)
    hours, which = np.unique(times // (900 * SECOND), return_inverse=True)
    shift = [int(zone.utcoffset(datetime.fromtimestamp(hour * 900, UTC).replace(tzinfo=None)).total_seconds()) for hour in hours.tolist()]  # type: ignore[union-attr]
    shifted: NDArray[Any] = times - np.array(shift)[which] * SECOND
    return shifted
