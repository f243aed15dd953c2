"""Metrics in the text format of Prometheus, and a place where they are scraped. Standard library only: it runs inside of trading clients."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import urlsplit

WINDOW = 60.0
"""Seconds over which a highest value is told: venues count in seconds, scrapes come four times a minute."""


class Metrics(Protocol):
    """What can tell its metrics."""

    def text(self) -> str: ...


@dataclass(slots=True)
class Highest:
    """The highest value of the last minute. Memory for the moments at which it would fall, and no others."""

    seen: deque[tuple[float, float]] = field(default_factory=deque)
    """Moment and value, falling."""

    def note(self, now: float, value: float) -> None:
        """Takes a value of now."""
        while self.seen and self.seen[-1][1] <= value:
            self.seen.pop()
        self.seen.append((now, value))

    def value(self, now: float) -> float | None:
        """The highest; None when nothing came for a minute."""
        while self.seen and self.seen[0][0] < now - WINDOW:
            self.seen.popleft()
        return self.seen[0][1] if self.seen else None


def family(name: str, about: str, rows: Mapping[str, float]) -> str:
    """A metric with its series: ``{endpoint="…"}`` or nothing -> value. Empty without series."""
    if not rows:
        return ""
    kind = "counter" if name.endswith("_total") else "gauge"
    lines = "".join(f"{name}{labels} {value!r}\n" for labels, value in rows.items())
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n{lines}"


def label(name: str, value: str) -> str:
    """One label as a series writes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{{name}="{escaped}"}}'


def serve(metrics: Metrics, host: str = "127.0.0.1", port: int = 9464) -> ThreadingHTTPServer:
    """Serves ``/metrics`` from a thread of its own, until its ``shutdown()``; port 0 takes a free one. Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            body = metrics.text().encode() if urlsplit(self.path).path == "/metrics" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:  # a scrape is no news
            pass

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
