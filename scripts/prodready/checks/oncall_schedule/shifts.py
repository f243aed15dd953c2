"""Shifts out of a CSV or an iCalendar file (RFC 5545)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Context
from prodready.names import shown

_COLUMNS = ("roster", "person", "start", "end")


class Shift(Struct, frozen=True, kw_only=True):
    """One person's turn."""

    roster: str
    """Empty in an iCalendar file without categories."""
    person: str
    start: datetime
    end: datetime


def read(ctx: Context, path: str) -> tuple[Shift, ...]:
    """Every shift. Raises CannotTell for a file that is none, and for a shift that is not plain."""
    text = ctx.repo.text(path)
    try:
        return tuple(_calendar(text) if "BEGIN:VCALENDAR" in text[:2000] else _table(text))
    except (ValueError, KeyError, TypeError, ZoneInfoNotFoundError, csv.Error) as error:
        raise CannotTell(f"{shown(path)} is no schedule: {shown(str(error))[:160]}", "'prodready explain oncall_schedule' shows what one looks like") from None


def _table(text: str) -> Iterator[Shift]:
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
        raise ValueError(f"the column {missing[0]} is missing")
    for row in rows:
        yield _shift(row["roster"], row["person"], _moment(row["start"]), _moment(row["end"]))


def _shift(roster: str, person: str, start: datetime, end: datetime) -> Shift:
    if not person.strip() or end <= start:
        raise ValueError(f"the shift of {person or 'nobody'} from {start} ends before it begins, or is nobody's")
    return Shift(roster=roster.strip(), person=person.strip(), start=start.astimezone(UTC), end=end.astimezone(UTC))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError(f"{text.strip()!r} has no time zone: write +00:00 behind it")
    return moment


def _calendar(text: str) -> Iterator[Shift]:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for event in re.findall(r"BEGIN:VEVENT\r?\n(.*?)END:VEVENT", unfolded, re.DOTALL):
        lines = dict(_property(line) for line in event.splitlines() if ":" in line)
        if "RRULE" in lines:
            raise ValueError("it has a repeating event: export the single shifts")
        yield _shift(lines.get("CATEGORIES", ("", ""))[1], lines["SUMMARY"][1], _stamp(*lines["DTSTART"]), _stamp(*lines["DTEND"]))


def _property(line: str) -> tuple[str, tuple[str, str]]:
    """Name -> its parameters and value."""
    head, _, value = line.partition(":")
    name, _, parameters = head.partition(";")
    return name.upper(), (parameters, value.strip())


def _stamp(parameters: str, value: str) -> datetime:
    zone = re.search(r"TZID=([^;:]+)", parameters)
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if zone is None:
        raise ValueError(f"{value!r} has no time zone")
    return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(zone[1]))
