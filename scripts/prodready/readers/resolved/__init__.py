"""The resolved set: which third-party packages a repository uses, in which version, by its lock files and bills of materials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.readers.resolved import asked, bom, npm, others, python, requirements
from prodready.readers.resolved.nouns import Key, Package, Resolved, gap

__all__ = ["SYSTEMS", "Key", "Package", "Resolved", "System", "read"]

_MAX = 32 * 1024 * 1024


class System(Struct, frozen=True, kw_only=True):
    """One package system: its lock files, and the manifests that ask for packages without saying which."""

    locks: tuple[str, ...]
    reader: Callable[[str, str], Resolved]
    manifests: tuple[str, ...]
    remedy: str


_NOT_OURS = ("!**/node_modules/**", "!**/vendor/**")
SYSTEMS: Mapping[str, System] = {
    "pypi": System(
        locks=python.PATTERNS, reader=python.read, manifests=("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "*requirements*.in", "requirements/*.in"),
        remedy="'uv lock', 'uv pip compile' or 'poetry lock'",
    ),
    "npm": System(locks=npm.PATTERNS, reader=npm.read, manifests=("package.json", *_NOT_OURS), remedy="'npm install --package-lock-only'"),
    "golang": System(locks=("go.mod", *_NOT_OURS), reader=others.read_go, manifests=(), remedy="'go mod tidy'"),
    "cargo": System(locks=("Cargo.lock", *_NOT_OURS), reader=others.read_cargo, manifests=("Cargo.toml", *_NOT_OURS), remedy="'cargo generate-lockfile'"),
    "maven": System(
        locks=("gradle.lockfile",), reader=others.read_gradle, manifests=("pom.xml", "build.gradle", "build.gradle.kts"),
        remedy="a bill of materials: 'mvn org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom', or 'gradle dependencies --write-locks'",
    ),
}  # fmt: skip


def read(repo: Repo, *, boms: tuple[str, ...] = bom.PATTERNS, exclude: tuple[str, ...] = (), systems: Collection[str] = ()) -> Resolved:
    """Every package of every lock file and bill of materials, and a gap for each manifest that none of them answers; ``systems`` takes some only."""
    aside = tuple(f"!{pattern}" for pattern in exclude)
    bills = _files(repo, repo.outputs(*boms, *aside), bom.read)
    chosen = {name: system for name, system in SYSTEMS.items() if not systems or name in systems}
    listed = tuple(package for package in bills.packages if not systems or package.system in systems)
    parts = [Resolved(packages=listed, gaps=bills.gaps, notes=bills.notes)]
    for name, system in chosen.items():
        locks = _locks(repo, system, aside)
        billed = any(package.system == name for package in listed)
        parts += [*locks.values(), *([] if billed else [_unlocked(repo, system, locks, aside)])]
    return Resolved.all(parts)


def _files(repo: Repo, paths: tuple[str, ...], reader: Callable[[str, str], Resolved]) -> Resolved:
    return Resolved.all(_file(repo, path, reader) for path in paths)


def _file(repo: Repo, path: str, reader: Callable[[str, str], Resolved]) -> Resolved:
    try:
        return reader(repo.text(path, limit=_MAX), path)
    except CannotTell as error:
        return Resolved(gaps=(error.reason,))


def _locks(repo: Repo, system: System, aside: tuple[str, ...]) -> dict[str, Resolved]:
    """Lock file -> what it says, the requirement files that others pull in among them."""
    todo, found = list(repo.files(*system.locks, *aside)), dict[str, Resolved]()
    while todo:
        if (path := todo.pop(0)) in found:
            continue
        found[path] = _file(repo, path, system.reader)
        if system.reader is python.read and python.is_requirements(path):
            more, missing = _included(repo, path)
            todo += more
            found[path] = Resolved.all((found[path], missing))
    return found


def _included(repo: Repo, path: str) -> tuple[list[str], Resolved]:
    try:
        text = repo.text(path, limit=_MAX)
    except CannotTell:
        return [], Resolved()  # already a gap
    files, here = frozenset(repo.files()), PurePosixPath(path).parent
    more, missing = list[str](), list[Resolved]()
    for line, name in requirements.included(text):
        target = _plain(here / name)
        if target in files:
            more.append(target)
        else:
            missing.append(gap(path, line, name, "is pulled in and is not under the gate", runtime=requirements.is_shipped(path)))
    return more, Resolved.all(missing)


def _plain(path: PurePosixPath) -> str:
    """The path without ``..``; one that leaves the root matches no file."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _unlocked(repo: Repo, system: System, locks: Mapping[str, Resolved], aside: tuple[str, ...]) -> Resolved:
    """A gap for each manifest that no lock file answers."""
    names = Resolved.all(locks.values()).names
    paths = repo.files(*system.manifests, *aside) if system.manifests else ()
    return Resolved.all(_manifest(repo, path, system, locks, names) for path in paths)


def _manifest(repo: Repo, path: str, system: System, locks: Mapping[str, Resolved], names: frozenset[str]) -> Resolved:
    """A lock file beside or above it answers, or all of them together when they pin every package that is asked for."""
    here = PurePosixPath(path).parent
    if any(PurePosixPath(lock).parent in (here, *here.parents) for lock in locks):
        return Resolved()
    try:
        wanted = asked.read(repo.text(path), path)
    except CannotTell:
        wanted = asked.UNTOLD
    if wanted.nothing or (wanted.told and wanted.names <= names):
        return Resolved()
    why = f"asks for packages, and no lock file says in which version; write one ({system.remedy})"
    return gap(path, None, "it", why, runtime=bool(wanted.shipped) or not wanted.told)
