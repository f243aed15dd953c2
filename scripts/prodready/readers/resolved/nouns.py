"""What lock files say together: third-party packages in exactly one version, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from prodready.names import shown


class Package(Struct, frozen=True, kw_only=True):
    """A third-party package in the version that a build would take."""

    system: str
    """The type of its package URL: ``pypi``, ``npm``, ``golang``, ``cargo``, ``maven``."""
    name: str
    """As its registry normalises it; a Maven name is ``group:artifact``."""
    version: str
    path: str
    """The lock file that names it."""
    line: int | None = None
    runtime: bool = True
    """Whether it is part of what is shipped; where a lock file does not say, it is."""
    licence: str = ""
    """The licence in the words of the lock file; empty where it has none, which is the rule."""

    @property
    def key(self) -> Key:
        """What it is, wherever it is named."""
        return self.system, self.name, self.version

    @property
    def purl(self) -> str:
        """The package URL, as other tools write it."""
        return f"pkg:{self.system}/{quote(self.name.replace(':', '/'), safe='/')}@{quote(self.version, safe='.+-')}"


Key = tuple[str, str, str]
"""System, name and version of a package."""


class Resolved(Struct, frozen=True, kw_only=True):
    """The packages of some files."""

    packages: tuple[Package, ...] = ()
    """Each once for each file that names it."""
    gaps: tuple[str, ...] = ()
    """What should have been read and could not be."""
    aside: tuple[str, ...] = ()
    """Such gaps among what is for development only."""
    notes: tuple[str, ...] = ()

    @classmethod
    def all(cls, parts: Iterable[Resolved]) -> Resolved:
        """Everything, in order."""
        known = list(parts)
        return cls(
            packages=_merged((package for part in known for package in part.packages), by_file=True),
            gaps=tuple(dict.fromkeys(gap for part in known for gap in part.gaps)),
            aside=tuple(dict.fromkeys(gap for part in known for gap in part.aside)),
            notes=tuple(dict.fromkeys(note for part in known for note in part.notes)),
        )

    @property
    def distinct(self) -> tuple[Package, ...]:
        """Each package once, with the first file that names it: run-time if any file ships it."""
        return _merged(self.packages, by_file=False)

    @property
    def names(self) -> frozenset[str]:
        """The packages, whatever their version."""
        return frozenset(package.name for package in self.packages)


def _merged(packages: Iterable[Package], *, by_file: bool) -> tuple[Package, ...]:
    found: dict[tuple[Key, str], Package] = {}
    for package in packages:
        key = (package.key, package.path if by_file else "")
        first = found.setdefault(key, package)
        if first is not package:
            found[key] = replace(first, runtime=first.runtime or package.runtime, licence=first.licence or package.licence)
    return tuple(found.values())


def gap(path: str, line: int | None, what: str, why: str, *, runtime: bool = True) -> Resolved:
    """One thing that cannot be told, with its place."""
    words = (f"{shown(path)}{f':{line}' if line else ''}: {shown(what)[:120]} {why}",)
    return Resolved(gaps=words) if runtime else Resolved(aside=words)
