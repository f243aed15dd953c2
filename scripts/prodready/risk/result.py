"""What a replay comes to, before the drill makes an observation and a record of it."""

from __future__ import annotations

from msgspec import Struct, field

from prodready.model import Finding


class Result(Struct, frozen=True, kw_only=True):
    """What was looked at, what is wrong, and what could not be seen."""

    examined: int
    """Sessions, orders or matrices that were judged."""
    source: str
    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    """For the record, as plain data."""
    sha256: str = ""
    """Of the market data."""
