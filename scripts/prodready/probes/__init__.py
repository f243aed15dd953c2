"""The real thing, once, on a fresh connection: what a probe of each kind of target does."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from prodready.engine.watch import Probe

SCHEMES = {
    "redis": ("redis", 6379), "rediss": ("redis", 6379),
    "postgresql": ("postgresql", 5432), "postgres": ("postgresql", 5432),
    "ws": ("websocket", 80), "wss": ("websocket", 443),
    "http": ("http", 80), "https": ("http", 443),
    "ibkr": ("ibkr", 4002),
    "tcp": ("tcp", 0),
}  # fmt: skip
"""Scheme -> module of this package, usual port."""
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


class Address(Struct, frozen=True, kw_only=True):
    """A target, taken apart."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    path: str
    query: dict[str, str]

    def __repr__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """Without credentials and options: what records and histories call it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


class Module(Protocol):
    """What a module of this package has."""

    def probe(self, address: Address) -> Probe: ...
    def tidy(self, address: Address) -> None:
        """Takes away what the probes left behind, as far as that is possible."""


def parse(target: str, secret: Callable[[str], str]) -> Address:
    """``scheme://user:$VARIABLE@host:port/path?option=…``; variables of the environment stand for passwords. Raises ValueError, CannotTell."""
    parts = urlsplit(target)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(f"a target is one of {', '.join(f'{scheme}://' for scheme in SCHEMES)} with a host, such as redis://localhost:6379")
    port = parts.port or SCHEMES[parts.scheme][1]
    if not port:
        raise ValueError(f"{parts.scheme}:// has no usual port: write {parts.scheme}://{parts.hostname}:PORT")
    user, password = (_VARIABLE.sub(lambda match: secret(match[1]), unquote(word or "")) for word in (parts.username, parts.password))
    return Address(
        scheme=parts.scheme, host=parts.hostname, port=port, user=user, password=password,
        path=parts.path if parts.path != "/" else "", query=dict(parse_qsl(parts.query)),
    )  # fmt: skip


def plain(target: str) -> str:
    """A target without credentials and options, as far as it is an address."""
    scheme, mark, _ = target.partition("://")
    if not mark or scheme not in SCHEMES:
        return target
    try:
        return parse(target, lambda name: "").shown
    except ValueError:  # whatever it holds, no record shall
        return f"{scheme}://"


def module(address: Address) -> Module:
    """The module that speaks the target's protocol."""
    found: Module = importlib.import_module(f"prodready.probes.{SCHEMES[address.scheme][0]}")
    return found


def token() -> str:
    """A value that nobody has written before."""
    return f"prodready-{os.urandom(8).hex()}"
