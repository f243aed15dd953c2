"""Any TCP service: it accepts a connection. The least that can be asked; the identity is the process's."""

from __future__ import annotations

from prodready.engine.sockets import connected
from prodready.engine.watch import Probe
from prodready.probes import Address


def probe(address: Address) -> Probe:
    """Connects."""

    def once(timeout: float) -> str:
        with connected(address.host, address.port, timeout):
            return ""

    return once


def tidy(address: Address) -> None:
    """Nothing was left behind."""
