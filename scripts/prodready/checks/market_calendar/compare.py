"""Day by day: what the service thinks against what the exchange does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from prodready.calendars.calendar import Calendar, Hours, moment
from prodready.checks.market_calendar.entry import Venue
from prodready.model import Finding, Severity


def compared(venue: Venue, exchange: Calendar, first: date, last: date, listed: date) -> tuple[list[Finding], int]:
    """What differs from ``first`` to ``last``, and how many days were looked at. Holidays must be listed until ``listed``."""
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    findings = [found for day in days if day <= listed for found in _day(venue, exchange, day)]
    findings += _hours(venue, exchange, [day for day in days if exchange.trades(day)])
    return findings, len(days)


def _day(venue: Venue, exchange: Calendar, day: date) -> Iterator[Finding]:
    if exchange.trades(day) and day in venue.holidays:
        yield _finding(venue, "no-holiday", f"{day} is listed as a holiday, but {exchange.name} trades", f"take {day} off the holidays", str(day))
    elif not exchange.trades(day) and day.weekday() in _week(exchange, day) and day not in venue.holidays:
        yield _finding(venue, "missing-holiday", f"{exchange.name} is closed on {day}, and the file does not say so", f"add {day} to the holidays", str(day))
    elif exchange.trades(day):
        yield from _special(venue, exchange, day)


def _week(exchange: Calendar, day: date) -> frozenset[int]:
    return next((week for since, week in reversed(exchange.weeks) if since <= day), exchange.weeks[0][1])


def _special(venue: Venue, exchange: Calendar, day: date) -> Iterator[Finding]:
    """Days that open late or close early, there or here."""
    there, usual = exchange.hours(day), exchange.usual(day)
    if there == usual and day not in venue.early and day not in venue.late:
        return
    here = Hours(open=venue.late.get(day) or venue.hours.open, close=venue.early.get(day) or venue.hours.close)
    ends = ((here.open, there.open, "opens", "late_opens"), (here.close, there.close, "closes", "early_closes"))
    for mine, theirs, word, key in ends:
        if moment(day, mine, venue.zone) != exchange.moment(day, theirs):
            message = f"on {day} {exchange.name} {word} at {theirs}, the file says {mine}"
            yield _finding(venue, "wrong-special-hours", message, f'write {key}: {{{day}: "{theirs}"}}', f"{day} {word}")


def _hours(venue: Venue, exchange: Calendar, sessions: list[date]) -> Iterator[Finding]:
    """The first ordinary session whose hours differ, and where that begins or ends: mostly at a change of the clocks."""
    wrong = [day for day in sessions if day not in exchange.special and _span(venue.hours, day, venue.zone) != _span(exchange.hours(day), day, exchange.zone)]
    if not wrong:
        return
    usual = exchange.hours(wrong[0])
    partly = len(wrong) < len([day for day in sessions if day not in exchange.special])
    rule = "hours-ignore-summer-time" if partly and venue.zone != exchange.zone else "wrong-hours"
    told = f"on {wrong[0]} {exchange.name} is open {usual} {exchange.zone}, the file says {venue.hours} {venue.zone}"
    message = f"{told}; so on {len(wrong)} of {len(sessions)} sessions"
    fix = f'write timezone: {exchange.zone}, open: "{usual.open}", close: "{usual.close}"'
    yield _finding(venue, rule, message, fix + (f', break_start: "{usual.break_start}", break_end: "{usual.break_end}"' if usual.break_start else ""), rule)


def _span(hours: Hours, day: date, zone: str) -> tuple[datetime | None, ...]:
    return tuple(moment(day, at, zone) if at else None for at in (hours.open, hours.close, hours.break_start, hours.break_end))


def _finding(venue: Venue, rule: str, message: str, fix: str, anchor: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, path=venue.file, line=venue.line, fix=fix, anchor=f"{venue.name} {anchor}")
