"""One server on loopback that says what its script tells it to, whatever is asked: HTTP and other protocols over TCP, and UDP at the same port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE = 30.0
"""Seconds that a drip lasts, when nobody leaves it."""


@dataclass(frozen=True, slots=True)
class Drip:
    """What is said at once, and what then comes byte by byte."""

    first: bytes = b""
    then: bytes = b" "


Said = bytes | Drip
Script = Callable[[bytes], Said]
"""What was asked -> what is said."""


def http(status: int, body: bytes = b"", *, more: int = 0) -> bytes:
    """An answer of HTTP; ``more`` bytes of the body are promised and never come."""
    return f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {len(body) + more}\r\nConnection: close\r\n\r\n".encode() + body


def path(asked: bytes) -> str:
    """The path of a request of HTTP."""
    return asked.split(b" ", 2)[1].split(b"?")[0].decode()


@dataclass(slots=True)
class Scripted:
    """Where it is, and whether somebody waited for the end of a drip."""

    port: int
    script: Script
    datagram: Script | None = None
    drips: int = 0
    waited: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    def client(self, sock: socket.socket) -> None:
        """One connection: what comes is read whole, so that closing it takes nothing back that was said."""
        with sock, suppress(OSError):
            asked = _asked(sock)
            if not asked:
                return
            said = self.script(asked)
            sock.sendall(said.first if isinstance(said, Drip) else said)
            if isinstance(said, Drip):
                self.drip(sock, said)
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(5)
            while sock.recv(65536):
                pass

    def drip(self, sock: socket.socket, said: Drip) -> None:
        """A byte now and then, until the client leaves."""
        self.drips += 1
        for number in range(int(PATIENCE / 0.02)):
            if self.over.wait(0.02):
                return
            sock.sendall(said.then[number % len(said.then) :][:1])
        self.waited = True

    def take(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self.client, args=(server.accept()[0],), daemon=True).start()

    def answer(self, datagrams: socket.socket) -> None:
        with suppress(OSError):
            while self.datagram:
                asked, who = datagrams.recvfrom(4096)
                said = self.datagram(asked)
                datagrams.sendto(said if isinstance(said, bytes) else b"", who)


def _asked(sock: socket.socket) -> bytes:
    """A whole request of HTTP, or the first words of another protocol."""
    data = sock.recv(65536)
    while data[:1].isupper() and b" HTTP/1." in data:
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if b"\r\n\r\n" in data and len(body) >= length:
            break
        more = sock.recv(65536)
        if not more:
            break
        data += more
    return data


@contextmanager
def serving(script: Script, *, datagram: Script | None = None) -> Iterator[Scripted]:
    """The server, until the end of the block."""
    with _both() as (server, datagrams):
        scripted = Scripted(port=server.getsockname()[1], script=script, datagram=datagram)
        threading.Thread(target=scripted.take, args=(server,), daemon=True).start()
        threading.Thread(target=scripted.answer, args=(datagrams,), daemon=True).start()
        try:
            yield scripted
        finally:
            scripted.over.set()
            server.shutdown(socket.SHUT_RDWR)


@contextmanager
def _both() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A port that is free for both kinds."""
    while True:
        with socket.create_server(("127.0.0.1", 0), backlog=100) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            try:
                datagrams.bind(server.getsockname())
            except OSError:
                continue
            yield server, datagrams
            return
