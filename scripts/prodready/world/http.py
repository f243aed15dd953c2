"""Bounded HTTP: one deadline for the whole exchange, no answer is CannotTell and never an empty success."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Answer, HttpRequest

DEADLINE = 20.0
LIMIT = 16 * 1024 * 1024


class RealHttp(Struct, frozen=True, kw_only=True):
    """HTTP over the machine's network; proxies and certificates are taken from the environment, as everywhere."""

    offline: bool = False

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, deadline: float = DEADLINE, limit: int = LIMIT) -> Answer:
        """The answer to a plain GET. Raises CannotTell likewise."""
        return self.send(HttpRequest(url=url, headers=headers or {}, deadline=deadline, limit=limit))

    def send(self, request: HttpRequest) -> Answer:
        """The answer, whatever its status. Raises CannotTell when none came within the request's deadline and limit."""
        from prodready.world import exchange as exchanges  # the protocol takes a tenth of a second to load, and most runs ask nobody

        where = exchanges.place(request.url)
        if self.offline:
            raise CannotTell(f"{where} was not asked: this run is offline", "run without --offline")
        exchange = exchanges.Exchange(request=request, ends=time.monotonic() + request.deadline)
        # A thread, since only leaving it behind bounds name resolution and a server that drips its headers.
        worker = threading.Thread(target=exchange.run, daemon=True)
        worker.start()
        worker.join(request.deadline)
        if exchange.answer is None:
            why = exchange.failure or f"nothing complete came within {request.deadline:g} s"
            raise CannotTell(f"{where} did not answer: {why}", "see that it runs and that this machine may reach it")
        return exchange.answer
