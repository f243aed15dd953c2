"""The frames of the TWS API: a length of four bytes, then fields that each end in NUL. Server versions up to 176 write all their messages so."""

from __future__ import annotations

import struct
from collections.abc import Iterable

OFFERED = b"v100..176"
"""The versions that are offered: 176 is what API 10.19 and newer speak at least, and the last before protobuf; a server answers with the lower of both."""
MOST = 1 << 24
"""Bytes of one message; more is no message."""


def message(*fields: object) -> bytes:
    """A message of these fields, framed."""
    return framed(b"".join(str(field).encode() + b"\0" for field in fields))


def framed(body: bytes) -> bytes:
    """The body behind its length."""
    return struct.pack("!I", len(body)) + body


def length(head: bytes) -> int:
    """The length in four bytes. Raises ValueError for one that no message has."""
    (size,) = struct.unpack("!I", head)
    if not 0 < size < MOST:
        raise ValueError(f"a message of {size} bytes: it does not speak the API of TWS")
    return int(size)


def fields(body: bytes) -> list[str]:
    """The fields of a message."""
    return body.decode("utf-8", "replace").split("\0")[:-1] if body.endswith(b"\0") else body.decode("utf-8", "replace").split("\0")


def greeting() -> bytes:
    """What a client says first."""
    return b"API\0" + framed(OFFERED)


def contract(symbol: str, kind: str, exchange: str, currency: str) -> Iterable[object]:
    """The fields that name a contract in a request for market data."""
    return (0, symbol, kind, "", 0.0, "", "", exchange, "", currency, "", "")
