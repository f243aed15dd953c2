"""The path language of profiles: ``jobs.*.timeout-minutes``, ``services[0].image``, ``**.image``, ``tool."my.key"``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from msgspec import Struct

from prodready.decode import dotted


class Wild(Enum):
    """Steps that stand for many."""

    EACH = "*"
    """Every element of a list or mapping."""
    ANYWHERE = "**"
    """This value and everything below it."""


Step = str | int | Wild
_STEP = re.compile(
    r"""\.?(?:\[(?P<index>-?\d{1,6})\]|\[\*\]|\[?(?P<quote>["'])(?P<quoted>.+?)(?P=quote)\]?|(?P<deep>\*\*)|(?P<each>\*)|(?P<key>[^.\[\]"'*]+))"""
)


class Place(Struct, frozen=True, kw_only=True):
    """A value, or a place where one should be."""

    path: tuple[str | int, ...]
    value: Any
    found: bool

    def __str__(self) -> str:
        return dotted(self.path)


def parse(text: str) -> tuple[Step, ...]:
    """The steps of a path. Raises ValueError that shows what a path looks like."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (at and text[at] not in ".["):
            raise ValueError(f"{text!r} is no path: write for example jobs.*.timeout-minutes, services[0].image or **.image")
        steps.append(_step(match))
        at = match.end()
    if not steps or steps.count(Wild.ANYWHERE) > 1:
        raise ValueError(f"{text!r} is no path: it needs at least one step, and '**' at most once")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"]:
        return int(match["index"])
    if match["quoted"] or match["key"]:
        return match["quoted"] or match["key"]
    return Wild.ANYWHERE if match["deep"] else Wild.EACH


def select(data: Any, steps: tuple[Step, ...], at: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every place the steps lead to; a named step that is not there yields one place that is not found."""
    if not steps:
        yield Place(path=at, value=data, found=data is not None)
        return
    step, rest = steps[0], steps[1:]
    if step is Wild.EACH:
        for key, child in _children(data):
            yield from select(child, rest, (*at, key))
    elif step is Wild.ANYWHERE:
        yield from (place for place in select(data, rest, at) if place.found)
        for key, child in _children(data):
            yield from select(child, steps, (*at, key))
    else:
        yield from _named(data, step, rest, at)


def _named(data: Any, step: str | int | Wild, rest: tuple[Step, ...], at: tuple[str | int, ...]) -> Iterator[Place]:
    for key, child in _children(data):
        if key == step or (isinstance(step, int) and isinstance(data, list) and step < 0 and key == len(data) + step):
            yield from select(child, rest, (*at, key))
            return
    yield Place(path=(*at, step if isinstance(step, int) else str(step)), value=None, found=False)


def _children(data: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(data, dict):
        yield from ((str(key), child) for key, child in data.items())
    elif isinstance(data, list):
        yield from enumerate(data)
