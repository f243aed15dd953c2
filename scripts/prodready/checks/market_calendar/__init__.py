"""The trading hours and holidays that the service is configured with are those of the exchange.

Every session of the next days is compared as moments in time, so hours that are written in UTC for a market with summer time are found where the
clocks change. Holidays and early closes must be listed for the whole horizon. What the exchange does is known from ``exchange_calendars``; beyond
the days that this data covers nothing can be told.

The file maps each venue (ISO 10383 code, or 24/7) to its entry below ``at``:

    venues:
      XNYS: {timezone: America/New_York, open: "09:30", close: "16:00", holidays: [2026-11-26], early_closes: {2026-11-27: "13:00"}}

An item that uses it:

    - id: config.market-calendar
      title: Trading hours and holidays are the exchanges'
      check: market_calendar
      params: {file: config/targets.yaml, at: venues, horizon: 90}
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from prodready.calendars.calendar import calendar
from prodready.check import CannotTell, Check
from prodready.checks.market_calendar import entry as entries
from prodready.checks.market_calendar.compare import compared
from prodready.context import Context
from prodready.model import Evidence, Finding, Found


class Params(Struct, frozen=True, kw_only=True):
    """Where the hours are written, and how far ahead they must be right."""

    file: str
    """YAML, JSON or TOML file with the venues."""
    at: str = "venues"
    """The way to the mapping of venues."""
    horizon: int = 90
    """Days ahead that holidays and early closes must be listed for."""
    sessions: int = 365
    """Days ahead over which the usual hours are compared: a year holds both changes of the clocks."""

    def __post_init__(self) -> None:
        if not 1 <= self.horizon <= 400 or not 1 <= self.sessions <= 400:
            raise ValueError("horizon and sessions are days ahead, 1 to 400")


def observe(ctx: Context, params: Params) -> Found:
    """Every day on which the file and the exchange differ. Raises CannotTell."""
    venues = entries.load(ctx, params.file, params.at)
    today = ctx.now.date()
    findings: list[Finding] = []
    gaps: list[str] = []
    days = 0
    for venue in venues:
        exchange = calendar(venue.name)
        wanted = today + timedelta(days=params.sessions)
        last = min(wanted, exchange.last)
        if today + timedelta(days=params.horizon) > exchange.last or today < exchange.first:
            gaps.append(f"the calendar of {venue.name} ({exchange.source}) ends on {exchange.last}, before the horizon: use a newer prodready")
        if last > today:
            found, examined = compared(venue, exchange, today, last, today + timedelta(days=params.horizon))
            findings += found
            days += examined
    if not venues:
        raise CannotTell(f"{params.file} has no venue at {params.at}", "write one entry a venue, as 'prodready explain market_calendar' shows")
    names = ", ".join(venue.name for venue in venues)
    return Found(examined=days, findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=f"{days} days of {names} in {params.file}, from {today}"))


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="data")
