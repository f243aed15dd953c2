"""A venue as the service's own file describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from prodready.calendars.calendar import Hours
from prodready.check import CannotTell
from prodready.context import Context
from prodready.readers import places, structured

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?([+-]1)?")
KEYS = ("timezone", "open", "close", "break_start", "break_end", "holidays", "early_closes", "late_opens")


class Venue(Struct, frozen=True, kw_only=True):
    """What the file says."""

    name: str
    file: str
    line: int | None
    zone: str
    hours: Hours
    holidays: frozenset[date]
    early: Mapping[date, str]
    late: Mapping[date, str]


def load(ctx: Context, file: str, at: str) -> tuple[Venue, ...]:
    """The venues in a file. Raises CannotTell naming the entry that cannot be read."""
    try:
        (document, *_) = structured.read(ctx.repo.text(file), name=file)
        steps = places.parse(at)
    except (structured.Unreadable, ValueError) as error:
        raise CannotTell(str(error), "mend the file, or name another format's") from None
    found = next((place for place in places.select(document.data, steps) if place.found), None)
    if found is None or not isinstance(found.value, Mapping):
        raise CannotTell(f"{file} has no mapping of venues at {at}", "name the way to it: at: markets.venues")
    return tuple(_venue(str(name), value, file, document.line((*found.path, name))) for name, value in found.value.items())


def _venue(name: str, value: Any, file: str, line: int | None) -> Venue:
    where = f"{file}:{line}: {name}"
    if not isinstance(value, Mapping) or not {"timezone", "open", "close"} <= set(map(str, value)):
        raise CannotTell(f"{where} does not say its timezone, open and close", "write all three; hours without a zone are no hours")
    if unknown := sorted(set(map(str, value)) - set(KEYS)):
        raise CannotTell(f"{where}: {unknown[0]!r} is not understood", f"keys are {', '.join(KEYS)}")
    zone = str(value["timezone"])
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        raise CannotTell(f"{where}: {zone!r} is no time zone", "write a name of the IANA database: America/New_York") from None
    clocks = {key: _clock(value.get(key, ""), f"{where}.{key}") for key in KEYS[1:5]}
    hours = Hours(open=clocks["open"], close=clocks["close"], break_start=clocks["break_start"], break_end=clocks["break_end"])
    early, late = (_days(value.get(key) or {}, f"{where}.{key}") for key in ("early_closes", "late_opens"))
    holidays = frozenset(_day(day, f"{where}.holidays") for day in value.get("holidays") or ())
    return Venue(name=name, file=file, line=line, zone=zone, hours=hours, holidays=holidays, early=early, late=late)


def _clock(value: Any, where: str) -> str:
    if value in ("", None):
        return ""
    text = f"{value // 60:02}:{value % 60:02}" if type(value) is int else str(value)  # YAML 1.1 reads 16:00 as 960
    if text == "24:00":
        return "00:00+1"
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise CannotTell(f"{where}: {text!r} is no time of day", 'write it as "09:30", or "17:00-1" for the day before')
    return f"{int(match[1]):02}:{match[2]}{match[3] or ''}"


def _day(value: Any, where: str) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise CannotTell(f"{where}: {str(value)[:20]!r} is no date", "write it as 2026-11-26") from None


def _days(value: Any, where: str) -> dict[date, str]:
    if not isinstance(value, Mapping):
        raise CannotTell(f"{where} is no mapping of days to times", 'write it as {2026-11-27: "13:00"}')
    return {_day(day, where): _clock(at, where) for day, at in value.items()}
