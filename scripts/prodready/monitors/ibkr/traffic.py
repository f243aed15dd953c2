"""What goes over a session with TWS or Gateway, counted frame by frame: the length before each message makes counting exact."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from prodready.ibkr import wire
from prodready.monitors.exposition import Highest, family, label

MOST = 200
"""Contracts, accounts and codes that are told apart."""
_TEXT = range(1, 201)
"""Server versions whose messages are text throughout."""
TOLD = ("100", "354")
"""Errors that alerts look at: they count from 0, since Prometheus sees no increase in a series that begins at 1."""
METRICS = {
    "ibkr_connected": "Whether a client is logged in through the relay.",
    "ibkr_messages_per_second": "Most messages from clients in any second of the last minute; beyond 50 the gateway drops the session.",
    "ibkr_messages_total": "Messages, by where they went.",
    "ibkr_last_tick_timestamp_seconds": "When the last price of a contract came.",
    "ibkr_nav_timestamp_seconds": "When the last NetLiquidation of an account came.",
    "ibkr_errors_total": "Errors that the gateway told, by code; 100 is pacing.",
}


class Traffic:
    """The counts of every session through one relay. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._second: deque[float] = deque()
        self._rate = Highest()
        self._rows: dict[str, dict[str, float]] = {name: {} for name in METRICS}
        self._rows["ibkr_errors_total"] = {label("code", code): 0.0 for code in TOLD}
        self.sessions = 0

    def sent(self) -> int:
        """A message of a client; gives how many it is in this second."""
        with self._lock:
            now = self._clock()
            self._second.append(now)
            while self._second[0] <= now - 1:
                self._second.popleft()
            self._rate.note(now, len(self._second))
            self._count("ibkr_messages_total", label("to", "gateway"))
            return len(self._second)

    def came(self, row: list[str], contracts: dict[str, str]) -> None:
        """A message of the gateway; ``contracts`` are the symbols of the session's requests."""
        with self._lock:
            self._count("ibkr_messages_total", label("to", "client"))
            match row:
                case ["1" | "2" | "45" | "46" | "57", _, request, *_]:
                    self._stamp("ibkr_last_tick_timestamp_seconds", label("symbol", contracts.get(request, "other")))
                case ["6", _, "NetLiquidation", _, _, account, *_] | ["63", _, _, account, "NetLiquidation", *_]:
                    self._stamp("ibkr_nav_timestamp_seconds", label("account", f"{account[:2]}…{account[-2:]}"))
                case ["4", _, _, code, *_] if code.isdecimal() and not 2100 <= int(code) < 2170:
                    self._count("ibkr_errors_total", label("code", code))

    def text(self) -> str:
        """The metrics in the text format of Prometheus."""
        with self._lock:
            now = self._clock()
            self._rows["ibkr_connected"] = {"": float(self.sessions > 0)}
            self._rows["ibkr_messages_per_second"] = {"": self._rate.value(now) or 0.0}
            return "".join(family(name, about, self._rows[name]) for name, about in METRICS.items())

    def _count(self, name: str, labels: str) -> None:
        rows = self._rows[name]
        if labels in rows or len(rows) < MOST:
            rows[labels] = rows.get(labels, 0) + 1

    def _stamp(self, name: str, labels: str) -> None:
        rows = self._rows[name]
        if labels in rows or len(rows) < MOST:
            rows[labels] = self._clock()


def told(body: bytes, version: int) -> list[str]:
    """The fields of a message where this version writes text, else none: newer ones write protobuf, which is counted and not read."""
    return wire.fields(body) if version in _TEXT else []
