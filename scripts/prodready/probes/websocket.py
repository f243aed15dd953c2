"""WebSocket (RFC 6455): a fresh handshake, and a ping that comes back with its own payload. The identity is the process's."""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from prodready.engine.sockets import Wire, connected
from prodready.engine.watch import Down, Probe
from prodready.probes import Address
from prodready.probes.http import answer

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PING, _PONG = 0x9, 0xA


def probe(address: Address) -> Probe:
    """Handshake, ping, pong; what the server says in between is passed over."""

    def once(timeout: float) -> str:
        with connected(address.host, address.port, timeout) as wire:
            if address.scheme == "wss":
                wire.secure(address.host)
            _shake_hands(wire, address)
            token = os.urandom(8)
            wire.send(_frame(_PING, token))
            while _next(wire) != (_PONG, token):
                continue
        return ""

    return once


def tidy(address: Address) -> None:
    """Nothing was left behind."""


def _shake_hands(wire: Wire, address: Address) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {address.path or '/'} HTTP/1.1", f"Host: {address.host}:{address.port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "User-Agent: prodready",
    )  # fmt: skip
    wire.send("\r\n".join((*lines, "", "")).encode("latin-1", "replace"))
    status, headers = answer(wire)
    expected = base64.b64encode(hashlib.sha1(f"{key}{_MAGIC}".encode(), usedforsecurity=False).digest()).decode()
    if status != "101" or headers.get("sec-websocket-accept") != expected:
        raise Down(f"it answered the handshake with {status or 'nothing'}")


def _frame(kind: int, payload: bytes) -> bytes:
    """A whole frame, masked as a client's must be."""
    mask = os.urandom(4)
    return struct.pack("!BB", 0x80 | kind, 0x80 | len(payload)) + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def _next(wire: Wire) -> tuple[int, bytes]:
    first, second = wire.exactly(2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(wire.exactly(2 if size == 126 else 8), "big")
    return first & 0x0F, wire.exactly(size)
