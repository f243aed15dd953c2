"""Cuts this machine off from a host and port for a while, by rules of nftables of its own: the service under test stays untouched and must get over it."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.names import shown

DEADLINE = 10.0
"""Seconds that nft may take."""
_VERDICTS = {"reset": "reject with tcp reset", "refuse": "reject with tcp reset", "black_hole": "drop"}


@dataclass(slots=True, kw_only=True)
class Firewall:
    """The cut; it ends by itself, and with the drill however that ends."""

    ground: Ground
    host: str
    port: int
    cut: Literal["reset", "refuse", "black_hole"]
    lasts: float
    """Seconds."""
    _table: str = field(default_factory=lambda: f"prodready_{os.urandom(4).hex()}")
    _rules: str = ""

    @property
    def renews(self) -> bool:
        """Whoever was cut off may go on as it is."""
        return False

    @property
    def about(self) -> str:
        """The cut, in words."""
        return f"{'drop' if self.cut == 'black_hole' else 'reset'} what goes to {shown(self.host)}:{self.port}, for {self.lasts:g} s"

    @property
    def lifted(self) -> tuple[str, ...]:
        """The command that takes the rules away, whether they are there or not."""
        return ("nft", f"add table inet {self._table}; delete table inet {self._table}")

    def prepare(self) -> Sequence[Undo]:
        """Finds the addresses, and whether rules can be made. Raises CannotTell."""
        try:
            found = {str(place[4][0]) for place in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise CannotTell(f"{shown(self.host)} has no address: {error}", "mend 'firewall'") from None
        lines = [f"add table inet {self._table}"]
        for hook in ("output", "forward"):  # from this machine, and from its containers
            lines.append(f"add chain inet {self._table} {hook} {{ type filter hook {hook} priority -10; }}")
            for address in sorted(found):
                family = "ip6" if ipaddress.ip_address(address).version == 6 else "ip"
                lines.append(f"add rule inet {self._table} {hook} {family} daddr {address} tcp dport {self.port} {_VERDICTS[self.cut]}")
        self._rules = "; ".join(lines)
        self._nft("--check", self._rules)
        return (Undo(what=f"take the rules of {self._table} away", argv=self.lifted),)

    def strike(self) -> Struck:
        """Makes the rules; they are gone after ``lasts``. Raises CannotTell."""
        before = time.monotonic()
        self._nft(self._rules)
        after = time.monotonic()
        lift = threading.Timer(self.lasts, lambda: self.ground.act(self.lifted, deadline=DEADLINE))
        lift.daemon = True
        lift.start()
        return Struck(before=before, after=after)

    def identity(self) -> str:
        """The probes tell it."""
        return ""

    def _nft(self, *words: str) -> None:
        told = self.ground.act(("nft", *words), deadline=DEADLINE)
        if told.code:
            raise CannotTell(f"nft ended with {told.code}: {told.last}", "run the drill as root, on a kernel with nftables")
