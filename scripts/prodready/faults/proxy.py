"""A TCP proxy between the system under test and what it connects to, which can cut: the way to an exchange's socket that works everywhere.

The system is pointed at the proxy's address for the time of the drill. Service, seen from here, is an open connection over which the other side
has delivered something since the cut. Who answers is the number of the connection: a client that reconnects makes a new one.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from prodready.check import CannotTell
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.engine.watch import Down

Mode = Literal["reset", "black_hole", "refuse", "latency"]


@dataclass(slots=True, eq=False)
class _Pair:
    """One connection, both ends."""

    number: int
    client: socket.socket
    server: socket.socket
    delivered: int = 0
    cut: bool = False
    open: bool = True

    def pump(self, source: socket.socket, sink: socket.socket, pause: Callable[[], None], *, inward: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.cut:
                    continue  # swallowed: a black hole takes everything and says nothing
                pause()
                sink.sendall(data)
                self.delivered += len(data) if inward else 0
        if not self.cut:
            self.close()

    def reset(self) -> None:
        """Ends both with a RST."""
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.open = False
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                end.close()


@dataclass(slots=True, kw_only=True)
class Proxy:
    """The proxy, as a fault and as what is probed."""

    listen: tuple[str, int]
    upstream: tuple[str, int]
    mode: Mode
    lasts: float = 1.0
    """Seconds for which ``refuse`` refuses new connections, and ``latency`` holds back what comes."""
    delay: float = 1.0
    """Seconds by which ``latency`` does."""
    _pairs: list[_Pair] = field(default_factory=list)
    _listener: socket.socket | None = None
    _until: float = 0.0
    _held: int = 0
    """How much was held back."""

    @property
    def renews(self) -> bool:
        """A connection that was cut does not come back; another one does. One that was slow may go on."""
        return self.mode != "latency"

    @property
    def about(self) -> str:
        """The cut, in words."""
        return f"{self.mode.replace('_', ' ')} on every connection to {self.upstream[0]}:{self.upstream[1]} through {self.listen[0]}:{self.listen[1]}"

    def __enter__(self) -> Self:
        try:
            self._listener = socket.create_server(self.listen)
        except OSError as error:
            raise CannotTell(f"the proxy cannot listen on {self.listen[0]}:{self.listen[1]}: {error.strerror}", "choose a free port in 'proxy'") from None
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for pair in self._pairs:
            pair.close()

    def probe(self, timeout: float) -> str:
        """The latest connection over which something came. Raises Down."""
        if self.mode == "latency" and self._held and time.monotonic() < self._until:
            raise Down(f"what comes is held back by {self.delay:g} s")
        alive = [pair.number for pair in self._pairs if pair.open and not pair.cut and pair.delivered]
        if not alive:
            raise Down("no connection delivers anything")
        return f"connection {max(alive)}"

    def prepare(self) -> Sequence[Undo]:
        """Nothing outlives the proxy."""
        return ()

    def identity(self) -> str:
        """The probes tell it."""
        return ""

    def strike(self) -> Struck:
        """Cuts every connection there is."""
        before = time.monotonic()
        if self.mode in ("refuse", "latency"):
            self._until = before + self.lasts
        for pair in self._pairs if self.mode != "latency" else ():
            if self.mode == "black_hole":
                pair.cut = True
            else:
                pair.reset()
        return Struck(before=before, after=time.monotonic())

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            if self.mode == "refuse" and time.monotonic() < self._until:
                raise ConnectionRefusedError
            server = socket.create_connection(self.upstream, timeout=10)
            server.settimeout(None)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            return
        pair = _Pair(len(self._pairs) + 1, client, server)
        self._pairs.append(pair)
        threading.Thread(target=pair.pump, args=(client, server, self._pause), kwargs={"inward": False}, daemon=True).start()
        pair.pump(server, client, self._pause, inward=True)

    def _pause(self) -> None:
        """Holds back what has come, while that is the fault."""
        if self.mode == "latency" and time.monotonic() < self._until:
            self._held += 1
            time.sleep(self.delay)
