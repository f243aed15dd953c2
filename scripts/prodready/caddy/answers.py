"""What a server of the configuration answers to a request by itself, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from prodready.caddy.config import Config, listens

_KNOWN = frozenset(("host", "path"))


def static_answer(config: Config, port: int, host: str, path: str) -> int | None:
    """The 2xx status that a fixed response of this configuration gives to every such request; None when there is none, or it depends on more."""
    for server in config.servers.values():
        if port in listens(server):
            status = _answer(server.get("routes") or (), host, path, 0)
            return status if status and 200 <= status < 300 else None
    return None


def _answer(routes: Sequence[Mapping[str, Any]], host: str, path: str, depth: int) -> int | None:
    """The status of the first fixed response in the order of the routes; None where a handler of another kind comes first."""
    for route in routes:
        if not _matches(route.get("match") or (), host, path):
            continue
        for handler in route.get("handle") or ():
            kind = handler.get("handler")
            if kind == "static_response":
                return _status(handler)
            if kind == "subroute" and depth < 32:
                if status := _answer(handler.get("routes") or (), host, path, depth + 1):
                    return status
            elif kind not in ("headers", "vars", "rewrite"):
                return None
    return None


def _status(handler: Mapping[str, Any]) -> int | None:
    status = str(handler.get("status_code") or 200)
    return int(status) if status.isdigit() else None


def _matches(matchers: Sequence[Mapping[str, Any]], host: str, path: str) -> bool:
    """Whether one of the matchers surely holds, by host and path alone."""
    return not matchers or any(set(one) <= _KNOWN and _holds(one, host, path) for one in matchers)


def _holds(matcher: Mapping[str, Any], host: str, path: str) -> bool:
    hosts, paths = matcher.get("host") or ["*"], matcher.get("path") or ["*"]
    return any(fnmatchcase(host, str(one)) for one in hosts) and any(fnmatchcase(path, str(one)) for one in paths)
