"""Redis: a key is written, read back, and the server's run id tells who did it. RESP 2 on a raw socket: a client library would hide the outage by retrying."""

from __future__ import annotations

import re

from prodready.engine.sockets import Wire, connected
from prodready.engine.watch import Down, Probe
from prodready.probes import Address, token

_RUN_ID = re.compile(rb"^run_id:(\w+)\r?$", re.MULTILINE)


def probe(address: Address) -> Probe:
    """SET with an expiry, GET, INFO; the identity is the run id."""

    def once(timeout: float) -> str:
        with connected(address.host, address.port, timeout) as wire:
            if address.scheme == "rediss":
                wire.secure(address.host)
            return _write_and_read(wire, address)

    return once


def tidy(address: Address) -> None:
    """Nothing to do: the keys expire after a minute."""


def _write_and_read(wire: Wire, address: Address) -> str:
    key = value = token()
    commands = [("SET", key, value, "EX", "60"), ("GET", key), ("INFO", "server")]
    if address.path.strip("/"):
        commands.insert(0, ("SELECT", address.path.strip("/")))
    if address.password:
        commands.insert(0, ("AUTH", address.user, address.password) if address.user else ("AUTH", address.password))
    wire.send(b"".join(map(_encoded, commands)))
    *_, written, read, info = [_reply(wire) for _ in commands]
    if (written, read) != (b"OK", value.encode()):
        raise Down("it did not give back what was just written")
    found = _RUN_ID.search(info)
    return found[1].decode() if found else ""


def _encoded(words: tuple[str, ...]) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
    return b"".join(parts)


def _reply(wire: Wire) -> bytes:
    """The next simple or bulk string. Raises Down for an error."""
    kind, rest = (line := wire.line())[:1], line[1:]
    if kind == b"$":
        size = int(rest)
        return wire.exactly(size + 2)[:-2] if size >= 0 else b""
    if kind not in (b"+", b":"):
        raise Down(rest.decode("utf-8", "replace")[:120] or "it does not speak the protocol of Redis")
    return rest
