"""When a document was last changed or reviewed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from prodready import expectation
from prodready.check import CannotTell
from prodready.context import Context
from prodready.names import shown

TOMORROW = timedelta(days=1)
_REVIEWED = re.compile(r"(?:last[ -]reviewed|reviewed(?: on)?|last[ -]review)[*_\s]{0,5}:[*_\s]{0,5}(?P<date>\d{4}-\d{2}-\d{2})", re.IGNORECASE)


def limit(text: str) -> timedelta | None:
    """``180 d`` as a length of time, None when empty. Raises ValueError."""
    if not text:
        return None
    bound = expectation.parse(f"<= {text}")
    if not isinstance(bound, expectation.Bound) or bound.unit != "s":
        raise ValueError(f"{text!r} is no duration: write for example '180 d'")
    return timedelta(seconds=bound.limit)


def reviewed(text: str) -> datetime | None:
    """The latest valid date of a ``Last reviewed: 2026-01-31`` line."""
    dates = (_date(match["date"]) for match in _REVIEWED.finditer(text))
    return max(filter(None, dates), default=None)


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def committed(ctx: Context, path: str, instead: datetime | None) -> datetime | None:
    """When the last commit touched the file; None for one that is not committed yet. Raises CannotTell where neither history nor a line says so."""
    history = ctx.repo.history
    if history is None or history.shallow:
        if instead:
            return None
        why = "this is a shallow clone, in which every file looks new" if history else "this is no git checkout"
        remedy = "set 'fetch-depth: 0' on actions/checkout, or write 'Last reviewed: YYYY-MM-DD' into it"
        raise CannotTell(f"the age of {shown(path)} is not known: {why}", remedy)
    if not history.head:
        return None
    stamp = ctx.repo.git("log", "-1", "--format=%cI", "HEAD", "--", f"{history.prefix}{path}").strip()
    return datetime.fromisoformat(stamp) if stamp else None
