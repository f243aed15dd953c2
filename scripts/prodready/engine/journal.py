"""The log of one drill: what was done and seen, when; secrets never reach it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

Phase = Literal["baseline", "inject", "observe", "recovered", "restore", "note"]
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@]*@", re.IGNORECASE)


class Event(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    at: float
    """Seconds since the drill began, on the monotonic clock."""
    phase: str
    what: str


@dataclass(slots=True)
class Journal:
    """Collects events; the wall clock is read once, durations come from the monotonic one."""

    tell: Callable[[Event], None] = lambda event: None
    """Called with each event: shows progress."""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    origin: float = field(default_factory=time.monotonic)
    events: list[Event] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)
    """Values that are masked wherever they would appear."""

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.origin

    def note(self, phase: Phase, what: str, *, at: float | None = None) -> None:
        """Adds a line; ``at`` is a moment of the monotonic clock, now when None."""
        moment = time.monotonic() if at is None else at
        event = Event(at=max(0.0, moment - self.origin), phase=phase, what=self.masked(what))
        self.events.append(event)
        self.tell(event)

    def masked(self, text: str) -> str:
        """The text without the secrets of this drill and without passwords in addresses."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return _USERINFO.sub(r"\1***@", text)

    def clean(self, data: Any) -> Any:
        """Plain data with every text in it masked."""
        if isinstance(data, str):
            return self.masked(data)
        if isinstance(data, Mapping):
            return {str(key): self.clean(value) for key, value in data.items()}
        return [self.clean(part) for part in data] if isinstance(data, list | tuple) else data
