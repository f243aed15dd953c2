"""Timestamps in reports, read so that a doubt never makes a report look older than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

WEST_MOST = timedelta(hours=12)
"""A time without zone may be local to anywhere; in the west-most zone it means the latest moment."""


def latest(text: str) -> datetime | None:
    """The latest moment a timestamp can mean (ISO 8601, or seconds or milliseconds since 1970); None when it is none."""
    try:
        return _epoch(float(text)) if text.replace(".", "", 1).isdecimal() else _iso(text)
    except (ValueError, OverflowError, OSError):
        return None


def _epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, tz=UTC)


def _iso(text: str) -> datetime:
    stamp = datetime.fromisoformat(text)
    return stamp.replace(tzinfo=UTC) + WEST_MOST if stamp.tzinfo is None else stamp.astimezone(UTC)
