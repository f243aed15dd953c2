"""What lock files say together: third-party packages in exactly one version, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from prodready.names import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
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
    def purl(self) -> str:
        """The package URL, as other tools write it."""
        return f"pkg:{self.system}/{quote(self.name.replace(':', '/'), safe='/')}@{quote(self.version, safe='.+-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The packages of some files."""

    packages: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    """What should have been read and could not be."""
    notes: tuple[str, ...] = ()

    @classmethod
    def all(cls, parts: Iterable[Resolved]) -> Resolved:
        """Everything, each package once: run-time if any file ships it."""
        known = list(parts)
        found: dict[tuple[str, str, str], Package] = {}
        for package in (package for part in known for package in part.packages):
            key = (package.system, package.name, package.version)
            first = found.setdefault(key, package)
            if first is not package:
                found[key] = replace(first, runtime=first.runtime or package.runtime, licence=first.licence or package.licence)
        return cls(
            packages=tuple(found.values()),
            gaps=tuple(dict.fromkeys(gap for part in known for gap in part.gaps)),
            notes=tuple(dict.fromkeys(note for part in known for note in part.notes)),
        )


def gap(path: str, line: int | None, what: str, why: str) -> Resolved:
    """One thing that cannot be told, with its place."""
    return Resolved(gaps=(f"{shown(path)}{f':{line}' if line else ''}: {shown(what)[:120]} {why}",))
