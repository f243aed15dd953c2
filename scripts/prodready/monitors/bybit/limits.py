"""What Bybit says about its rate limit with each answer, as metrics. Standard library only: it runs inside of trading clients.

``X-Bapi-Limit`` is how many requests an endpoint takes in a second, ``X-Bapi-Limit-Status`` how many of them **remain**; so use = 1 - status / limit
(https://bybit-exchange.github.io/docs/v5/rate-limit). A second is far shorter than a scrape, so the metric is the highest use of the last minute.

In a client of yours, with pybit, requests or httpx:

    meter = Meter()
    session = pybit.unified_trading.HTTP(...)
    session.client.hooks["response"].append(meter.saw)     # httpx: event_hooks={"response": [meter.saw]}
    prodready.monitors.exposition.serve(meter, "127.0.0.1", 9464)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from prodready.monitors.exposition import Highest, family, label

MOST = 100
"""Endpoints that are told apart; more would be a mistake of a client, and each is a time series."""
_PATH = re.compile(r"/v5/[a-z0-9/-]{1,60}")
_TOO_MANY = re.compile(rb'"retCode"\s*:\s*10006\b')


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one answer says."""

    limit: int
    """Requests that the endpoint takes in a second."""
    remaining: int
    """Requests of them that are left."""

    @property
    def use(self) -> float:
        """The part that is used, 0 to 1. Exactly 0.7 for 3 left of 10, so that a bound means what it says."""
        return (self.limit - self.remaining) / self.limit


def limit_of(headers: Mapping[str, str]) -> Limit | None:
    """The limit that an answer tells; None where it tells none, or nonsense: not every endpoint does."""
    given = {str(name).lower(): str(value).strip() for name, value in headers.items()}
    limit, remaining = given.get("x-bapi-limit", ""), given.get("x-bapi-limit-status", "")
    if not (limit.isdecimal() and remaining.isdecimal()) or not 0 < int(limit) < 1_000_000 or int(remaining) > int(limit):
        return None
    return Limit(limit=int(limit), remaining=int(remaining))


@dataclass(slots=True)
class _Endpoint:
    last: Limit | None = None
    uses: Highest = field(default_factory=Highest)
    exceeded: int = 0
    silent: int = 0


class Meter:
    """Collects what answers say. Thread-safe; ``saw`` never raises, since a monitor must not stop trading."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}
        self._told = 0.0
        self._faults = 0
        self.up: bool | None = None
        """How the last probe ended; None where nobody probes."""

    def saw(self, response: Any, *args: object, **words: object) -> None:
        """Takes an answer of requests or httpx, as their hooks hand it on."""
        try:
            body = response.read() if hasattr(response, "read") else response.content  # httpx reads when told to, requests by itself
            exceeded = bool(_TOO_MANY.search(body[:200]))
            self.note(urlsplit(str(response.url)).path, response.headers, exceeded=exceeded)
        except Exception:  # noqa: BLE001 - whatever it is, the client's own work goes on
            with self._lock:
                self._faults += 1

    def note(self, path: str, headers: Mapping[str, str], *, exceeded: bool = False) -> Limit | None:
        """Takes the headers of an answer of that path; gives what they tell."""
        limit, now = limit_of(headers), self._clock()
        with self._lock:
            name = path if _PATH.fullmatch(path) and (path in self._endpoints or len(self._endpoints) < MOST) else "other"
            endpoint = self._endpoints.setdefault(name, _Endpoint())
            endpoint.exceeded += exceeded
            endpoint.silent += limit is None
            if limit:
                endpoint.last, self._told = limit, now
                endpoint.uses.note(now, limit.use)
        return limit

    def text(self) -> str:
        """The metrics in the text format of Prometheus. An endpoint that nobody asked for a minute has no use, rather than an old one."""
        with self._lock:
            rows = {name: self._values(name, self._clock()) for name in METRICS}
        return "".join(family(name, about, rows[name]) for name, about in METRICS.items())

    def _values(self, metric: str, now: float) -> dict[str, float]:
        alone = {"bybit_api_limit_last_push_timestamp_seconds": self._told or None, "bybit_monitor_faults_total": self._faults, "bybit_probe_up": self.up}
        if metric in alone:
            value = alone[metric]
            return {} if value is None else {"": float(value)}
        told = {label("endpoint", name): _READ[metric](one, now) for name, one in sorted(self._endpoints.items())}
        return {labels: value for labels, value in told.items() if value is not None}


_READ: Mapping[str, Callable[[_Endpoint, float], float | None]] = {
    "bybit_api_limit_utilisation_ratio": lambda one, now: one.uses.value(now),
    "bybit_api_limit": lambda one, now: one.last.limit if one.last else None,
    "bybit_api_limit_remaining": lambda one, now: one.last.remaining if one.last else None,
    "bybit_api_limit_exceeded_total": lambda one, now: one.exceeded,
    "bybit_api_limit_headers_missing_total": lambda one, now: one.silent,
}
METRICS: Mapping[str, str] = {
    "bybit_api_limit_utilisation_ratio": "Highest use of the rate limit in the last minute: 1 - X-Bapi-Limit-Status / X-Bapi-Limit.",
    "bybit_api_limit": "Requests that the endpoint takes in a second (X-Bapi-Limit).",
    "bybit_api_limit_remaining": "Requests left at the last answer (X-Bapi-Limit-Status).",
    "bybit_api_limit_exceeded_total": "Answers that said 10006, too many visits.",
    "bybit_api_limit_headers_missing_total": "Answers that told no limit.",
    "bybit_api_limit_last_push_timestamp_seconds": "When an answer told a limit for the last time.",
    "bybit_monitor_faults_total": "Answers that could not be read.",
    "bybit_probe_up": "Whether the last probe was answered with a limit.",
}
"""Name -> what it is."""
