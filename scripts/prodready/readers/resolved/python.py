"""Lock files of Python: uv, Poetry, PDM, Pipenv and the standard (PEP 751). Nothing is resolved and no code is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from prodready.readers import json_text, toml_text
from prodready.readers.resolved import requirements
from prodready.readers.resolved.nouns import Resolved, gap
from prodready.readers.resolved.requirements import pinned
from prodready.readers.resolved.whole import missing
from prodready.readers.structured import Unreadable

PATTERNS = (
    *("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml"),
    *("*requirements*.txt", "*requirements*.lock", "requirements/*.txt", "requirements/*.lock"),
)
LOCAL = frozenset(("editable", "virtual", "directory"))
"""Sources that are the team's own code."""
_SIGNS = frozenset(("version", "metadata", "lock-version"))
"""What a lock file of uv, of Poetry or PDM, and of the standard has even where it locks nothing."""
_NO_LOCK = "is no lock file of its kind: it has no list of packages"
_NO_VERSION = "has no version: nothing that is known of versions can be held against it"


def read(text: str, path: str) -> Resolved:
    """The packages that the file pins."""
    reader = _readers(path) or requirements.read
    try:
        return reader(text, path)
    except Unreadable as error:
        return Resolved(gaps=(str(error),))


def is_requirements(path: str) -> bool:
    """Whether a file lists requirements, and may so pull in others."""
    return _readers(path) is None


def _readers(path: str) -> Callable[[str, str], Resolved] | None:
    name = PurePosixPath(path).name
    if name == "Pipfile.lock":
        return _pipenv
    if name == "uv.lock":
        return _uv
    return _tables if name in ("poetry.lock", "pdm.lock") or (name.startswith("pylock.") and name.endswith(".toml")) else None


def normal(name: str) -> str:
    """The name as an index normalises it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _rows(text: str, path: str) -> Iterator[tuple[dict[str, Any], int | None]]:
    document, standard = toml_text.read(text, name=path), PurePosixPath(path).name.startswith("pylock.")
    if standard and ("packages" not in document.data or not str(document.data.get("lock-version")).startswith("1.")):  # PEP 751 asks for both
        raise Unreadable(f"{path}: it {_NO_LOCK} of version 1, or was cut off")
    key = "packages" if standard else "package"
    rows = document.data.get(key, [])
    if not isinstance(rows, list) or not (rows or _SIGNS & document.data.keys()):
        raise Unreadable(f"{path}: it {_NO_LOCK}")
    for index, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise Unreadable(f"{path}: entry {index + 1} has no name")
        yield row, document.lines.get((key, index))


def _is_local(row: Mapping[str, Any]) -> bool:
    source = row.get("source")
    kinds = {*row, *source, str(source.get("type"))} if isinstance(source, Mapping) else {*row}
    return bool(LOCAL & kinds)


def _one(row: Mapping[str, Any], path: str, line: int | None, *, runtime: bool) -> Resolved:
    if _is_local(row):
        return Resolved()
    if not isinstance(row.get("version"), str):
        return gap(path, line, row["name"], _NO_VERSION, runtime=runtime)
    return pinned(row["name"], row["version"], path, line, runtime=runtime)


def _tables(text: str, path: str) -> Resolved:
    rows = Resolved.all(_one(row, path, line, runtime=_ships(row)) for row, line in _rows(text, path))
    cut = PurePosixPath(path).name == "poetry.lock" and not re.search(r"(?m)^\[metadata\]", text)
    return Resolved.all((rows, gap(path, None, "it", "has no [metadata], which Poetry writes at its end: it was cut off"))) if cut else rows


def _ships(row: Mapping[str, Any]) -> bool:
    """Poetry writes a category or groups, PDM groups; without a word it is shipped."""
    groups = row.get("groups")
    if isinstance(groups, list) and groups:
        return bool({"main", "default"} & {str(group) for group in groups})
    return bool(row.get("category", "main") == "main")


def _uv(text: str, path: str) -> Resolved:
    rows = list(_rows(text, path))
    needs = _needs(rows, "optional-dependencies")
    shipped = _reached(rows, needs)
    read = Resolved.all(_one(row, path, line, runtime=row["name"] in shipped) for row, line in rows)
    return Resolved.all((read, missing(_needs(rows, "optional-dependencies", "dev-dependencies"), path)))


def _needs(rows: list[tuple[dict[str, Any], int | None]], *groups: str) -> dict[str, set[str]]:
    """The names that each package of the file asks for, also in these groups."""
    needs: dict[str, set[str]] = {}
    for row, _ in rows:
        more = [found for group in groups if isinstance(found := row.get(group), dict)]
        lists = [row.get("dependencies"), *(found for group in more for found in group.values())]
        wanted = (each for found in lists if isinstance(found, list) for each in found)
        needs.setdefault(row["name"], set()).update(str(each["name"]) for each in wanted if isinstance(each, dict) and "name" in each)
    return needs


def _reached(rows: list[tuple[dict[str, Any], int | None]], needs: Mapping[str, set[str]]) -> frozenset[str]:
    """The names that the projects of the lock file reach without their development groups; extras count."""
    todo = [row["name"] for row, _ in rows if _is_local(row)] or list(needs)
    reached = set[str]()
    while todo:
        if (name := todo.pop()) not in reached:
            reached.add(name)
            todo += needs.get(name, ())
    return frozenset(reached)


def _pipenv(text: str, path: str) -> Resolved:
    data = json_text.loads(text, name=path)
    if not isinstance(data, dict) or "_meta" not in data:
        return gap(path, None, "it", _NO_LOCK)
    groups = ((name, data.get(name)) for name in ("default", "develop"))
    return Resolved.all(
        _locked(package, row, path, runtime=group == "default") for group, rows in groups if isinstance(rows, dict) for package, row in rows.items()
    )


def _locked(name: str, row: Any, path: str, *, runtime: bool) -> Resolved:
    if isinstance(row, dict) and ("path" in row or row.get("editable") is True):
        return Resolved(notes=(f"not looked at: {path} installs local code",))
    version = row.get("version") if isinstance(row, dict) else None
    if not isinstance(version, str) or not version.startswith("=="):
        return gap(path, None, name, _NO_VERSION, runtime=runtime)
    return pinned(name, version.lstrip("="), path, None, runtime=runtime)
