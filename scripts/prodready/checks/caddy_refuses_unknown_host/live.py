"""Trying it: which names are asked for, and what the account of the handshakes means."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from prodready.caddy import patch
from prodready.caddy.config import Config, catch_all, local, stage
from prodready.check import CannotTell
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.tls.identity import named
from prodready.tls.target import Target

MOST_DEPLOYED = 5
"""Names a deployed host is asked for."""
_NO_NAME = ""
_LOT = re.compile(r"(?<=CA) [0-9a-f]{6}\b")
"""What pebble draws anew for each of its authorities."""


class Asked(Struct, frozen=True, kw_only=True):
    """What is tried, and how."""

    allowed: tuple[str, ...]
    fake: tuple[str, ...]
    variants: bool = True
    issuer: Literal["auto", "acme", "internal", "off"] = "auto"
    ask_command: tuple[str, ...] = ()
    caddy: str = ""


class Tried(Struct, frozen=True, kw_only=True):
    """What came of it."""

    names: int
    tool: str
    sha256: str
    findings: tuple[Finding, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]


def rehearsal(ctx: Context, config: Config, asked: Asked) -> Tried:
    """Runs the configuration on loopback and asks it for every name. Raises CannotTell when there is nothing to try."""
    if config.permission not in ("", "http"):
        raise CannotTell(f"permission comes from the plugin {shown(config.permission)}", "pass 'caddy', or set 'live: off' and try the deployed host")
    allowed = asked.allowed or config.hosts[:1]
    if not allowed:
        raise CannotTell("no name is known that should get a certificate", "name one in 'allowed': without it a refusal proves nothing")
    issuer = _issuer(asked)
    fakes = (*asked.fake, *(_variants(allowed[0], asked.fake, ctx.now) if asked.variants else ()))
    account = _account(ctx, config, asked, issuer, [*allowed, *fakes, allowed[0]], allowed)
    probes = {probe["name"]: probe for probe in account["probes"]}
    gaps = tuple(_gaps(config, account, probes, allowed, fakes))
    return Tried(
        names=len(probes), tool=str(account["tool"]), sha256=_digest(account), gaps=gaps,
        findings=tuple(finding for name in fakes if name in probes for finding in _issued(probes[name], config.path, asked.fake)),
        notes=tuple(_notes(config, account, issuer, probes, fakes)),
    )  # fmt: skip


def _digest(account: Mapping[str, Any]) -> str:
    """Of what was seen, less how long it took and how often a client asked again."""
    seen = [[probe["name"], probe["outcome"], *probe["dns"], *probe["addresses"], bool(probe["asks"])] for probe in account["probes"]]
    return hashlib.sha256(json.dumps([account["failure"], seen]).encode()).hexdigest()


def _issuer(asked: Asked) -> patch.Issuer:
    if asked.issuer == "internal":
        return "internal"
    if shutil.which("pebble") and shutil.which("pebble-challtestsrv"):
        return "acme"
    if asked.issuer == "acme":
        raise CannotTell("pebble is not installed, so there is no ACME server to rehearse with", "install it: apt-get install pebble")
    return "internal"


def _variants(allowed: str, fake: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Names that a careless comparison lets through, and a request without a name. One was never asked for before: it goes by the moment of the run."""
    new = hashlib.sha256(f"{now.isoformat()} {allowed}".encode()).hexdigest()[:8]
    deep = ".".join("abcdefghijklmnopqrst"[index] for index in range(20))
    base = fake[0] if fake else "example.net"
    return (
        f"not{allowed}", f"{allowed}.{new}.example", f"x.y.{allowed}", f"{deep}.{base}", f"xn--bcher-kva.{base}", _NO_NAME,
    )  # fmt: skip


def _account(ctx: Context, config: Config, asked: Asked, issuer: patch.Issuer, names: Sequence[str], allowed: Sequence[str]) -> Mapping[str, Any]:
    http, https = config.ports
    return stage(
        ctx, "rehearse", json=patch.rehearsed(config, issuer), issuer=issuer, port=patch.https_port(config), http_port=http, https_port=https,
        names=list(names), allowed=list(allowed), managed=[name for name in allowed if name in config.hosts], caddy=asked.caddy,
        endpoint=config.endpoint, own_port=patch.own_port(config),
        local=local(config.endpoint), ask_command=list(asked.ask_command), folder=str(config.folder),
    )  # fmt: skip


def _gaps(config: Config, account: Mapping[str, Any], probes: Mapping[str, Any], allowed: Sequence[str], fakes: Sequence[str]) -> Iterator[str]:
    """Why a refusal would prove nothing."""
    if account["failure"]:
        yield f"the rehearsal broke off: {shown(str(account['failure']))}"
        return
    for name in allowed:
        if not _covers(probes[name]):
            yield f"{name} must get a certificate and got none ({_words(probes[name])}), so that the others got none proves nothing"
    again = account["probes"][-1]
    if _covers(probes[allowed[0]]) and not _covers(again):
        yield f"{again['name']} got no certificate any more after the unknown names were asked for ({_words(again)})"
    for name in fakes:
        if probes[name]["outcome"] in ("timeout", "unreached", "broken"):
            yield f"{_shown(name)} was neither served nor refused: {_words(probes[name])}"
        elif config.permission and _catches(config) and not _covers(probes[name]) and not _denied(probes[name]):
            yield f"{_shown(name)} was refused, but not by the ask endpoint, which answered {_asks(probes[name])}"


def _catches(config: Config) -> bool:
    return any(catch_all(policy) for policy in config.policies)


def _denied(probe: Mapping[str, Any]) -> bool:
    """Whether somebody who decides said no: a service that is down or hangs decides nothing. A certificate for another name needs no permission."""
    if probe["outcome"] == "certificate":
        return True
    return bool(probe["asks"]) and all(300 <= ask["status"] < 500 for ask in probe["asks"])


def _asks(probe: Mapping[str, Any]) -> str:
    return few([str(ask["status"]) for ask in probe["asks"]]) or "nothing: it was not asked"


def _issued(probe: Mapping[str, Any], path: str, fake: Sequence[str]) -> Iterator[Finding]:
    severity = Severity.CRITICAL if probe["name"] in fake else Severity.HIGH
    name, fix = _shown(probe["name"]), "let the ask endpoint compare whole names with your list, and answer 403 to all others"
    if _covers(probe):
        authority = shown(_LOT.sub("", probe["issuer"]))[:80]
        yield Finding(
            rule="issued-to-stranger", message=f"{name} got a certificate from {authority}", severity=severity, path=path, fix=fix,
            anchor=f"issued {_kind(probe['name'], fake)}",
        )  # fmt: skip
    elif probe.get("orders"):
        message = f"{name} got no certificate, but {probe['orders']} were ordered for it: that uses up the authority's limits"
        yield Finding(rule="ordered-for-stranger", message=message, severity=severity, path=path, fix=fix, anchor=f"ordered {_kind(probe['name'], fake)}")


def _kind(name: str, fake: Sequence[str]) -> str:
    """Stable over runs: some variants are random."""
    return name if name in fake else f"variant with {name.count('.')} dots"


def _covers(probe: Mapping[str, Any]) -> bool:
    """Whether the certificate is for the name that was asked for; without a name, for the address."""
    return probe["outcome"] == "certificate" and named(probe["dns"], probe["addresses"], probe["name"] or "127.0.0.1")


def _notes(config: Config, account: Mapping[str, Any], issuer: str, probes: Mapping[str, Any], fakes: Sequence[str]) -> Iterator[str]:
    count = account.get("orders") or 0
    orders = f"{count} certificate{' was' if count == 1 else 's were'} ordered in all"
    orders = "no ACME server took part, so orders were not counted" if issuer == "internal" else orders
    authority = "Caddy's own authority (pebble is not installed, or was not wanted)" if issuer == "internal" else "pebble, an ACME server"
    yield f"certificates came from {authority}; {orders}"
    if config.permission and account.get("stood_in"):
        yield "a stand-in answered for the ask service: only Caddy's side was tried; pass 'ask_command' to try both"
    if not _catches(config):
        yield "no site issues on demand: the names in the configuration are the list"
    for name in fakes:
        if name in probes:
            yield f"{_shown(name)}: {_words(probes[name])}"


def _words(probe: Mapping[str, Any]) -> str:
    if probe["outcome"] == "certificate":
        return f"a certificate for {few([*probe['dns'], *probe['addresses']]) or 'no name'}"
    asks = f", the ask endpoint said {_asks(probe)}" if probe.get("asks") else ""
    return f"{probe['outcome']}: {shown(str(probe['words']))}{asks}"


def _shown(name: str) -> str:
    return shown(name) or "a request without a name"


def deployed(ctx: Context, target: Target, allowed: Sequence[str], fake: Sequence[str]) -> Found:
    """Handshakes with a host that runs: the allowed name must be served, the others not. Raises CannotTell."""
    if not allowed or not fake:
        raise CannotTell("a deployed host is tried with names that it serves and names that it must not", "name both: 'allowed' and 'fake'")
    if ctx.offline:
        raise CannotTell(f"{target} was not asked: this run is offline", "run without --offline")
    names = [*allowed, *fake][:MOST_DEPLOYED]
    host = target.addresses[0] if target.addresses else target.host
    account = stage(ctx, "deployed", host=host, port=target.port, names=names)
    probes: list[Mapping[str, Any]] = account["probes"]  # type: ignore[assignment]
    served, strange = probes[: len(allowed)], probes[len(allowed) :]
    unserved = [f"{probe['name']} must be served and is not ({_words(probe)}), so a refusal proves nothing" for probe in served if not _covers(probe)]
    open_ = [f"{_shown(probe['name'])}: {_words(probe)}" for probe in strange if probe["outcome"] in ("timeout", "unreached", "broken")]
    return Found(
        examined=len(strange), evidence=Evidence(source=f"handshakes with {target} for {few(names)}", tool=str(account["tool"])),
        findings=tuple(finding for probe in strange for finding in _issued(probe, "", fake)), gaps=(*unserved, *open_),
        notes=("handshakes with a deployed host prove that it refuses, not why: run the rehearsal too", *(f"{one['name']}: {_words(one)}" for one in strange)),
    )  # fmt: skip
