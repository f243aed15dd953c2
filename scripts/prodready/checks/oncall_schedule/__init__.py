"""Somebody is on call at every hour that must be covered, and nobody for too long.

The schedule is a CSV file with the columns ``roster, person, start, end`` (times with their zone, ``2026-02-02T09:00+00:00``), or an iCalendar file,
each event a shift of the person in its summary. Repeating events are not followed: export the schedule with its single shifts. What is looked at
begins now, so a schedule that nobody has continued is found before it ends.

An item that uses it:

    - id: alerts.on-call
      title: The traders' hours and the nights are covered for two weeks
      check: oncall_schedule
      params:
        file: docs/on-call.csv
        rosters: [{name: trading, hours: "09:00-18:00", days: [mon, tue, wed, thu, fri], zone: UTC}, {name: security}]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.oncall_schedule.shifts import Shift, read
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import shown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Roster(Struct, frozen=True, kw_only=True):
    """Hours that must be covered."""

    name: str
    """As the schedule names it; in an iCalendar file of one roster any name."""
    hours: str = "00:00-24:00"
    """From and to, in ``zone``."""
    days: tuple[str, ...] = DAYS
    """Days of the week, mon to sun."""
    zone: str = "UTC"
    """Time zone of the hours."""

    def __post_init__(self) -> None:
        if unknown := [day for day in self.days if day not in DAYS]:
            raise ValueError(f"{unknown[0]!r} is no day: write {', '.join(DAYS)}")
        try:
            self.ends(), ZoneInfo(self.zone)
        except (ValueError, ZoneInfoNotFoundError):
            raise ValueError(f"{self.hours!r} in {self.zone!r} are no hours: write for example '09:00-18:00' and 'UTC'") from None

    def ends(self) -> tuple[time, timedelta]:
        """When it begins, and how long it is. Raises ValueError."""
        start, dash, end = self.hours.partition("-")
        begin = time.fromisoformat(start)
        whole = timedelta(hours=24) if end == "24:00" else timedelta(hours=(last := time.fromisoformat(end)).hour, minutes=last.minute)
        length = whole - timedelta(hours=begin.hour, minutes=begin.minute)
        if not dash or length <= timedelta(0):
            raise ValueError(self.hours)
        return begin, length


class Params(Struct, frozen=True, kw_only=True):
    """Which schedule, and what it must cover."""

    file: str
    """CSV or iCalendar file."""
    rosters: tuple[Roster, ...]
    """The hours that must be covered."""
    horizon: int = 14
    """Days ahead, 1 to 90."""
    longest: int = 7
    """Days that one person may be on call without a break."""
    people: int = 2
    """Different people that each roster needs."""

    def __post_init__(self) -> None:
        if not 1 <= self.horizon <= 90 or not self.rosters:
            raise ValueError("list at least one roster, and a horizon of 1 to 90 days")


def observe(ctx: Context, params: Params) -> Found:
    """Gaps, and people who carry too much. Raises CannotTell."""
    shifts = read(ctx, params.file)
    findings: list[Finding] = []
    windows = 0
    for roster in params.rosters:
        own = sorted((shift for shift in shifts if shift.roster in ("", roster.name)), key=lambda shift: shift.start)
        wanted = list(_windows(roster, ctx.now, params.horizon))
        windows += len(wanted)
        findings += [_gap(roster, gap, params.file) for gap in _gaps(wanted, own)]
        findings += _people(roster, own, ctx.now, params)
    if not shifts:
        raise CannotTell(f"{shown(params.file)} has no shift", "write one line a shift: roster, person, start, end")
    source = f"{len(shifts)} shifts in {shown(params.file)}, {params.horizon} days ahead"
    return Found(examined=windows, findings=tuple(findings), evidence=Evidence(source=source))


def _windows(roster: Roster, now: datetime, horizon: int) -> Iterator[tuple[datetime, datetime]]:
    begin, length = roster.ends()
    zone = ZoneInfo(roster.zone)
    for step in range(-1, horizon):
        day = (now.astimezone(zone) + timedelta(days=step)).date()
        if DAYS[day.weekday()] in roster.days:
            start = datetime.combine(day, begin, zone)
            end = (start + length).astimezone(UTC)
            if end > now:
                yield max(start.astimezone(UTC), now), end


def _gaps(windows: Sequence[tuple[datetime, datetime]], shifts: Sequence[Shift]) -> Iterator[tuple[datetime, datetime]]:
    """What of the windows no shift covers; the shifts are in order."""
    for start, end in windows:
        at = start
        for shift in shifts:
            if shift.end <= at or shift.start >= end:
                continue
            if shift.start > at:
                yield at, shift.start
            at = max(at, shift.end)
        if at < end:
            yield at, end


def _gap(roster: Roster, gap: tuple[datetime, datetime], path: str) -> Finding:
    message = f"nobody of {shown(roster.name)} is on call from {gap[0]:%Y-%m-%d %H:%M} to {gap[1]:%Y-%m-%d %H:%M} UTC"
    return Finding(rule="gap", message=message, severity=Severity.HIGH, path=path, fix="add a shift", anchor=f"{roster.name} {gap[0]:%Y-%m-%dT%H:%M}")


def _people(roster: Roster, shifts: Sequence[Shift], now: datetime, params: Params) -> Iterator[Finding]:
    ahead = [shift for shift in shifts if shift.end > now]
    people = sorted({shift.person for shift in ahead})
    if shifts and len(people) < params.people:
        message = f"{len(people)} people share the roster {shown(roster.name)}, expected at least {params.people}"
        yield Finding(rule="too-few-people", message=message, severity=Severity.MEDIUM, path=params.file, fix="add somebody", anchor=roster.name)
    for person in people:
        stretch = max(_stretches([shift for shift in ahead if shift.person == person]))
        if stretch > timedelta(days=params.longest):
            message = f"{shown(person)} is on call for {stretch.total_seconds() / 86_400:.1f} days without a break"
            yield Finding(rule="too-long", message=message, severity=Severity.MEDIUM, path=params.file, fix="split the shift", anchor=f"{roster.name} {person}")


def _stretches(shifts: Sequence[Shift]) -> Iterator[timedelta]:
    """How long one person is on call, shifts that touch joined."""
    start, end = shifts[0].start, shifts[0].end
    for shift in shifts[1:]:
        if shift.start > end:
            yield end - start
            start = shift.start
        end = max(end, shift.end)
    yield end - start


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability")
