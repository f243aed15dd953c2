"""JSON, strictly: no duplicate keys, no NaN, bounded nesting; with lines where the text is small enough to look for them."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from prodready import yamltext
from prodready.readers.structured import Unreadable
from prodready.yamltext import Document

LINES_UP_TO = 256 * 1024
"""Characters of text in which lines are looked up; larger files are data and are pointed at as a whole."""


def loads(text: str, *, name: str) -> Any:
    """The value. Raises Unreadable naming the line."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = "cut off before its end" if not text[error.pos :].strip() else f"not valid JSON: {error.msg}"
        raise Unreadable(f"{name}:{error.lineno}: {what}") from None
    except RecursionError:
        raise Unreadable(f"{name}:1: nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"{name}:1: not valid JSON: {error}") from None


def read(text: str, *, name: str) -> Document:
    """The document with its lines. Raises Unreadable."""
    return Document(data=loads(text, name=name), lines=_lines(text, name))


def _lines(text: str, name: str) -> dict[yamltext.Path, int]:
    if len(text) > LINES_UP_TO:
        return {}
    try:
        return yamltext.read(text, name=name).lines  # JSON is YAML, but for oddities such as tabs
    except yamltext.YamlError:
        return {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:60]!r} is given twice")
    return data


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
"""Made once: making it takes as long as reading a small text."""
