"""Lock files of uv, Poetry, PDM, Pipenv and of the standard (PEP 751), read by ourselves and never resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from prodready.checks.dependencies.pins import Pins, gap, pinned
from prodready.readers import json_text, toml_text
from prodready.readers.structured import Unreadable
from prodready.yamltext import Document

LOCAL = frozenset(("editable", "virtual", "directory"))
"""Sources that are the team's own code."""

SIGNS = frozenset(("version", "metadata", "lock-version"))
"""What a lock file of uv, of Poetry or PDM, and of the standard has even where it locks nothing."""


def reader(path: str) -> Callable[[str, str], Pins] | None:
    """What reads a lock file of that name; None when it is no lock file."""
    name = PurePosixPath(path).name
    if name in ("uv.lock", "poetry.lock", "pdm.lock"):
        return _packages
    if name == "Pipfile.lock":
        return _pipenv
    return _pylock if name.startswith("pylock.") and name.endswith(".toml") else None


def _packages(text: str, path: str) -> Pins:
    return _tables(text, path, "package")


def _pylock(text: str, path: str) -> Pins:
    return _tables(text, path, "packages")


def _tables(text: str, path: str, key: str) -> Pins:
    try:
        document = toml_text.read(text, name=path)
    except Unreadable as error:
        return Pins(gaps=(str(error),))
    entries = document.data.get(key, [])
    if not isinstance(entries, list) or not (entries or SIGNS & {*document.data}):
        return gap(path, None, "it", f"is no lock file: there is no list of [[{key}]]")
    return Pins.all(_entry(entry, path, _line(document, key, index)) for index, entry in enumerate(entries))


def _line(document: Document, key: str, index: int) -> int | None:
    return document.lines.get((key, index))


def _entry(entry: Any, path: str, line: int | None) -> Pins:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        return gap(path, line, "an entry", "has no name")
    source = entry.get("source")
    if LOCAL & {*entry, *(source if isinstance(source, Mapping) else ()), *_kind(source)}:
        return Pins()
    version = entry.get("version")
    if not isinstance(version, str):
        return gap(path, line, entry["name"], "has no version: no advisory can be held against it")
    return pinned(entry["name"], version, path, line)


def _kind(source: Any) -> Iterator[str]:
    """Poetry names the kind of a source instead of using it as a key."""
    if isinstance(source, Mapping) and isinstance(source.get("type"), str):
        yield source["type"]


def _pipenv(text: str, path: str) -> Pins:
    try:
        data = json_text.loads(text, name=path)
    except Unreadable as error:
        return Pins(gaps=(str(error),))
    if not isinstance(data, Mapping) or "_meta" not in data:
        return gap(path, None, "it", "is no lock file of Pipenv")
    groups = [data.get(group, {}) for group in ("default", "develop")]
    return Pins.all(_locked(name, entry, path) for group in groups if isinstance(group, Mapping) for name, entry in group.items())


def _locked(name: str, entry: Any, path: str) -> Pins:
    if isinstance(entry, Mapping) and ("path" in entry or entry.get("editable") is True):
        return Pins(notes=(f"not audited: {path} installs local code",))
    version = entry.get("version") if isinstance(entry, Mapping) else None
    if not isinstance(version, str) or not version.startswith("=="):
        return gap(path, None, name, "has no version: no advisory can be held against it")
    return pinned(name, version.lstrip("="), path)
