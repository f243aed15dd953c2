"""Lock files of Python: uv, Poetry, PDM, Pipenv, the standard (PEP 751), and pinned requirements. Nothing is resolved and no code is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from prodready.readers import json_text, toml_text
from prodready.readers.lines import lines as split_lines
from prodready.readers.resolved.nouns import Package, Resolved, gap
from prodready.readers.structured import Unreadable

PATTERNS = (
    *("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml"),
    *("*requirements*.txt", "*requirements*.lock", "requirements/*.txt", "requirements/*.lock"),
)
_LOCAL = frozenset(("editable", "virtual", "directory", "file"))
"""Sources that are the team's own code."""
_ASIDE = re.compile(r"(?:^|[-_./])(?:dev|develop|development|test|tests|testing|lint|docs?|typing|ci)(?:[-_./]|$)")
"""What a requirements file is called that ships nothing."""
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*===?\s*(?P<version>[^\s;,*\\]+)\s*(?:$|[;\\]|--)")
_NO_LOCK = "is no lock file of its kind: it has no list of packages"


def read(text: str, path: str) -> Resolved:
    """The packages that the file pins."""
    name = PurePosixPath(path).name
    reader: Callable[[str, str], Resolved] = _requirements
    if name == "Pipfile.lock":
        reader = _pipenv
    elif name == "uv.lock":
        reader = _uv
    elif name in ("poetry.lock", "pdm.lock") or (name.startswith("pylock.") and name.endswith(".toml")):
        reader = _tables
    try:
        return reader(text, path)
    except Unreadable as error:
        return Resolved(gaps=(str(error),))


def normal(name: str) -> str:
    """The name as an index normalises it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _rows(text: str, path: str, key: str) -> Iterator[tuple[dict[str, Any], int | None]]:
    document = toml_text.read(text, name=path)
    rows = document.data.get(key)
    if not isinstance(rows, list) and not {"version", "metadata", "lock-version"} & document.data.keys():
        raise Unreadable(f"{path}: it {_NO_LOCK}")
    for index, row in enumerate(rows or [] if isinstance(rows, list | None) else []):
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            yield row, document.lines.get((key, index))


def _is_local(row: Mapping[str, Any]) -> bool:
    source = row.get("source")
    kinds = {*row, *source, source.get("type")} if isinstance(source, Mapping) else {*row}
    return bool(_LOCAL & kinds)


def _one(row: Mapping[str, Any], path: str, line: int | None, *, runtime: bool) -> Resolved:
    if _is_local(row):
        return Resolved()
    if not isinstance(row.get("version"), str):
        return gap(path, line, row["name"], "has no version")
    return Resolved(packages=(Package(system="pypi", name=normal(row["name"]), version=row["version"], path=path, line=line, runtime=runtime),))


def _tables(text: str, path: str) -> Resolved:
    key = "packages" if PurePosixPath(path).name.startswith("pylock.") else "package"
    return Resolved.all(_one(row, path, line, runtime=_ships(row)) for row, line in _rows(text, path, key))


def _ships(row: Mapping[str, Any]) -> bool:
    """Poetry writes a category or groups, PDM groups; without a word it is shipped."""
    groups = row.get("groups")
    if isinstance(groups, list) and groups:
        return bool({"main", "default"} & {str(group) for group in groups})
    return bool(row.get("category", "main") == "main")


def _uv(text: str, path: str) -> Resolved:
    rows = list(_rows(text, path, "package"))
    shipped = _reached(rows)
    return Resolved.all(_one(row, path, line, runtime=row["name"] in shipped) for row, line in rows)


def _reached(rows: list[tuple[dict[str, Any], int | None]]) -> frozenset[str]:
    """The names that the projects of the lock file reach without their development groups; extras count."""
    needs: dict[str, set[str]] = {}
    for row, _ in rows:
        optional = row.get("optional-dependencies")
        lists = [row.get("dependencies"), *(optional.values() if isinstance(optional, dict) else ())]
        needs.setdefault(row["name"], set()).update(str(each["name"]) for found in lists if isinstance(found, list) for each in found if "name" in each)
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
    rows = [(name, row, group == "default") for group in ("default", "develop") for name, row in _mapping(data.get(group)).items()]
    return Resolved.all(
        _one({"name": name, "version": str(row.get("version", "")).lstrip("=") or None, **({"file": 1} if "path" in row else {})}, path, None, runtime=runtime)
        for name, row, runtime in rows
        if isinstance(row, dict)
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _requirements(text: str, path: str) -> Resolved:
    runtime = not _ASIDE.search(path.lower())
    return Resolved.all(_requirement(line.strip(), path, number, runtime=runtime) for number, line in enumerate(split_lines(text), start=1))


def _requirement(line: str, path: str, number: int, *, runtime: bool) -> Resolved:
    words = re.sub(r"(?:^|\s)#.*$", "", line).strip()
    if not words or words.startswith(("-", ".", "/", "file:")):
        return Resolved()  # options, hashes and local code; a file that is pulled in is read by its own name
    if match := _PINNED.match(words):
        return Resolved(packages=(Package(system="pypi", name=normal(match["name"]), version=match["version"], path=path, line=number, runtime=runtime),))
    if not runtime:
        return Resolved(notes=(f"not looked at: {path}:{number} is for development and pins no version",))
    return gap(path, number, words, "is not pinned: which package will be shipped cannot be known; lock it ('uv pip compile')")
