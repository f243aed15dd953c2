"""HTTP: a GET is answered with 200. ``?prodready-identity=X-Instance`` names the header that tells who answered."""

from __future__ import annotations

from urllib.parse import urlencode

from prodready.engine.sockets import Wire, connected
from prodready.engine.watch import Down, Probe
from prodready.probes import Address

IDENTITY = "prodready-identity"


def probe(address: Address) -> Probe:
    """One request on its own connection; redirects are not followed."""
    query = urlencode({name: value for name, value in address.query.items() if name != IDENTITY})
    path = (address.path or "/") + (f"?{query}" if query else "")
    request = f"GET {path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nUser-Agent: prodready\r\nConnection: close\r\n\r\n".encode("latin-1", "replace")

    def once(timeout: float) -> str:
        with connected(address.host, address.port, timeout) as wire:
            if address.scheme == "https":
                wire.secure(address.host)
            wire.send(request)
            status, headers = answer(wire)
        if status != "200":
            raise Down(f"it answered {status}")
        return headers.get(address.query.get(IDENTITY, "").lower(), "")

    return once


def fetch(address: Address, timeout: float) -> str:
    """The body of one good answer, at most a megabyte. Raises Down, OSError."""
    request = f"GET {address.path or '/'} HTTP/1.0\r\nHost: {address.host}:{address.port}\r\nUser-Agent: prodready\r\n\r\n"
    with connected(address.host, address.port, timeout) as wire:
        wire.send(request.encode("latin-1", "replace"))
        status, _ = answer(wire)
        if status != "200":
            raise Down(f"it answered {status}")
        return wire.remainder().decode("utf-8", "replace")


def answer(wire: Wire) -> tuple[str, dict[str, str]]:
    """Status and headers of an answer. Raises OSError, EOFError."""
    first, *lines = wire.line(b"\r\n\r\n").decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return first.partition(" ")[2][:3], headers


def tidy(address: Address) -> None:
    """Nothing was left behind."""
