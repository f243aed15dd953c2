"""By when an item must hold: a day, or so long after its list began; and what is late."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from prodready.model import Outcome, Status
from prodready.names import counted, few

_LENGTH = re.compile(r"(?P<number>\d{1,4})\s*(?P<unit>h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 168}
_OPEN = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING)


def dated(due: str, started: date | None) -> str:
    """``24h`` of a list that began on a day becomes ``2026-11-02 (24h)``; everything else stays as it is."""
    length = _LENGTH.fullmatch(due.strip())
    if length is None or started is None:
        return due
    hours = int(length["number"]) * _HOURS[length["unit"][0].lower()]
    return f"{started + timedelta(days=-(-hours // 24))} ({due})"


def day(due: str) -> date | None:
    """The day in a due date; None when it names none."""
    try:
        return date.fromisoformat(due[:10])
    except ValueError:
        return None


def overdue(outcomes: Iterable[Outcome], today: date) -> tuple[str, ...]:
    """A line for each owner and day that passed while items are open."""
    late: dict[tuple[date, str], list[str]] = {}
    for outcome in outcomes:
        due = day(outcome.item.due)
        if due and due < today and outcome.status in _OPEN:
            late.setdefault((due, outcome.item.owner), []).append(outcome.item.id)
    return tuple(_line(due, owner, ids, today) for (due, owner), ids in sorted(late.items()))


def _line(due: date, owner: str, ids: list[str], today: date) -> str:
    whose = f" of {owner}" if owner else ""
    return f"overdue for {counted((today - due).days, 'day')}, since {due}: {counted(len(ids), 'item')}{whose} ({few(ids)})"
