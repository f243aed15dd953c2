"""The resolved set: which third-party packages a repository ships, in which version, by its lock files and bills of materials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.readers import json_text, toml_text
from prodready.readers.resolved import bom, npm, others, python
from prodready.readers.resolved.nouns import Package, Resolved, gap
from prodready.readers.structured import Unreadable

__all__ = ["SYSTEMS", "Package", "Resolved", "System", "read"]

_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One package system: its lock files, and the manifests that ask for packages without saying which."""

    locks: tuple[str, ...]
    reader: Callable[[str, str], Resolved]
    manifests: tuple[str, ...]
    remedy: str


_NOT_OURS = ("!**/node_modules/**", "!**/vendor/**")
SYSTEMS: Mapping[str, System] = {
    "pypi": System(
        locks=python.PATTERNS, reader=python.read, manifests=("pyproject.toml", "setup.py", "setup.cfg", "Pipfile"), remedy="'uv lock' or 'uv pip compile'"
    ),
    "npm": System(locks=npm.PATTERNS, reader=npm.read, manifests=("package.json", *_NOT_OURS), remedy="'npm install --package-lock-only'"),
    "golang": System(locks=("go.mod", *_NOT_OURS), reader=others.read_go, manifests=(), remedy="'go mod tidy'"),
    "cargo": System(locks=("Cargo.lock", *_NOT_OURS), reader=others.read_cargo, manifests=("Cargo.toml", *_NOT_OURS), remedy="'cargo generate-lockfile'"),
    "maven": System(
        locks=("gradle.lockfile",), reader=others.read_gradle, manifests=("pom.xml", "build.gradle", "build.gradle.kts"),
        remedy="a bill of materials: 'mvn org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom', or 'gradle dependencies --write-locks'",
    ),
}  # fmt: skip


def read(repo: Repo, *, boms: tuple[str, ...] = bom.PATTERNS, exclude: tuple[str, ...] = ()) -> Resolved:
    """Every package of every lock file and bill of materials, and a gap for each package system that is asked and pinned nowhere."""
    aside = tuple(f"!{pattern}" for pattern in exclude)
    parts = {system: _files(repo, repo.files(*known.locks, *aside), known.reader) for system, known in SYSTEMS.items()}
    bills = _files(repo, repo.outputs(*boms, *aside), bom.read)
    locked = {package.system for package in bills.packages} | {system for system, part in parts.items() if part.packages or part.gaps}
    return Resolved.all((*parts.values(), bills, *(_unlocked(repo, known, aside) for system, known in SYSTEMS.items() if system not in locked)))


def _files(repo: Repo, paths: tuple[str, ...], reader: Callable[[str, str], Resolved]) -> Resolved:
    return Resolved.all(_file(repo, path, reader) for path in paths)


def _file(repo: Repo, path: str, reader: Callable[[str, str], Resolved]) -> Resolved:
    try:
        return reader(repo.text(path, limit=_MAX), path)
    except CannotTell as error:
        return Resolved(gaps=(error.reason,))


def _unlocked(repo: Repo, system: System, aside: tuple[str, ...]) -> Resolved:
    asking = [path for path in (repo.files(*system.manifests, *aside) if system.manifests else ()) if _asks(repo, path)]
    return Resolved.all(gap(path, None, "it", f"asks for packages, and no lock file says in which version: write one ({system.remedy})") for path in asking)


def _asks(repo: Repo, path: str) -> bool:
    """Whether a manifest asks for packages; one that cannot be read may."""
    name = PurePosixPath(path).name
    try:
        text = repo.text(path)
        if name.endswith(".toml") or name == "Pipfile":
            return _wants(toml_text.read(text, name=path).data)
        if name == "package.json":
            return _wants(json_text.loads(text, name=path))
    except (CannotTell, Unreadable):
        return True
    return any(word in text for word in ("install_requires", "<dependency", "implementation", "api(", "api "))


def _wants(data: Any) -> bool:
    """A list or table called ``dependencies`` or ``packages`` with something in it, wherever it stands; of groups for development it is not asked."""
    if not isinstance(data, dict):
        return False
    for key, value in data.items():
        if (
            key in ("dependencies", "packages", "optional-dependencies", "optionalDependencies")
            and value
            and (not isinstance(value, dict) or set(value) != {"python"})
        ):
            return True
        if isinstance(value, dict) and key not in ("build-system", "dev-dependencies", "dependency-groups", "group", "devDependencies") and _wants(value):
            return True
    return False
