"""Writes ``sessions.json`` from the ``exchange_calendars`` package: run it in an environment with exactly that package, pinned.

uv run --no-project --with exchange_calendars==4.13.2 --with 'pandas<3' scripts/prodready/calendars/generate.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

FIRST, LAST = "2005-01-01", "2027-12-31"
TARGET = Path(__file__).with_name("sessions.json")


def main() -> None:
    """Writes one line a calendar, so that a change is a readable diff."""
    import exchange_calendars

    names = sorted(exchange_calendars.get_calendar_names(include_aliases=False))
    lines = [f" {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'), sort_keys=True)}" for name in names if (entry := described(name))]
    head = {"source": f"exchange_calendars {version('exchange_calendars')}", "first": FIRST}
    TARGET.write_text(json.dumps(head)[:-1] + ', "calendars": {\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


def described(name: str) -> dict[str, Any] | None:
    """The zone, the usual week and hours, and every day that differs."""
    import exchange_calendars
    import pandas as pd

    kind = type(exchange_calendars.get_calendar(name, start="2026-01-06"))
    start = max(pd.Timestamp(FIRST), kind.bound_min() or pd.Timestamp(FIRST))
    end = min(pd.Timestamp(LAST), kind.bound_max() or pd.Timestamp(LAST))
    schedule = kind(start=start, end=end).schedule
    zone = str(exchange_calendars.get_calendar(name, start="2026-01-06").tz)
    hours = [[_local(row[word], zone, day) for word in ("open", "close", "break_start", "break_end")] for day, row in schedule.iterrows()]
    days = [day.date() for day in schedule.index]
    eras = _eras(days, [tuple(part) for part in hours])
    weeks = _weeks(days)
    traded = set(days)
    every = [day.date() for day in pd.date_range(start, end)]
    return {
        "zone": zone, "first": every[0].isoformat(), "last": every[-1].isoformat(),
        "weeks": [[day.isoformat(), *part] for day, part in weeks],
        "hours": [[day.isoformat(), *part] for day, part in eras],
        "closed": [f"{day:%Y%m%d}" for day in every if day.weekday() in _at(weeks, day) and day not in traded],
        "extra": [f"{day:%Y%m%d}" for day in days if day.weekday() not in _at(weeks, day)],
        "special": {f"{day:%Y%m%d}": list(part) for day, part in zip(days, map(tuple, hours), strict=True) if part != _at(eras, day)},
    }  # fmt: skip


def _local(moment: Any, zone: str, day: Any) -> str:
    import pandas as pd

    if pd.isna(moment):
        return ""
    there = moment.tz_convert(zone)
    shift = (there.date() - day.date()).days
    return f"{there:%H:%M}" + (f"{shift:+d}" if shift else "")


def _at(eras: list[tuple[Any, Any]], day: Any) -> Any:
    return next((part for since, part in reversed(eras) if since <= day), eras[0][1])


def _weeks(days: list[Any]) -> list[tuple[Any, tuple[int, ...]]]:
    """Weekdays that trade and since when, looked at by the 60 sessions that follow."""
    eras: list[tuple[Any, tuple[int, ...]]] = []
    for index in range(max(1, len(days) - 60)):
        week = tuple(sorted({day.weekday() for day in days[index : index + 60]}))
        steady = all(sum(day.weekday() == one for day in days[index : index + 60]) > 4 for one in week)
        if steady and (not eras or (week != eras[-1][1] and days[index].weekday() in set(week) - set(eras[-1][1]) | {week[0]})):
            eras.append((days[index], week))
    return eras


def _eras(days: list[Any], hours: list[tuple[str, ...]]) -> list[tuple[Any, tuple[str, ...]]]:
    """Usual hours and since when: those that hold for most of the next 60 sessions."""
    from collections import Counter

    eras: list[tuple[Any, tuple[str, ...]]] = []
    for index in range(len(days)):
        if eras and hours[index] == eras[-1][1]:
            continue
        usual = Counter(hours[index : index + 60]).most_common(1)[0][0]
        if (not eras or usual != eras[-1][1]) and (hours[index] == usual or not eras):
            eras.append((days[index], usual))
    return eras


if __name__ == "__main__":
    main()
