"""The functions of Terraform that policies are built with. Anything else, or anything of unknown values, is unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from prodready.terraform import marks
from prodready.terraform.known import Either, Unknown

MAX_ITEMS = 20_000


class Encoded:
    """What ``jsonencode`` gives: data that stands as text."""

    def __init__(self, data: Any, line: int | None = None) -> None:
        self.data, self.line = data, line


class Object(dict[str, Any]):
    """A mapping that knows its line."""

    line: int | None = None
    path: str = ""


def text_of(value: Any) -> str:
    """The value inside a text, with marks for what is not known."""
    if isinstance(value, str):
        return value
    if isinstance(value, Unknown):
        return marks.unknown(value.name)
    if isinstance(value, Either):
        return marks.unknown(" or ".join(text_of(option)[:40] for option in value.options[:3]))
    if isinstance(value, Encoded):
        return json.dumps(value.data, default=text_of)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else marks.unknown("a value that is no text")


def call(name: str, given: list[Any]) -> Any:
    """The function's value; Unknown when it cannot be told."""
    if name == "jsonencode" and len(given) == 1:
        return Encoded(given[0])
    if name in _TOLERANT:
        return _TOLERANT[name](given)
    unknown = next((each for each in given if isinstance(each, (Unknown, Either))), None)
    if unknown is not None:
        return unknown if isinstance(unknown, Unknown) else Unknown(f"{name} of a choice")
    handler = _EXACT.get(name)
    try:
        return handler(*given) if handler else Unknown(f"{name}()")
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, re.error, MemoryError, OverflowError):
        return Unknown(f"{name}()")


def _concat(given: list[Any]) -> Any:
    found: list[Any] = []
    for each in given:
        found += each if isinstance(each, list) else [each]
    return found[:MAX_ITEMS]


def _merge(given: list[Any]) -> Any:
    found = Object()
    for each in given:
        if not isinstance(each, dict):
            if each is None:
                continue
            return each if isinstance(each, Unknown) else Unknown("merge() of values that are not known")
        found.update(each)
        found.line = found.line or getattr(each, "line", None)
    return found


def _flatten(given: list[Any]) -> Any:
    found: list[Any] = []
    for each in given:
        found += _flatten(each) if isinstance(each, list) else [each]
    return found[:MAX_ITEMS]


def _first_known(given: list[Any]) -> Any:
    for each in given:
        if isinstance(each, (Unknown, Either)):
            return Either(tuple(given)) if len(given) > 1 else each
        if each not in (None, ""):
            return each
    return None


def _join(separator: str, *lists: Any) -> str:
    parts = [text_of(part) for each in lists for part in (each if isinstance(each, list) else [each])]
    return str(separator).join(parts)


def _format(pattern: str, *given: Any) -> str:
    rest = iter(given)
    return re.sub(r"%(%|[-+ 0#]*\d*(?:\.\d+)?[sdvqft])", lambda match: "%" if match[1] == "%" else text_of(next(rest)), str(pattern))


def _replace(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        return marks.unknown("replace() by a pattern")
    return str(text).replace(old, new)


def _lookup(table: dict[str, Any], key: str, *default: Any) -> Any:
    if marks.is_unknown(key):
        return Either(tuple(table.values())) if table else Unknown("lookup()")
    return table[key] if key in table else default[0]


def _set(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for each in values:
        if each not in found:
            found.append(each)
    return found


def _decode(text: str) -> Any:
    return text.data if isinstance(text, Encoded) else Unknown("jsondecode()") if marks.is_unknown(text) else json.loads(text)


_TOLERANT: dict[str, Callable[[list[Any]], Any]] = {
    "concat": _concat,
    "merge": _merge,
    "flatten": _flatten,
    "coalesce": _first_known,
    "try": _first_known,
    "coalescelist": _first_known,
    "toset": lambda given: _set(given[0]) if isinstance(given[0], list) else given[0],
    "tolist": lambda given: given[0],
    "tomap": lambda given: given[0],
    "sensitive": lambda given: given[0],
    "nonsensitive": lambda given: given[0],
    "tostring": lambda given: given[0],
    "distinct": lambda given: _set(given[0]) if isinstance(given[0], list) else given[0],
    "sort": lambda given: given[0],
    "setunion": lambda given: _set(_concat(given)),
    "compact": lambda given: [each for each in given[0] if each not in (None, "")] if isinstance(given[0], list) else given[0],
}
_EXACT: dict[str, Callable[..., Any]] = {
    "join": _join,
    "format": _format,
    "replace": _replace,
    "lookup": _lookup,
    "jsondecode": _decode,
    "split": lambda separator, text: text.split(separator),
    "lower": str.lower,
    "upper": str.upper,
    "trimspace": str.strip,
    "chomp": lambda text: text.rstrip("\r\n"),
    "trimprefix": str.removeprefix,
    "trimsuffix": str.removesuffix,
    "trim": str.strip,
    "title": str.title,
    "length": len,
    "keys": sorted,
    "values": lambda table: [table[key] for key in sorted(table)],
    "contains": lambda values, one: one in values,
    "element": lambda values, at: values[int(at) % len(values)],
    "slice": lambda values, start, end: values[int(start) : int(end)],
    "one": lambda values: values[0] if values else None,
    "range": lambda *given: list(range(*(int(each) for each in given)))[:MAX_ITEMS],
    "reverse": lambda values: values[::-1],
    "formatlist": lambda pattern, *lists: [
        _format(pattern, *row) for row in zip(*((each if isinstance(each, list) else [each]) for each in lists), strict=False)
    ],
    "zipmap": lambda keys, values: Object(zip(map(str, keys), values, strict=False)),
    "startswith": str.startswith,
    "endswith": str.endswith,
    "substr": lambda text, start, size: text[int(start) : int(start) + int(size)] if size >= 0 else text[int(start) :],
    "can": lambda *given: True,
    "setproduct": lambda *lists: [list(row) for row in __import__("itertools").product(*lists)][:MAX_ITEMS],
    "max": max,
    "min": min,
    "tobool": lambda value: value in (True, "true"),
}
