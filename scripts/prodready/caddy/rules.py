"""What is wrong with a configuration by reading it: rules CDY-01 to CDY-12. Each says what it saw; none needs Caddy to run."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from prodready.caddy import limits
from prodready.caddy.answers import static_answer
from prodready.caddy.config import Config, Json, catch_all, handlers, internal, listens, route_hosts
from prodready.caddy.patch import own_port
from prodready.model import Severity

ALWAYS_YES = frozenset(("example.com", "www.example.com", "example.org", "example.net", "httpbin.org", "postman-echo.com"))
"""Hosts that answer 200 to anything: found in examples that people copied."""
SUITES = frozenset((
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
    *(f"TLS_ECDHE_{key}_WITH_{cipher}" for key in ("RSA", "ECDSA") for cipher in ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256")),
))  # fmt: skip
"""Suites with forward secrecy and authenticated encryption; 1.3 has suites of its own."""


class Rule(Struct, frozen=True, kw_only=True):
    """One rule."""

    id: str
    severity: Severity
    look: Callable[[Config], Iterator[str]]
    """In words, each thing that breaks the rule."""
    fix: str


def _stranger(config: Config) -> Iterator[str]:
    if not config.permission and any(catch_all(policy) and not internal(policy) and not policy.get("get_certificate") for policy in config.policies):
        yield "on-demand TLS for any name, and nobody is asked: a stranger makes this server order certificates until the authority blocks it"


def _managers(config: Config) -> Iterator[str]:
    if not config.permission and any(catch_all(policy) and policy.get("get_certificate") for policy in config.policies):
        yield "on-demand TLS with get_certificate and without permission: when the manager has no certificate, Caddy orders one for any name"


def _yes_to_all(config: Config) -> Iterator[str]:
    parts = urlsplit(config.endpoint)
    if parts.hostname in ALWAYS_YES:
        yield f"the ask endpoint {parts.hostname} answers 200 to everything"
    elif own_port(config) and static_answer(config, own_port(config), parts.hostname or "", parts.path or "/") is not None:
        yield f"this configuration answers its own ask endpoint ({parts.hostname}:{own_port(config)}) with the same yes to every name"


def _clear_text(config: Config) -> Iterator[str]:
    parts = urlsplit(config.endpoint)
    if parts.scheme == "http" and _address(parts.hostname or "") is True:
        yield f"the ask endpoint {parts.hostname} is asked in the clear over a public network: whoever is in between allows any name"


def _doubtful_endpoint(config: Config) -> Iterator[str]:
    parts = urlsplit(config.endpoint)
    if parts.username or parts.password or "token=" in parts.query or "key=" in parts.query:
        yield "the ask endpoint's address holds a credential, which every log of it shows"
    if parts.scheme == "http" and _address(parts.hostname or "") is None and parts.hostname not in ("", "localhost"):
        yield f"the ask endpoint {parts.hostname} is asked in the clear; that is well only on a network of your own"
    if parts.scheme == "https" and parts.hostname in config.hosts:
        yield f"the ask endpoint {parts.hostname} is served by this Caddy over TLS: before its first certificate nothing is allowed"


def _address(host: str) -> bool | None:
    """Whether it is a public address; None for a name, and False for one that is private."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return None if host != "localhost" else False


def _local_authority(config: Config) -> Iterator[str]:
    if not config.permission and any(catch_all(policy) and internal(policy) for policy in config.policies):
        yield "Caddy's own authority issues for any name a stranger sends: each costs a key, disk and processor time"


def _idle_block(config: Config) -> Iterator[str]:
    if config.on_demand and not any(policy.get("on_demand") for policy in config.policies):
        yield "there is an on_demand_tls block, and no site uses on_demand: it changes nothing"


def _old_limit(config: Config) -> Iterator[str]:
    if config.on_demand.get("rate_limit") or any(directive.name in ("interval", "burst") for directive in config.directives):
        yield "on_demand_tls limits the rate with interval and burst, which Caddy 2.9 took out, and which never looked at the name"


def _unlimited(config: Config) -> Iterator[str]:
    http, _ = config.ports
    for name, server in sorted(config.servers.items()):
        routes = server.get("routes") or []
        public = [port for port in listens(server) if port != http]
        if public and routes and not _loopback(server) and not _all_limited(config, routes):
            yield f"requests to the server {name} (port {public[0]}) are not limited in rate on every route"


def _loopback(server: Json) -> bool:
    return all(str(address).startswith(("127.", "localhost:", "[::1]", "unix/")) for address in server.get("listen") or ())


def _all_limited(config: Config, routes: Sequence[Json]) -> bool:
    """A limiter before all routes serves for all; else each that ends a request needs its own."""
    limited = [any(zone.limits for handler in handlers(route) for zone in limits.of_handler(handler, config)) for route in routes]
    if any(one and not route.get("match") and not route.get("terminal") for one, route in zip(limited, routes, strict=True)):
        return True
    return all(limited)


def _doubtful_limit(config: Config) -> Iterator[str]:
    found = [handler for server in config.servers.values() for route in server.get("routes") or () for handler in handlers(route)]
    zones = [zone for handler in found for zone in limits.of_handler(handler, config)]
    if zones and not any("{" in zone.key for zone in zones):
        yield "every rate limit counts all clients together: one of them can lock out the others"
    if zones and all(zone.narrow for zone in zones):
        yield "every rate limit counts only requests that match something"
    behind = any(server.get("trusted_proxies") for server in config.servers.values())
    if behind and any("remote_host" in zone.key or "remote.host" in zone.key for zone in zones):
        yield "there is a proxy in front, and the rate limit counts by its address: count by {client_ip}"


def _no_list(config: Config) -> Iterator[str]:
    if not config.hosts and not config.permission:
        yield "no list of allowed names: neither sites with names, nor an ask endpoint"


def _operation(config: Config) -> Iterator[str]:
    admin = config.data.get("admin") or {}
    listen = str(admin.get("listen") or "localhost:2019")
    if not admin.get("disabled") and not listen.startswith(("localhost:", "127.", "[::1]:", "unix/")):
        yield f"the admin endpoint listens on {listen}: whoever reaches it changes this configuration"
    for policy in config.policies:
        for issuer in policy.get("issuers") or ():
            if "staging" in str(issuer.get("ca", "")):
                yield f"certificates come from a staging authority ({urlsplit(str(issuer['ca'])).hostname}), which no browser trusts"
    logs = (config.data.get("logging") or {}).get("logs") or {}
    if any(str(log.get("level", "")).upper() == "DEBUG" for log in logs.values()):
        yield "the log is at level DEBUG"


def _encryption(config: Config) -> Iterator[str]:
    for name, server in sorted(config.servers.items()):
        for policy in server.get("tls_connection_policies") or ():
            if policy.get("protocol_min") in ("tls1.0", "tls1.1"):
                yield f"the server {name} still offers {policy['protocol_min']}"
            if weak := sorted(set(policy.get("cipher_suites") or ()) - SUITES):
                yield f"the server {name} offers {weak[0]}, which has no forward secrecy or no authenticated encryption"
            if policy.get("insecure_secrets_log"):
                yield f"the server {name} writes session secrets to a log"


def _no_hsts(config: Config) -> Iterator[str]:
    for name, server in sorted(config.servers.items()):
        secure = config.ports[1] in listens(server)
        bare = [route for route in server.get("routes") or () if secure and not any(_sets_hsts(handler) for handler in handlers(route))]
        if bare:
            yield f"the server {name} sends no Strict-Transport-Security header for {', '.join(route_hosts(bare[0])[:3]) or 'its sites'}"


def _sets_hsts(handler: Json) -> bool:
    response = handler.get("response") or {}
    given = {str(name).lower() for kind in ("set", "add") for name in response.get(kind) or {}}
    return "strict-transport-security" in given


_ASK = "write 'on_demand_tls { ask http://127.0.0.1:PORT/allowed }' in the global options, answered with 200 for your own names and 403 for all others"
_LIMIT = "add a rate limiter in front of every site, for example 'rate_limit { zone each { key {client_ip} events 100 window 1m } }'"
HIGH, MEDIUM, LOW, CRITICAL = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.CRITICAL
RULES = (
    Rule(id="CDY-01", severity=CRITICAL, look=_stranger, fix=_ASK),
    Rule(id="CDY-02", severity=CRITICAL, look=_managers, fix=_ASK),
    Rule(id="CDY-03", severity=CRITICAL, look=_yes_to_all, fix="let a service that knows your names answer; a static answer is no decision"),
    Rule(id="CDY-04", severity=HIGH, look=_clear_text, fix="ask over https, or on loopback"),
    Rule(id="CDY-04", severity=LOW, look=_doubtful_endpoint, fix="ask on loopback, without a credential in the address"),
    Rule(id="CDY-05", severity=MEDIUM, look=_local_authority, fix=_ASK),
    Rule(id="CDY-06", severity=LOW, look=_idle_block, fix="write 'tls { on_demand }' in the site that needs it, or take the block out"),
    Rule(id="CDY-07", severity=LOW, look=_old_limit, fix="take interval and burst out, and limit the rate in the ask service or with a rate limiter"),
    Rule(id="CDY-08", severity=MEDIUM, look=_unlimited, fix=_LIMIT),
    Rule(id="CDY-09", severity=LOW, look=_doubtful_limit, fix="count by {client_ip}, over all requests"),
    Rule(id="CDY-10", severity=HIGH, look=_no_list, fix="name the sites, or ask a service that knows their names"),
    Rule(id="CDY-11", severity=MEDIUM, look=_operation, fix="write 'admin off' or leave it on localhost; use the production authority; take 'debug' out"),
    Rule(id="CDY-12", severity=LOW, look=_encryption, fix="leave Caddy's own choice of versions and suites, which is sound"),
    Rule(id="CDY-12", severity=LOW, look=_no_hsts, fix="write 'header Strict-Transport-Security max-age=31536000' in the site"),
)
