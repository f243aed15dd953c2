"""Lock files of npm, Yarn and pnpm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from prodready import yamltext
from prodready.readers import json_text
from prodready.readers.lines import lines as split_lines
from prodready.readers.resolved.nouns import Package, Resolved, gap
from prodready.readers.structured import Unreadable

PATTERNS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "!**/node_modules/**")
_MAX = 32 * 1024 * 1024
_ENTRY = re.compile(r'^\s*"((?:[^"]*/)?node_modules/[^"]+)"\s*:')
_YARN = re.compile(r'^"?(?P<name>@?[^@"\s]+)@(?P<range>[^",]*)')
_YARN_VERSION = re.compile(r'^\s+version:?\s+"?(?P<version>[^"\s]+)"?\s*$')
_PNPM = re.compile(r"^/?(?P<name>@?[^@()]+?)[@/](?P<version>\d[^()@/]*)(?:\(.*\))?$")


def read(text: str, path: str) -> Resolved:
    """The packages that the file locks."""
    try:
        match PurePosixPath(path).name:
            case "yarn.lock":
                return _yarn(text, path)
            case "pnpm-lock.yaml":
                return _pnpm(text, path)
            case _:
                return _npm(text, path)
    except (Unreadable, yamltext.YamlError) as error:
        return Resolved(gaps=(str(error),))


def _npm(text: str, path: str) -> Resolved:
    data = json_text.loads(text, name=path)
    rows = data.get("packages") if isinstance(data, dict) else None
    if not isinstance(rows, dict):
        return gap(path, None, "it", "has no 'packages': npm before version 7 wrote it; write it anew with 'npm install --package-lock-only'")
    lines = {match[1]: number for number, line in enumerate(split_lines(text), start=1) if (match := _ENTRY.match(line))}
    return Resolved.all(_package(at, row, path, lines.get(at)) for at, row in rows.items() if "node_modules/" in at and isinstance(row, dict))


def _package(at: str, row: Mapping[str, Any], path: str, line: int | None) -> Resolved:
    if row.get("link"):
        return Resolved()  # a workspace of the team's own
    name = str(row.get("name") or at.rpartition("node_modules/")[2])
    if not isinstance(row.get("version"), str):
        return gap(path, line, name, "has no version")
    found = Package(system="npm", name=name, version=row["version"], path=path, line=line, runtime=not row.get("dev"), licence=words(row))
    return Resolved(packages=(found,))


def words(row: Mapping[str, Any]) -> str:
    """The licence in the words of a package.json; the old list of objects means a choice."""
    given = row.get("license") or row.get("licenses") or ""
    many = [_word(each) for each in (given if isinstance(given, list) else [given])]
    return many[0] if len(many) == 1 else " OR ".join(f"({word})" for word in many if word)


def _word(given: Any) -> str:
    return str(given.get("type") or given.get("name") or "") if isinstance(given, dict) else str(given)


def _yarn(text: str, path: str) -> Resolved:
    found, name, begins = list[Resolved](), "", 0
    for number, line in enumerate(split_lines(text), start=1):
        if (head := _YARN.match(line)) and not line.startswith(("#", "__")):
            local = head["range"].startswith(("workspace:", "link:", "portal:", "file:"))
            name, begins = "" if local else head["name"], number
        elif name and (version := _YARN_VERSION.match(line)):
            found.append(Resolved(packages=(Package(system="npm", name=name, version=version["version"], path=path, line=begins),)))
            name = ""
    if not found and "__metadata" not in text and "yarn lockfile" not in text:
        return gap(path, None, "it", "is no lock file of Yarn")
    return Resolved.all(found)


def _pnpm(text: str, path: str) -> Resolved:
    document = next(iter(yamltext.read_all(text, name=path, max_bytes=_MAX)), None)
    if document is None or not isinstance(document.data, dict) or "lockfileVersion" not in document.data:
        return gap(path, None, "it", "is no lock file of pnpm")
    rows = document.data.get("packages")
    table = rows if isinstance(rows, dict) else {}
    return Resolved.all(_pnpm_row(str(key), row, path, document.line(("packages", str(key)))) for key, row in table.items())


def _pnpm_row(key: str, row: Any, path: str, line: int) -> Resolved:
    match = _PNPM.match(key)
    if not match:
        return gap(path, line, key, "is no name and version")
    return Resolved(
        packages=(
            Package(system="npm", name=match["name"], version=match["version"], path=path, line=line, runtime=not (isinstance(row, dict) and row.get("dev"))),
        )
    )
