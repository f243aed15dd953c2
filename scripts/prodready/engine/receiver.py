"""A receiver of webhooks for the time of a drill: it keeps what is posted to it, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from msgspec import Struct

from prodready.check import CannotTell

LIMIT = 1024 * 1024
"""Bytes of a message."""
MOST = 1000
"""Messages that are kept."""


class Message(Struct, frozen=True, kw_only=True):
    """One that was posted."""

    at: float
    """Monotonic seconds."""
    text: str


class Receiver:
    """Listens from entering until leaving it."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self._listen, self._messages, self._lock = listen, list[Message](), threading.Lock()

    def __enter__(self) -> Self:
        host, _, port = self._listen.rpartition(":")
        try:
            self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), self._handler())
        except OSError as error:
            raise CannotTell(f"no webhook can be received on {self._listen}: {error.strerror}", "choose a free port in 'listen'") from None
        self._server.daemon_threads = True
        self._server.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address on this machine."""
        host, port = self._server.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}"

    @property
    def messages(self) -> Sequence[Message]:
        """All so far."""
        with self._lock:
            return tuple(self._messages)

    def _keep(self, body: bytes) -> None:
        with self._lock:
            if len(self._messages) < MOST:
                self._messages.append(Message(at=time.monotonic(), text=body.decode("utf-8", "replace")))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_POST(self) -> None:
                size = self.headers.get("Content-Length", "")
                small = size.isdecimal() and int(size) <= LIMIT
                if small:
                    keep(self.rfile.read(int(size)))
                self.send_response(200 if small else 413)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        return Handler
