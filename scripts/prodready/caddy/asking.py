"""The ``ask`` endpoint of a rehearsal: writes down every question and its answer, and passes it on to whoever is to decide."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

STUB = "X-Prodready-Stub"
"""Marks answers of a handler that the rehearsal has replaced."""
PATIENCE = 15.0


class Recorder(ThreadingHTTPServer):
    """Listens on loopback; ``log`` holds (domain, status) in the order they were asked."""

    daemon_threads = True

    def __init__(self, endpoint: str, upstream: int, allowed: Sequence[str]) -> None:
        """``upstream`` is the port of the service that decides; 0 lets a stand-in allow ``allowed`` and nothing else."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint, self.upstream, self.allowed = endpoint, upstream, frozenset(allowed)
        self.log: list[dict[str, Any]] = []
        self.stood_in = upstream == 0
        self.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def decide(self, query: str, domain: str) -> int:
        """The status of the service that decides; 504 when it does not answer."""
        if self.upstream:
            status = self._asked(query)
            if status is not None:
                return status
            self.stood_in = True
        return 200 if domain.lower() in self.allowed else 403

    def _asked(self, query: str) -> int | None:
        """None when a stub answered, which knows nothing."""
        parts = urlsplit(self.endpoint)
        given = parse_qs(parts.query)
        asked = urlencode({**given, **parse_qs(query)}, doseq=True)
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=PATIENCE)
        try:
            connection.request("GET", f"{parts.path or '/'}?{asked}", headers={"Host": parts.netloc, "User-Agent": "Caddy"})
            answer = connection.getresponse()
            return None if answer.getheader(STUB) else answer.status
        except (OSError, http.client.HTTPException):
            return 504
        finally:
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A Caddy that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        query = urlsplit(self.path).query
        domain = parse_qs(query).get("domain", [""])[0]
        status = self.server.decide(query, domain)
        self.server.log.append({"domain": domain, "status": status})
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is printed: the account is JSON."""


class Manager(ThreadingHTTPServer):
    """A certificate manager (``get_certificate http``) that has none to give: 204, as Caddy's documentation says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _NoCertificate)
        self.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _NoCertificate(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is printed: the account is JSON."""
