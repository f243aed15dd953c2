"""Rate limiters in a configuration: the two plugins that own the word ``rate_limit``, as JSON or as directives that were put aside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from prodready.caddy.caddyfile import MARK, Directive
from prodready.caddy.config import Config

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+")
_RATE = re.compile(r"(?P<events>\d+)r/(?P<unit>[smh]|\d+[smh])")


class Zone(Struct, frozen=True, kw_only=True):
    """One limit: so many events a window for each value of the key."""

    key: str
    events: int
    window: str
    narrow: bool = False
    """Whether it counts only some requests."""

    @property
    def limits(self) -> bool:
        """Whether it stops anybody."""
        return self.events > 0 and bool(_DURATION.fullmatch(self.window) or _RATE.fullmatch(self.window)) and not re.fullmatch(r"0+\D*", self.window)


def of_handler(handler: Mapping[str, Any], config: Config) -> tuple[Zone, ...]:
    """The zones of a handler; none when it limits nothing."""
    if handler.get("handler") == "rate_limit":
        return _of_json(handler)
    if handler.get("handler") == "vars" and MARK in handler:
        number = int(handler[MARK]) if str(handler[MARK]).isdigit() else -1
        directive = config.directives[number] if 0 <= number < len(config.directives) else None
        return of_directive(directive) if directive and directive.name == "rate_limit" else ()
    return ()


def _of_json(handler: Mapping[str, Any]) -> tuple[Zone, ...]:
    zones = handler.get("rate_limits") or handler.get("zones") or {}
    if isinstance(zones, dict) and zones:
        return tuple(
            Zone(key=str(zone.get("key", "")), events=int(zone.get("max_events") or 0), window=_window(zone.get("window")), narrow=bool(zone.get("match")))
            for zone in zones.values()
        )
    return _by_rate(str(handler.get("key", "")), str(handler.get("rate", "")))


def _window(value: object) -> str:
    """JSON durations are nanoseconds or words."""
    return f"{value}ns" if isinstance(value, int) else str(value or "")


def of_directive(directive: Directive) -> tuple[Zone, ...]:
    """``rate_limit { zone … }`` (mholt/caddy-ratelimit) and ``rate_limit {key} 10r/s`` (RussellLuo/caddy-ext)."""
    arguments = [word for word in directive.arguments if not word.startswith(("@", "/")) and word != "*"]
    if len(arguments) >= 2:
        return _by_rate(arguments[0], arguments[1])
    return tuple(_zones(directive.block))


def _by_rate(key: str, rate: str) -> tuple[Zone, ...]:
    match = _RATE.fullmatch(rate)
    unit = match["unit"] if match else ""
    return (Zone(key=key, events=int(match["events"]), window=unit if unit[0].isdigit() else f"1{unit}"),) if match else ()


def _zones(block: Sequence[tuple[str, ...]]) -> list[Zone]:
    """Each ``zone NAME { … }`` of a block, given as the words of its lines."""
    zones: list[Zone] = []
    open_: dict[str, str] | None = None
    for line in block:
        if line[0] == "zone":
            open_ = {}
        elif line[0] == "}" and open_ is not None:
            events = open_.get("events", "")
            zones.append(Zone(key=open_.get("key", ""), events=int(events) if events.isdigit() else 0, window=open_.get("window", ""), narrow="match" in open_))
            open_ = None
        elif open_ is not None:
            open_[line[0]] = " ".join(line[1:])
    return zones
