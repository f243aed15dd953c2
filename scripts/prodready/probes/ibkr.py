"""Interactive Brokers' TWS and Gateway: the handshake of the API and the accounts that follow it. ``?client=77`` is the client id to use."""

from __future__ import annotations

import struct

from prodready.engine.sockets import Wire, connected
from prodready.engine.watch import Down, Probe
from prodready.probes import Address

_MANAGED_ACCOUNTS, _START_API, _ITS_VERSION = b"15", b"71", b"2"
"""Messages by their numbers."""


def probe(address: Address) -> Probe:
    """Version exchange, START_API, managed accounts. Never an order."""
    client = int(address.query.get("client", "777"))

    def once(timeout: float) -> str:
        with connected(address.host, address.port, timeout) as wire:
            wire.send(b"API\0" + _message(b"v100..176"))
            version, _, _ = _receive(wire).partition(b"\0")
            if not version.isdigit():
                raise Down("it does not answer the handshake of the API")
            wire.send(_message(b"\0".join((_START_API, _ITS_VERSION, str(client).encode(), b"", b""))))
            while (fields := _receive(wire).split(b"\0"))[0] != _MANAGED_ACCOUNTS:
                continue
        if not any(fields[2:]):
            raise Down("it names no account: nobody is logged in")
        return ""

    return once


def tidy(address: Address) -> None:
    """Nothing was left behind."""


def _message(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def _receive(wire: Wire) -> bytes:
    (size,) = struct.unpack("!I", wire.exactly(4))
    return wire.exactly(size)
