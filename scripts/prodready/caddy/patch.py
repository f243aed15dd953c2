"""The rehearsal's configuration: the team's own, with everything that reaches beyond loopback replaced and everything else left out. Pure.

``<port 443>`` stands for the port that is used in the place of 443, ``<recorder>`` for the ask endpoint that writes down what it is asked, ``<manager>``
for a certificate manager that has nothing, ``<directory>`` and ``<root>`` for the ACME server, ``<scratch>`` for a folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from prodready.caddy.asking import STUB
from prodready.caddy.config import Config, listens

Issuer = Literal["acme", "internal"]
KEPT = frozenset(("static_response", "headers", "vars", "error", "rewrite"))
"""Handlers that stay as they are: they reach nothing."""
_STUB = {"handler": "static_response", "status_code": "503", "headers": {STUB: ["1"]}}
_POLICY = ("subjects", "on_demand", "key_type", "must_staple", "disable_ocsp_stapling")
_SERVER = ("tls_connection_policies", "automatic_https", "strict_sni_host")


def rehearsed(config: Config, issuer: Issuer) -> dict[str, Any]:
    """The configuration that is run."""
    http, https = config.ports
    servers = {name: _server(server) for name, server in config.servers.items() if listens(server)}
    automation: dict[str, Any] = {"policies": [_policy(policy, issuer) for policy in config.policies or ({},)]}
    if config.on_demand:  # an empty block is not the same as none: without one Caddy asks nobody
        automation["on_demand"] = _on_demand(config.on_demand)
    tls: dict[str, Any] = {"automation": automation}
    if automate := config.data.get("apps", {}).get("tls", {}).get("certificates", {}).get("automate"):
        tls["certificates"] = {"automate": automate}
    authorities = {str(one.get("ca") or "local") for policy in config.policies for one in policy.get("issuers") or () if one.get("module") == "internal"}
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "storage": {"module": "file_system", "root": "<scratch>/data"},
        "apps": {
            "http": {"http_port": f"<port {http}>", "https_port": f"<port {https}>", "servers": servers},
            "tls": tls,
            "pki": {"certificate_authorities": {name: {"install_trust": False} for name in sorted({"local", *authorities})}},
        },
    }  # fmt: skip


def validated(config: Config) -> dict[str, Any]:
    """The configuration that ``caddy validate`` provisions: its own issuers and permission, but nothing that opens a file of the machine."""
    whole = rehearsed(config, "acme")
    automation = whole["apps"]["tls"]["automation"]
    automation["policies"] = [{**_policy(policy, "acme"), "issuers": _plain(policy)} for policy in config.policies]
    automation.update({"on_demand": config.on_demand} if config.on_demand else {})
    numbered: dict[str, Any] = _numbered(whole)
    return numbered


def _plain(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"module": "internal" if one.get("module") == "internal" else "acme"} for one in policy.get("issuers") or ()] or [{"module": "acme"}]


def _numbered(data: Any) -> Any:
    """With the ports that are meant, where nothing listens on them."""
    if isinstance(data, dict):
        return {key: _numbered(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_numbered(value) for value in data]
    if isinstance(data, str) and (whole := re.fullmatch(r"<port (\d+)>", data)):
        return int(whole[1])
    return re.sub(r"<port (\d+)>", r"\1", data).replace("<manager>", "http://127.0.0.1:9") if isinstance(data, str) else data


def _server(server: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: server[key] for key in _SERVER if key in server}
    routes = [_route(route) for route in server.get("routes") or ()]
    return {**kept, "listen": [f"127.0.0.1:<port {port}>" for port in listens(server)], "protocols": ["h1", "h2"], "routes": routes}


def _route(route: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    kept = {key: route[key] for key in ("match", "terminal", "group") if key in route}
    return {**kept, "handle": [_handler(handler, depth) for handler in route.get("handle") or ()]}


def _handler(handler: Mapping[str, Any], depth: int) -> dict[str, Any]:
    kind = handler.get("handler")
    if kind == "subroute" and depth < 32:
        return {"handler": "subroute", "routes": [_route(route, depth + 1) for route in handler.get("routes") or ()]}
    return dict(handler) if kind in KEPT else dict(_STUB)


def _policy(policy: Mapping[str, Any], issuer: Issuer) -> dict[str, Any]:
    kept = {key: policy[key] for key in _POLICY if key in policy}
    managers = {"get_certificate": [{"via": "http", "url": "<manager>"} for _ in policy["get_certificate"]]} if policy.get("get_certificate") else {}
    return {**kept, **managers, "issuers": _issuers(policy.get("issuers") or (), issuer)}


def _issuers(issuers: Sequence[Mapping[str, Any]], issuer: Issuer) -> list[dict[str, Any]]:
    """One that issues what was meant: an internal one stays, any public one becomes the rehearsal's."""
    own = [{"module": "internal", **({"ca": one["ca"]} if "ca" in one else {})} for one in issuers if one.get("module") == "internal"]
    if own and len(own) == len(issuers):
        return own[:1]
    return [{"module": "internal"} if issuer == "internal" else {"module": "acme", "ca": "<directory>", "trusted_roots_pem_files": ["<root>"]}]


def _on_demand(block: Mapping[str, Any]) -> dict[str, Any]:
    """The same shape (before 2.8 ``ask``, since then ``permission``), with the recorder asked."""
    kept = {key: block[key] for key in ("rate_limit",) if key in block}
    if isinstance(block.get("permission"), dict):
        return {**kept, "permission": {"module": "http", "endpoint": "<recorder>/"}}
    return {**kept, "ask": "<recorder>/"} if block.get("ask") else kept


def own_port(config: Config) -> int:
    """The port of a server of this configuration that answers its own ask endpoint; 0 when another service does."""
    parts = urlsplit(config.endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    mine = parts.scheme == "http" and ((parts.hostname or "") in ("localhost", "127.0.0.1", "::1") or parts.hostname in config.hosts)
    return port if config.endpoint and mine and any(port in listens(server) for server in config.servers.values()) else 0


def https_port(config: Config) -> int:
    """Where TLS is spoken: the HTTPS port if a server listens there, else the first port that is not for HTTP."""
    http, https = config.ports
    ports = [port for server in config.servers.values() for port in listens(server) if port != http]
    return https if https in ports or not ports else ports[0]
