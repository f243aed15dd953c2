"""Whether the times of a record can be trusted: in order, once each, on sessions, and decided after the data was known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from prodready.calendars.calendar import Calendar, calendar
from prodready.check import CannotTell
from prodready.table.frame import Frame
from prodready.table.stamp import iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = 86400 * 10**9


class Period(Struct, frozen=True, kw_only=True):
    """What the times cover."""

    first: str
    last: str
    days: float
    """Calendar days from the first to the last."""
    step: float
    """Days between neighbours, in the middle."""
    weekends: bool


def period(frame: Frame, column: str, *, strict: bool) -> Period:
    """First, last and step of times in order. Raises CannotTell at the first that is earlier than, or (``strict``) equal to, the one before."""
    import numpy as np

    times = frame.columns[column]
    steps = np.diff(times)
    wrong = np.flatnonzero(steps <= 0 if strict else steps < 0)
    if wrong.size:
        row = int(wrong[0]) + 1
        same = steps[row - 1] == 0
        words = "stands there twice" if same else f"follows {iso(int(times[row - 1]))}: the times run backwards"
        remedy = "keep one row a period; two of the same time are two answers to one question" if same else "sort the file by time, and find out why it was not"
        raise CannotTell(f"{frame.line(row)}, column {column}: {iso(int(times[row]))} {words}", remedy)
    weekdays = (times // DAY + 3) % 7
    return Period(
        first=iso(int(times[0])),
        last=iso(int(times[-1])),
        days=float(times[-1] - times[0]) / DAY,
        step=float(np.median(steps)) / DAY if steps.size else 0.0,
        weekends=bool((weekdays >= 5).mean() > 0.1),
    )


def no_look_ahead(frame: Frame, decision: str, data: str) -> None:
    """Raises CannotTell where something was decided before, or just when, its data came to be."""
    import numpy as np

    if frame.zoned[decision] is not frame.zoned[data]:
        raise CannotTell(f"{frame.path}: {decision} and {data} are not both in a zone, so they cannot be compared", "write both in UTC, ending in Z")
    early = np.flatnonzero(frame.columns[decision] <= frame.columns[data])
    if early.size:
        row = int(early[0])
        words = f"decided at {iso(int(frame.columns[decision][row]))} on data of {iso(int(frame.columns[data][row]))}"
        raise CannotTell(
            f"{frame.line(row)}, column {decision}: {words}: {early.size} of {frame.rows} rows look ahead",
            "let a decision use only data that was known before it; a result that saw the future is no result",
        )


def gaps(frame: Frame, column: str, name: str, limit: float, step: float) -> str:
    """Words on how the dates cover the sessions of a calendar. Raises CannotTell when too many are missing or one has no session."""
    if not name:
        return "no calendar was stated, so no gaps were looked for"
    if step > 1.5:
        return f"one row every {step:.0f} days: gaps against {name} were not looked for"
    sessions = calendar(name)
    days = dates(frame.columns[column], sessions.zone if frame.zoned[column] else "")
    unique = sorted(set(days))
    expected = set(sessions.sessions(unique[0], unique[-1]))
    stranger = next((day for day in unique if day not in expected), None)
    if stranger is not None:
        where = frame.line(days.index(stranger))
        remedy = "name the right calendar, or find out where that row comes from"
        raise CannotTell(f"{where}, column {column}: {stranger} has no session on {sessions.name}", remedy)
    return _missing(sorted(expected - set(unique)), len(expected), sessions, limit, frame.path)


def _missing(missing: list[date], expected: int, sessions: Calendar, limit: float, path: str) -> str:
    if len(missing) > limit * expected:
        several = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CannotTell(
            f"{path} misses the session of {missing[0]}{several}: {len(missing)} of {expected} on {sessions.name}, more than the {limit:.2%} that may be",
            "fill the gaps from the source; a record without its bad days is no record",
        )
    return f"{expected - len(missing)} of {expected} sessions of {sessions.name} are there"


def dates(times: NDArray[Any], zone: str) -> list[date]:
    """The day of each time, in a zone for times that are UTC; empty takes them as they stand."""
    if not zone or zone == "UTC":
        return [date.fromordinal(int(day) + 719163) for day in times // DAY]
    return list(_local(times, ZoneInfo(zone)))


def _local(times: NDArray[Any], zone: ZoneInfo) -> Iterator[date]:
    known: dict[int, date] = {}
    for hour in (times // (DAY // 96)).tolist():  # quarters of an hour: every zone's offset is a multiple of one
        if hour not in known:
            known[hour] = datetime.fromtimestamp(hour * 900, UTC).astimezone(zone).date()
        yield known[hour]
