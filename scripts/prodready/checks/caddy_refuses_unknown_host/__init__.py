"""Caddy issues certificates for the names it should know, and for nobody else's: read from its configuration, and tried.

The configuration is read by the real Caddy (``adapt``, then ``validate``) and held to the rules CDY-01 to CDY-12. Directives of well-known plugins
are put aside, and a rate limiter among them is judged. Then the same configuration is **rehearsed on loopback**: everything that reaches further is
replaced, Caddy runs, and a real ACME server (pebble, from Debian) issues. The allowed name must get a certificate, and each unknown one (``fake``,
and with ``variants`` names that lie close to the allowed one) none that names it, without an order to the authority; where Caddy asks for permission, it must
have been asked and have heard no. A refusal while the allowed name is refused too proves nothing, and is unknown.

Who decides in the rehearsal: a server of the same configuration, the team's ask service (started by ``ask_command``, or listening already on the
loopback port that the configuration names), or a stand-in; with that only Caddy's side was tried, and the notes say so. Without pebble Caddy's own
authority issues, and orders are not counted. ``target`` looks at a deployed host instead: handshakes only, and they prove a refusal, no more.

``ask_command`` **runs code of the repository**, so it is refused in a process that holds secrets.

An item that uses it:

    - id: caddy.unknown-host
      title: A stranger's domain gets no certificate
      check: caddy_refuses_unknown_host
      params: {config: deploy/Caddyfile, allowed: [app.example.com], fake: [fake.methtrader.xyz], ask_command: [python3, -m, desk.domains]}
      expect: no findings >= high
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from prodready.caddy import config as configs
from prodready.caddy import patch
from prodready.caddy.config import Config
from prodready.caddy.rules import RULES
from prodready.check import CannotTell, Check
from prodready.checks.caddy_refuses_unknown_host import live
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import shown
from prodready.tls.target import parse


class Params(Struct, frozen=True, kw_only=True):
    """Which configuration, which names, and how they are tried."""

    config: str = "Caddyfile"
    """The Caddyfile, or the JSON of one, below the repository."""
    allowed: tuple[str, ...] = ()
    """Names that must get a certificate; the first that the configuration spells out when empty."""
    fake: tuple[str, ...] = ("fake.methtrader.xyz",)
    """Names that must get none."""
    variants: bool = True
    """Whether names close to the allowed one are tried too: prefix, suffix, deeper, very deep, international, none at all."""
    live: Literal["auto", "acme", "internal", "off"] = "auto"
    """How it is tried: with pebble where it is installed, only with pebble, only with Caddy's own authority, or not at all."""
    ask_command: tuple[str, ...] = ()
    """Program and arguments of the ask service; it must listen on the port that the configuration asks. Runs code of the repository."""
    target: str = ""
    """A deployed host (``host:port``, or the name of a target) to try instead of a rehearsal, with five names at most."""
    rules: tuple[str, ...] = ()
    """Hold only these rules (``CDY-08``); all when empty."""
    external_rate_limit: str = ""
    """Who limits the rate instead of Caddy, with a link; makes CDY-08 a note."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Values for ``{$NAME}`` in the Caddyfile; no secrets."""
    caddy: str = ""
    """The Caddy that serves in production, as an absolute path; the pinned one when empty."""


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the configuration, and who got a certificate that should not have. Raises CannotTell."""
    if params.target:
        target = parse(params.target, ctx.targets)
        return live.deployed(ctx, target, params.allowed, params.fake)
    config = configs.read(ctx, params.config, caddy=params.caddy, environment=params.environment, whole=bool(params.ask_command))
    findings = [*_findings(config, params), *_refused_by_caddy(ctx, config, params)]
    source = f"{shown(params.config)} read by Caddy {config.version}" if config.version else f"{shown(params.config)}"
    if params.live == "off":
        note = "the configuration was read, and not tried: live is off"
        return Found(examined=len(RULES), evidence=Evidence(source=source), findings=tuple(findings), notes=(note,))
    tried = live.rehearsal(ctx, config, _asked(ctx, params))
    return Found(
        examined=len(RULES) + tried.names, evidence=Evidence(source=f"{source} and tried with {tried.names} names", tool=tried.tool, sha256=tried.sha256),
        findings=(*findings, *tried.findings), gaps=tried.gaps, notes=tried.notes,
    )  # fmt: skip


def _asked(ctx: Context, params: Params) -> live.Asked:
    if params.ask_command and ctx.privileged:
        remedy = "run this item in a job without secrets ('pull_request', permissions: contents: read), or leave 'ask_command' out"
        raise CannotTell("ask_command runs code of the repository, and this process holds secrets", remedy)
    return live.Asked(
        allowed=params.allowed, fake=params.fake, variants=params.variants, issuer=params.live, ask_command=params.ask_command, caddy=params.caddy
    )


def _findings(config: Config, params: Params) -> list[Finding]:
    found = []
    for rule in RULES:
        severity = Severity.NOTE if rule.id == "CDY-08" and params.external_rate_limit else rule.severity
        instead = f" (instead: {shown(params.external_rate_limit)})" if severity is Severity.NOTE else ""
        if not params.rules or rule.id in params.rules:
            found += [
                Finding(rule=rule.id, message=words + instead, severity=severity, path=config.path, fix=rule.fix, anchor=f"{rule.id} {words}")
                for words in rule.look(config)
            ]
    return found


def _refused_by_caddy(ctx: Context, config: Config, params: Params) -> list[Finding]:
    """What ``caddy validate`` refuses: newer versions refuse an on-demand configuration that older ones serve."""
    said = configs.stage(ctx, "validate", json=patch.validated(config), caddy=params.caddy)
    if said["code"] == 0:
        return []
    message = f"Caddy {said['version']} refuses the configuration: {shown(configs.gist(str(said['err'])))[:300]}"
    return [Finding(rule="caddy-validate", message=message, severity=Severity.HIGH, path=config.path, fix="mend it; see 'caddy validate'")]


CHECK = Check(params=Params, observe=observe, expect="no findings >= high", domain="caddy", tools=("caddy",), deadline=300.0)
