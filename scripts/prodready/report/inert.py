"""JSON of foreign words that every reader and every terminal can take: what controls, hides or reorders text is written as an escape."""

from __future__ import annotations

import json
import re
from functools import cache
from json.encoder import encode_basestring as _quoted
from typing import Any

from msgspec import Struct

from prodready.report.escape import line

_HIDDEN = re.compile(
    "[\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_scalar = json.JSONEncoder(allow_nan=False).encode


def dumped(data: Any) -> str:
    """The data as JSON, indented; the same data gives the same bytes. Structs are written as objects of their fields."""
    return _written(data, "\n")


def _written(value: Any, indent: str) -> str:
    """What ``json.dumps(value, indent=2)`` writes, several times as fast: a report may hold thousands of findings."""
    if isinstance(value, str):
        return _text(value)
    if type(value) is int:
        return str(value)
    deeper = indent + "  "
    if isinstance(value, (list, tuple)):
        return f"[{','.join([deeper + _written(each, deeper) for each in value])}{indent}]" if value else "[]"
    if isinstance(value, dict):
        pairs = [(_text(key), each) for key, each in value.items()]
    elif isinstance(value, Struct):
        pairs = [(quoted, getattr(value, name)) for quoted, name in _names(type(value))]
    else:
        return _scalar(value)
    return f"{{{','.join([f'{deeper}{name}: {_written(each, deeper)}' for name, each in pairs])}{indent}}}" if pairs else "{}"


def _text(value: str) -> str:
    text = _quoted(value)
    return text if text.isascii() and "\x7f" not in text else _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)


@cache
def _names(kind: type[Struct]) -> list[tuple[str, str]]:
    return [(f'"{name}"', name) for name in kind.__struct_fields__]


def filled(text: str, limit: int = 1000, *, blank: str = "not given") -> str:
    """One inert line for formats that take no empty text."""
    return line(text, limit) or blank
