"""Files that ask for packages without saying which version: each needs a lock file that does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from prodready.checks.dependencies.pins import Pins, gap
from prodready.context import Repo
from prodready.readers import toml_text
from prodready.readers.structured import Unreadable

PATTERNS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "*requirements*.in", "requirements/*.in")
OTHERS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"),
    "Go": ("go.sum", "go.mod"),
    "Rust": ("Cargo.lock",),
    "Java": ("pom.xml", "build.gradle", "build.gradle.kts", "gradle.lockfile"),
    "Ruby": ("Gemfile.lock",),
    "PHP": ("composer.lock",),
    ".NET": ("packages.lock.json", "*.csproj"),
    "conda": ("environment.yml", "environment.yaml", "conda-lock.yml"),
}
_WITHOUT = "asks for packages, and no lock file says in which version: nothing can be audited; write one ('uv lock', 'uv pip compile', 'poetry lock')"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def unlocked(repo: Repo, locks: Mapping[str, Pins]) -> Pins:
    """A gap for each manifest that no lock file answers."""
    return Pins.all(gap(path, None, "it", _WITHOUT) for path in repo.files(*PATTERNS) if not _answered(repo, path, locks))


def _answered(repo: Repo, path: str, locks: Mapping[str, Pins]) -> bool:
    """A lock file beside or above it answers, or all of them together when they pin every package that is asked for."""
    wanted = _wanted(repo, path)
    if wanted is not None and (not wanted or wanted <= Pins.all(locks.values()).names):
        return True
    here = PurePosixPath(path).parent
    return any(PurePosixPath(lock).parent in (here, *here.parents) for lock in locks)


def _wanted(repo: Repo, path: str) -> frozenset[str] | None:
    """The packages that a manifest asks for, None when only running it would tell."""
    name, text = PurePosixPath(path).name, repo.text(path)
    if name == "setup.py":
        return None
    if name.endswith(".in"):
        return frozenset(map(_normal, re.findall(r"(?m)^[A-Za-z0-9][A-Za-z0-9._-]*", text)))
    if name == "setup.cfg":
        return frozenset() if "install_requires" not in text else None
    try:
        data = toml_text.read(text, name=path).data
    except Unreadable:
        return None
    return frozenset(map(_normal, _asked(data, pipfile=name == "Pipfile")))


def _asked(data: Any, *, pipfile: bool) -> Iterator[str]:
    if pipfile:
        yield from (name for group in ("packages", "dev-packages") for name in _table(data, group))
        return
    project, groups = _table(data, "project"), _table(data, "dependency-groups")
    lists = [project.get("dependencies"), *_table(project, "optional-dependencies").values(), *groups.values()]
    for requirement in (one for wanted in lists if isinstance(wanted, list) for one in wanted if isinstance(one, str)):
        if match := _NAME.match(requirement):
            yield match[0]
    yield from (name for name in _table(_table(_table(data, "tool"), "poetry"), "dependencies") if name != "python")


def _table(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def other_systems(repo: Repo) -> tuple[str, ...]:
    """A note for each package system that is used and that this check does not read."""
    found = {system: repo.files(*patterns) for system, patterns in OTHERS.items()}
    return tuple(f"not audited: {files[0]} ({system}); this check reads Python only" for system, files in found.items() if files)
