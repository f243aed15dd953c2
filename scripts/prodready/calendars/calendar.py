"""One exchange's calendar, and the file that holds all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from prodready.check import CannotTell
from prodready.decode import nearest

T = TypeVar("T")
DATA = Path(__file__).with_name("sessions.json")
ALIASES = {
    "crypto": "24/7", "NYSE": "XNYS", "NASDAQ": "XNYS", "XNAS": "XNYS", "XASE": "XNYS", "ARCX": "XNYS", "BATS": "XNYS", "LSE": "XLON",
    "XETRA": "XETR", "TSX": "XTSE", "TASE": "XTAE", "CME": "CMES", "XCME": "CMES", "JPX": "XTKS", "ASX": "XASX", "HKEX": "XHKG",
}  # fmt: skip
"""Other names for the same sessions."""


class Hours(Struct, frozen=True, kw_only=True):
    """When one session is open, in local time of the exchange: ``09:30``, ``17:00-1`` on the day before, empty for no break."""

    open: str
    close: str
    break_start: str = ""
    break_end: str = ""

    def __str__(self) -> str:
        if not self.break_start:
            return f"{self.open}-{self.close}"
        return f"{self.open}-{self.break_start} and {self.break_end}-{self.close}"


class Calendar(Struct, frozen=True, kw_only=True):
    """The sessions of one exchange between two days."""

    name: str
    zone: str
    first: date
    last: date
    weeks: Sequence[tuple[date, frozenset[int]]]
    eras: Sequence[tuple[date, Hours]]
    closed: frozenset[date]
    extra: frozenset[date]
    special: Mapping[date, Hours]
    source: str

    def sessions(self, first: date, last: date) -> Iterator[date]:
        """The days with a session, both ends included. Raises CannotTell outside of what the calendar covers."""
        if first < self.first or last > self.last:
            raise CannotTell(
                f"the calendar {self.name} ({self.source}) covers {self.first} to {self.last}, not {first} to {last}",
                "use a newer prodready, or give a calendar file of your own" if last > self.last else "give a shorter record, or leave the calendar out",
            )
        return (day for day in (first + timedelta(days=step) for step in range((last - first).days + 1)) if self.trades(day))

    def trades(self, day: date) -> bool:
        """Whether there is a session."""
        return day in self.extra or (day.weekday() in _since(self.weeks, day) and day not in self.closed)

    @property
    def trades_weekends(self) -> bool:
        """Whether its ordinary week has all seven days, as in a market that never closes."""
        return len(self.weeks[-1][1]) == 7

    def hours(self, day: date) -> Hours:
        """When that session is open, in local time."""
        return self.special.get(day) or _since(self.eras, day)

    def usual(self, day: date) -> Hours:
        """The hours of an ordinary session at that time."""
        return _since(self.eras, day)

    def moment(self, day: date, at: str) -> datetime:
        """An hour of ``hours`` as a moment, with the zone's own summer time."""
        return moment(day, at, self.zone)


def moment(day: date, at: str, zone: str) -> datetime:
    """``09:30`` or ``17:00-1`` on a day in a zone."""
    clock, shift = at[:5], int(at[5:] or 0)
    return datetime.combine(day + timedelta(days=shift), time.fromisoformat(clock), ZoneInfo(zone))


def _since(eras: Sequence[tuple[date, T]], day: date) -> T:
    return next((value for since, value in reversed(eras) if since <= day), eras[0][1])


def known() -> tuple[str, ...]:
    """The names of all calendars: mostly the exchange's ISO 10383 code."""
    return tuple(sorted(_file()["calendars"]))


def calendar(name: str) -> Calendar:
    """The calendar of that name. Raises CannotTell naming the nearest when there is none."""
    wanted = ALIASES.get(name, name)
    entries = _file()["calendars"]
    if wanted not in entries:
        remedy = "name it by its ISO 10383 code (XNYS), or 24/7 for a market that never closes"
        raise CannotTell(f"there is no calendar {name!r}; {nearest(name, (*entries, *ALIASES))}", remedy)
    return _calendar(wanted, entries[wanted])


def _calendar(name: str, entry: Mapping[str, Any]) -> Calendar:
    return Calendar(
        name=name,
        zone=entry["zone"],
        first=date.fromisoformat(entry["first"]),
        last=date.fromisoformat(entry["last"]),
        weeks=[(date.fromisoformat(since), frozenset(days)) for since, *days in entry["weeks"]],
        eras=[(date.fromisoformat(since), _hours(parts)) for since, *parts in entry["hours"]],
        closed=frozenset(map(date.fromisoformat, entry["closed"])),
        extra=frozenset(map(date.fromisoformat, entry["extra"])),
        special={date.fromisoformat(day): _hours(parts) for day, parts in entry["special"].items()},
        source=_file()["source"],
    )


def _hours(parts: Sequence[str]) -> Hours:
    return Hours(open=parts[0], close=parts[1], break_start=parts[2], break_end=parts[3])


@cache
def _file() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return data
