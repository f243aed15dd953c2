"""Time stamps as Go programs write them."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(stamp: str) -> datetime:
    """The moment; Go writes nanoseconds, which Python does not read. Raises ValueError."""
    head, dot, tail = stamp.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    moment = datetime.fromisoformat(f"{head}{dot}{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}" if dot else stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
