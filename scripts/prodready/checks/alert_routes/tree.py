"""The routing tree of Alertmanager: which routes an alert takes, as its documentation on configuration defines it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready import durations, patterns

_MATCHER = re.compile(r'\s*(?P<name>[A-Za-z_]\w*)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^",]*?)\s*(?:,|$)')
DEEPEST = 30


class MalformedError(ValueError):
    """The tree is none that Alertmanager would load; the message says where."""


class Route(Struct, frozen=True, kw_only=True):
    """A route that an alert ends at, with what it inherits."""

    receiver: str
    wait: float = 30.0
    """Seconds of ``group_wait``."""
    repeat: float = 4 * 3600.0
    """Seconds of ``repeat_interval``."""


def reached(root: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[Route, ...]:
    """The routes that an alert with these labels ends at. Raises MalformedError."""
    return tuple(_walk(root, labels, Route(receiver=""), 0))


def _walk(node: Mapping[str, Any], labels: Mapping[str, str], above: Route, depth: int) -> Iterator[Route]:
    if depth > DEEPEST:
        raise MalformedError("routes are nested too deeply")
    here = _inherit(node, above)
    taken = False
    for child in node.get("routes") or ():
        if all(_holds(matcher, labels) for matcher in _matchers(child)):
            taken = True
            yield from _walk(child, labels, here, depth + 1)
            if not child.get("continue"):
                return
    if not taken:
        yield here


def _inherit(node: Mapping[str, Any], above: Route) -> Route:
    return Route(
        receiver=str(node.get("receiver") or above.receiver),
        wait=durations.seconds(node["group_wait"]) if node.get("group_wait") is not None else above.wait,
        repeat=durations.seconds(node["repeat_interval"]) if node.get("repeat_interval") is not None else above.repeat,
    )


class _Matcher(Struct, frozen=True, kw_only=True):
    name: str
    operator: str
    value: str


def _matchers(route: Mapping[str, Any]) -> Iterator[_Matcher]:
    """Of all three spellings; the two old ones are still loaded."""
    for key, operator in (("match", "="), ("match_re", "=~")):
        yield from (_Matcher(name=str(name), operator=operator, value=str(value)) for name, value in (route.get(key) or {}).items())
    written = route.get("matchers") or ()
    for text in [written] if isinstance(written, str) else written:
        yield from _parsed(str(text))


def _parsed(text: str) -> Iterator[_Matcher]:
    """One matcher, or several in braces or between commas."""
    rest = text.strip().removeprefix("{").removesuffix("}").rstrip(", ")
    while rest:
        match = _MATCHER.match(rest)
        if match is None:
            raise MalformedError(f"{text[:80]!r} is no matcher")
        yield _Matcher(name=match["name"], operator=match["operator"], value=_unquoted(match["value"]))
        rest = rest[match.end() :]


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value[1:-1]) if value.startswith('"') else value


def _holds(matcher: _Matcher, labels: Mapping[str, str]) -> bool:
    """A label that is not there is empty; regular expressions are anchored."""
    value = labels.get(matcher.name, "")
    if matcher.operator in ("=", "!="):
        return (value == matcher.value) is (matcher.operator == "=")
    found = patterns.first(rf"\A(?:{matcher.value})\Z", value, name=matcher.name) is not None
    return found is (matcher.operator == "=~")
