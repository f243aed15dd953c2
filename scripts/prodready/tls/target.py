"""What is looked at: ``host:port``, or the name of an entry under ``targets:`` in the repository file; and the sensor's run on it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Completed, Context, Ended
from prodready.names import shown
from prodready.tls.reading import Seen, read
from prodready.tools.classify import Malformed

DEADLINE = 300.0
"""Seconds the sensor may take over all addresses of a target."""
Starttls = Literal["", "smtp", "imap", "pop3", "ldap", "ftp", "xmpp", "xmpp_server", "rdp", "postgres"]
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s\[\]:@/]+)(?::(?P<port>\d{1,5}))?(?:@(?P<at>[0-9A-Fa-f:.,]+))?")


class Target(Struct, frozen=True, kw_only=True):
    """A TLS server."""

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    """Where to find it, past the name service."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Sought(Struct, frozen=True, kw_only=True):
    """How a target is looked at."""

    target: Target
    name: str
    """What the certificate must be for, sent as SNI unless it is an address."""
    starttls: Starttls = ""
    http: bool = True
    ca_file: str = ""
    """PEM file of authorities that are trusted besides Mozilla's."""
    intermediates: str = ""
    """PEM file of certificates that complete a chain."""
    most: int = 8
    """Addresses that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen, and the output it rests on."""

    seen: Seen
    tool: str
    raw: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the sensor's output."""
        return hashlib.sha256(self.raw).hexdigest()


def parse(words: str, targets: Mapping[str, object]) -> Target:
    """The target that ``host:port``, ``host:port@address,address`` or a name under ``targets:`` stands for. Raises CannotTell."""
    named = targets.get(words, words)
    named = named.get("url", "") if isinstance(named, dict) else named
    match = _PLACE.fullmatch(str(named).removeprefix("https://").rstrip("/"))
    port = int(match["port"] or 443) if match else 0
    if not match or not 0 < port < 65536:
        raise CannotTell(f"{shown(str(named)[:80])!r} is no target", "write for example 'example.org:443', '[::1]:8443' or 'example.org:443@10.0.0.7'")
    return Target(host=match["host"].strip("[]"), port=port, addresses=tuple(filter(None, (match["at"] or "").split(","))))


def look(ctx: Context, sought: Sought) -> Looked:
    """Runs the sensor. Raises CannotTell when it came to no end, and when the name or all addresses give nothing."""
    if ctx.offline:
        raise CannotTell(f"{sought.target} was not asked: this run is offline", "run without --offline")
    ended = ctx.run.tool("sslyze", json.dumps(_request(ctx, sought)), deadline=DEADLINE)
    try:
        seen = read(_output(ended), name=sought.name, now=ctx.now)
    except Malformed as malformed:
        raise CannotTell(f"the output of {ended.program} is not understood: {malformed}", "run it again; 'prodready doctor' looks at the program") from None
    if not seen.addresses:
        host = shown(sought.target.host)
        name = f"write 'targets: {{{host}: example.org:443}}' in .prodready.yml, or give the address"  # one word is mostly meant as the name of a target
        raise CannotTell(f"{host} does not resolve: {seen.failure or 'no address'}", "mend the name, or write host:port@address" if "." in host else name)
    return Looked(seen=seen, tool=ended.program, raw=ended.stdout)


def _request(ctx: Context, sought: Sought) -> dict[str, object]:
    folder = ctx.scratch()
    return {
        "host": sought.target.host, "port": sought.target.port, "name": sought.name, "addresses": sought.target.addresses,
        "most": sought.most, "starttls": sought.starttls, "http": sought.http and not sought.starttls, "now": ctx.now.isoformat(),
        "ca_file": _file(ctx, folder, sought.ca_file), "intermediates": _file(ctx, folder, sought.intermediates),
    }  # fmt: skip


def _file(ctx: Context, folder: Path, path: str) -> str:
    """Where the sensor finds a file: a copy of the repository's, or the file itself when a CI job wrote it elsewhere. The sensor says what is wrong with it."""
    if not path or Path(path).is_absolute():
        return path
    copy = folder / f"{len(list(folder.iterdir()))}.pem"
    copy.write_text(ctx.repo.text(path), "utf-8")
    return str(copy)


def _output(ended: Completed) -> bytes:
    if ended.ended is Ended.EXITED and ended.code == 0:
        return ended.stdout
    words = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
    how = f"ended with code {ended.code}" if ended.ended is Ended.EXITED else f"was stopped: {ended.ended.value} after {ended.seconds:.0f} s"
    raise CannotTell(f"{ended.program} {how}{f': {shown(words)}' if words else ''}", "run it again; 'prodready doctor' looks at the program")
