"""What stands where in Caddy's JSON, as far as it is read here: a configuration of another shape is refused before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST_DEPTH = 64
"""Levels of nested routes."""
_ZONE = {"key": str, "max_events": int, "match": list}
_HANDLER: dict[str, Any] = {"handler": str, "rate_limits": {"*": _ZONE}, "zones": {"*": _ZONE}, "response": {"set": {"*": [str]}, "add": {"*": [str]}}}
_ROUTE: dict[str, Any] = {"handle": [_HANDLER], "match": [{"host": [str]}]}
_CONNECTION = {"protocol_min": str, "cipher_suites": [str]}
_HANDLER["routes"] = [_ROUTE]
_POLICY = {"subjects": [str], "issuers": [{"module": str, "ca": str}], "get_certificate": [dict], "on_demand": bool}
_SERVER = {"listen": [str], "routes": [_ROUTE], "tls_connection_policies": [_CONNECTION]}
SHAPE: dict[str, Any] = {
    "admin": {"listen": str},
    "logging": {"logs": {"*": {"level": str}}},
    "apps": {
        "http": {"http_port": int, "https_port": int, "servers": {"*": _SERVER}},
        "tls": {"automation": {"policies": [_POLICY], "on_demand": {"ask": str}}, "certificates": {"automate": [str]}},
    },
}
"""Key -> what it holds: a type, a list of one kind, or a mapping, in which ``*`` stands for every key. What is not named may be anything."""
_WORDS = {dict: "a mapping", list: "a list", str: "text", int: "a number", bool: "true or false"}


def misshapen(data: Any, shape: Any = SHAPE, where: str = "", depth: int = 0) -> Iterator[str]:
    """Each place that does not hold what Caddy expects there, in words."""
    kind: Any = shape if isinstance(shape, type) else type(shape)
    if depth > MOST_DEPTH:
        yield f"{where[:80]}… is nested deeper than {MOST_DEPTH} levels"
    elif not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        yield f"{where or 'the document'} must be {_WORDS[kind]}"
    elif isinstance(shape, list):
        for number, one in enumerate(data):
            yield from misshapen(one, shape[0], f"{where}[{number}]", depth + 1)
    elif isinstance(shape, dict):
        for key, value in data.items():
            expected = shape.get(key, shape.get("*"))
            if expected is not None:
                yield from misshapen(value, expected, f"{where}.{key}".lstrip("."), depth + 1)
