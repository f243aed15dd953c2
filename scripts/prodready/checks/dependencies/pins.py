"""The nouns of this check: what is pinned where, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prodready.names import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A third-party package in exactly one version."""

    name: str
    """As the index normalises it: lower case, dashes."""
    version: str
    path: str
    line: int | None = None

    @property
    def key(self) -> str:
        """``name==version``."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What files say together."""

    pins: tuple[Pin, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def all(cls, parts: Iterable[Pins]) -> Pins:
        """Everything, in order."""
        known = list(parts)
        return cls(
            pins=tuple(pin for part in known for pin in part.pins),
            gaps=tuple(gap for part in known for gap in part.gaps),
            notes=tuple(dict.fromkeys(note for part in known for note in part.notes)),
        )

    @property
    def names(self) -> frozenset[str]:
        """The packages, whatever their version."""
        return frozenset(pin.name for pin in self.pins)


def pinned(name: str, version: str, path: str, line: int | None = None) -> Pins:
    """The pin, or the gap that it leaves when name or version are none that an index knows."""
    from packaging.utils import InvalidName, canonicalize_name
    from packaging.version import InvalidVersion, Version

    try:
        return Pins(pins=(Pin(name=canonicalize_name(name, validate=True), version=str(Version(version)), path=path, line=line),))
    except (InvalidName, InvalidVersion):
        return gap(path, line, f"{name} {version}"[:80], "is no name and version that an index knows")


def gap(path: str, line: int | None, what: str, why: str) -> Pins:
    """One thing that cannot be audited, with its place."""
    return Pins(gaps=(f"{shown(path)}{f':{line}' if line else ''}: {shown(what)} {why}",))
