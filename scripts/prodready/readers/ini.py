"""INI, properties and unit files (``[section]``, ``key = value``) and .env files; a key given twice in a section becomes a list."""

from __future__ import annotations

import re
from typing import Any

from prodready.readers.lines import lines as split_lines
from prodready.readers.structured import Unreadable
from prodready.yamltext import Document, Path

LONGEST = 10_000
"""Characters of a line that are looked at."""
_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]\s*(?:[#;].*)?")
_PAIR = re.compile(r"(?P<key>[^=:\s][^=:]*?)\s*[=:]\s*(?P<value>.*)")
_ENV = re.compile(r"(?:export\s+)?(?P<key>[A-Za-z_][\w.-]*)\s*(?:=\s*(?P<value>.*))?")


def read(text: str, *, name: str) -> Document:
    """Sections as mappings; keys before any section at the top. Raises Unreadable naming the line."""
    data: dict[str, Any] = {}
    lines: dict[Path, int] = {}
    section: tuple[str, ...] = ()
    last: Path = ()
    for number, raw in enumerate(split_lines(text), start=1):
        line = raw.strip()[:LONGEST]
        if not line or line[0] in "#;!":
            continue
        if raw[0].isspace() and last:
            _continue(data, last, line)
        elif header := _SECTION.fullmatch(line):
            section, last = (header["name"].strip(),), ()
            data.setdefault(section[0], {})
            lines.setdefault(section, number)
        else:
            last = _keep(data, lines, section, _pair(line, f"{name}:{number}"), number)
    return Document(data=data, lines=lines)


def _pair(line: str, where: str) -> tuple[str, str | None]:
    if match := _PAIR.fullmatch(line):
        return match["key"], match["value"]
    if re.fullmatch(r"[\w.-]+", line):
        return line, None
    raise Unreadable(f"{where}: neither a [section] nor 'key = value'")


def _keep(data: dict[str, Any], lines: dict[Path, int], section: tuple[str, ...], pair: tuple[str, str | None], number: int) -> Path:
    key, value = pair
    home = data[section[0]] if section else data
    if not isinstance(home, dict) or (key in home and isinstance(home[key], dict)):
        raise Unreadable(f"line {number}: {key!r} is a section and a value")
    if key in home:
        home[key] = [*(home[key] if isinstance(home[key], list) else [home[key]]), value]
    else:
        home[key] = value
    lines.setdefault((*section, key), number)
    return (*section, key)


def _continue(data: dict[str, Any], path: Path, line: str) -> None:
    home = data[str(path[0])] if len(path) > 1 else data
    key = str(path[-1])
    if isinstance(home[key], list):
        home[key][-1] = f"{home[key][-1] or ''}\n{line}".lstrip("\n")
    else:
        home[key] = f"{home[key] or ''}\n{line}".lstrip("\n")


def read_env(text: str, *, name: str) -> Document:
    """``KEY=value`` lines, quotes removed; the last of equal keys counts, as in a shell. Raises Unreadable naming the line."""
    data: dict[str, str | None] = {}
    lines: dict[Path, int] = {}
    for number, raw in enumerate(split_lines(text), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _ENV.fullmatch(line)
        if match is None:
            raise Unreadable(f"{name}:{number}: not of the form KEY=value")
        data[match["key"]] = _unquoted(match["value"], f"{name}:{number}")
        lines[(match["key"],)] = number
    return Document(data=data, lines=lines)


def _unquoted(value: str | None, where: str) -> str | None:
    if value is None or value[:1] not in ("'", '"'):
        return value and re.split(r"\s#", value)[0].strip()
    closing = value.find(value[0], 1)
    if closing < 0:
        raise Unreadable(f"{where}: the quote is not closed on its line")
    return value[1:closing]
