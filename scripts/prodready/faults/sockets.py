"""Cuts the connections that this machine has to a host and port, by ``ss -K``: the system's own, found by their local ports."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.engine.watch import Down


class Sockets(Struct, frozen=True, kw_only=True):
    """The cut, and the probe: who has a connection is named by its local port."""

    ground: Ground
    host: str
    port: int

    @property
    def renews(self) -> bool:
        """A connection that was cut does not come back; another one does."""
        return True

    @property
    def about(self) -> str:
        """The command."""
        return f"ss -K dst {self.host} dport = :{self.port}"

    def probe(self, timeout: float) -> str:
        """The local ports of the connections. Raises Down when there is none."""
        if not (ports := self._ports(())):
            raise Down(f"this machine has no connection to {self.host}:{self.port}")
        return f"local port {', '.join(ports)}"

    def prepare(self) -> Sequence[Undo]:
        """Nothing is left to restore."""
        return ()

    def identity(self) -> str:
        """The probes tell it."""
        return ""

    def strike(self) -> Struck:
        """Cuts. Raises CannotTell where the kernel or the rights do not let it."""
        before = time.monotonic()
        held = set(self._ports(()))
        killed = set(self._ports(("--kill",)))
        if not held <= killed:
            raise CannotTell("ss -K did not cut the connections", "run the drill as root, on a kernel with CONFIG_INET_DIAG_DESTROY")
        return Struck(before=before, after=time.monotonic())

    def _ports(self, options: tuple[str, ...]) -> list[str]:
        words = ("ss", "-Htn", *options, "state", "established", "dst", self.host, "dport", "=", f":{self.port}")
        told = self.ground.act(words, deadline=10.0)
        if told.code:
            raise CannotTell(f"ss ended with {told.code}: {told.last}", "install iproute2, and see that the address is one")
        return sorted(line.split()[2].rpartition(":")[2] for line in told.output.splitlines() if len(line.split()) >= 4)
