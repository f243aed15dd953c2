"""TOML with the line of every key: the library parses, the lines are found beside it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from prodready.readers.lines import lines as split_lines
from prodready.readers.structured import Unreadable
from prodready.yamltext import Document, Path

_HEADER = re.compile(r"\s*\[(?P<many>\[)?(?P<key>[^\[\]\n]{1,500})\](?:\])?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*(?P<key>[^=#\[\]{},\n]{1,500}?)\s*=")


def read(text: str, *, name: str) -> Document:
    """The document. Raises Unreadable naming the line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise Unreadable(f"{name}:{line[1] if line else text.count(chr(10)) + 1}: not valid TOML: {error}") from None
    except (RecursionError, ValueError):
        raise Unreadable(f"{name}:1: not valid TOML: nested too deeply, or a number too long") from None
    return Document(data=data, lines=_lines(text, data))


def _lines(text: str, data: dict[str, Any]) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(split_lines(text), start=1):
        if header := _HEADER.match(line):
            table = _resolve(_parts(header["key"]), counts)
            if header["many"]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif (key := _KEY.match(line)) and (path := (*table, *_parts(key["key"]))) and _has(data, path):
            lines.setdefault(path, number)
    return lines


def _parts(key: str) -> Path:
    """``a."b.c"`` -> ("a", "b.c"), by the library's own rules; empty for what is no key."""
    try:
        data, parts = tomllib.loads(f"{key} = 0"), list[str]()
    except ValueError:
        return ()
    while isinstance(data, dict) and len(data) == 1:
        ((part, data),) = data.items()
        parts.append(part)
    return tuple(parts)


def _resolve(parts: Path, counts: dict[Path, int]) -> Path:
    """A header below an array of tables means its latest element."""
    path: Path = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        if path in counts and index < len(parts) - 1:
            path = (*path, counts[path])
    return path


def _has(data: Any, path: Path) -> bool:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
