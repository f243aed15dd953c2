"""One connection with one deadline for all it does: a probe that drips bytes is over in time."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

LIMIT = 1024 * 1024
"""Bytes a probe may be sent."""


@dataclass(slots=True)
class Wire:
    """A connected socket; every operation takes what is left of its time."""

    sock: socket.socket
    end: float
    """Monotonic seconds."""
    rest: bytes = b""
    taken: int = 0
    limit: int = LIMIT

    def send(self, data: bytes) -> None:
        """Sends all. Raises OSError."""
        self._hurry()
        self.sock.sendall(data)

    def exactly(self, size: int) -> bytes:
        """That many bytes. Raises OSError, EOFError."""
        while len(self.rest) < size:
            self._more()
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def line(self, ending: bytes = b"\r\n") -> bytes:
        """Up to the ending, without it. Raises OSError, EOFError."""
        while ending not in self.rest:
            self._more()
        part, _, self.rest = self.rest.partition(ending)
        return part

    def remainder(self) -> bytes:
        """All that comes until the other side closes. Raises OSError."""
        with suppress(EOFError):
            while True:
                self._more()
        return self.rest

    def secure(self, host: str) -> None:
        """Goes on in TLS, verified. Raises OSError."""
        self._hurry()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)

    def _more(self) -> None:
        self._hurry()
        part = self.sock.recv(65536)
        self.taken += len(part)
        if not part:
            raise EOFError("the connection was closed")
        if self.taken > self.limit:
            raise OSError("the answer is longer than any should be")
        self.rest += part

    def _hurry(self) -> None:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self.sock.settimeout(left)


@contextmanager
def connected(host: str, port: int, timeout: float, *, limit: int = LIMIT) -> Iterator[Wire]:
    """A fresh connection for at most ``timeout`` seconds in all. Raises OSError."""
    end = time.monotonic() + timeout
    with socket.create_connection((host, port), timeout=timeout) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock, end, limit=limit)
        yield wire
        if wire.sock is not sock:
            wire.sock.close()
