"""Lock files of Go, Cargo and Gradle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready.readers import toml_text
from prodready.readers.lines import lines as split_lines
from prodready.readers.resolved.nouns import Package, Resolved, gap
from prodready.readers.resolved.whole import missing
from prodready.readers.structured import Unreadable

_REQUIRE = re.compile(r"^\s*(?:require\s+)?(?P<name>[\w.~-]+\.[\w.~/-]+)\s+(?P<version>v\d\S*)")
_REPLACE = re.compile(r"^\s*(?:replace\s+)?(?P<name>[\w.~/-]+)(?:\s+v\S+)?\s+=>\s+(?P<to>\S+)(?:\s+(?P<version>v\S+))?")
_GRADLE = re.compile(r"^(?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[\w.+-]+)=(?P<uses>\S*)$")


def read_go(text: str, path: str) -> Resolved:
    """The modules of a go.mod; since Go 1.17 it names every module that the build takes."""
    if not re.search(r"(?m)^module\s+\S", text):
        return gap(path, None, "it", "is no go.mod: no line names the module")
    rows = [(number, line.partition("//")[0]) for number, line in enumerate(split_lines(text), start=1)]
    replaced = {match["name"]: match for _, line in rows if (match := _REPLACE.match(line))}
    found = Resolved.all(_module(match, replaced, path, number) for number, line in rows if "=>" not in line and (match := _REQUIRE.match(line)))
    version = re.search(r"(?m)^go\s+1\.(\d+)", text)
    if found.packages and (not version or int(version[1]) < 17):
        return Resolved.all((found, gap(path, None, "it", "is of Go before 1.17 and does not name every module: run 'go mod tidy' with a newer 'go' line")))
    return found


def _module(match: re.Match[str], replaced: dict[str, re.Match[str]], path: str, line: int) -> Resolved:
    name, version = match["name"], match["version"]
    if other := replaced.get(name):
        if other["to"].startswith((".", "/")):
            return Resolved()  # code of the team's own
        name, version = other["to"], other["version"] or version
    return Resolved(packages=(Package(system="golang", name=name, version=version, path=path, line=line),))


def read_cargo(text: str, path: str) -> Resolved:
    """The crates of a Cargo.lock. It does not say which are for tests or the build only: all count as shipped."""
    try:
        document = toml_text.read(text, name=path)
    except Unreadable as error:
        return Resolved(gaps=(str(error),))
    rows = document.data.get("package")
    if not isinstance(rows, list):
        return Resolved() if "version" in document.data else gap(path, None, "it", "is no lock file of Cargo")
    crates = Resolved.all(_crate(row, path, document.lines.get(("package", index))) for index, row in enumerate(rows))
    return Resolved.all((crates, missing(_crates(rows), path)))


def _crate(row: Any, path: str, line: int | None) -> Resolved:
    """A crate of a registry; what has no source is a member of the workspace."""
    if not isinstance(row, dict) or "name" not in row or "version" not in row:
        return gap(path, line, "an entry", "has no name or no version: the file was cut off")
    crate = Package(system="cargo", name=str(row["name"]), version=str(row["version"]), path=path, line=line)
    return Resolved(packages=(crate,)) if "source" in row else Resolved()


def _crates(rows: list[Any]) -> dict[str, set[str]]:
    """Each crate of the file, and the names of those it asks for: ``name``, ``name version`` or ``name version (source)``."""
    needs: dict[str, set[str]] = {}
    for row in rows:
        if isinstance(row, dict) and "name" in row:
            wanted = row.get("dependencies")
            needs.setdefault(str(row["name"]), set()).update(str(each).partition(" ")[0] for each in (wanted if isinstance(wanted, list) else ()))
    return needs


def read_gradle(text: str, path: str) -> Resolved:
    """The artifacts of a gradle.lockfile; those of no run-time class path are not shipped."""
    return Resolved.all(_artifacts(text, path))


def _artifacts(text: str, path: str) -> Iterator[Resolved]:
    for number, line in enumerate(split_lines(text), start=1):
        words = line.strip()
        if not words or words.startswith(("#", "empty=")):
            continue
        match = _GRADLE.match(words)
        if not match:
            yield gap(path, number, words, "is no line of a gradle.lockfile")
            continue
        runtime = any(use == "runtimeClasspath" or (use.endswith("RuntimeClasspath") and not use.startswith("test")) for use in match["uses"].split(","))
        yield Resolved(
            packages=(Package(system="maven", name=f"{match['group']}:{match['name']}", version=match["version"], path=path, line=number, runtime=runtime),)
        )
