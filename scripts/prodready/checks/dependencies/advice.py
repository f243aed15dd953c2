"""A source of advisories, be it a service or a copy: what it knows about packages, and how far that can be relied on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.checks.dependencies.advisories import Record
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS
from prodready.names import counted
from prodready.readers.resolved import Key, Package


class Told(Struct, frozen=True, kw_only=True):
    """What a source told about some packages."""

    records: Mapping[Key, Sequence[Record]] = field(default_factory=dict)
    """The advisories that affect each package; the packages that none affects are not named."""
    deaf: Mapping[str, str] = field(default_factory=dict)
    """Package systems about which it told nothing that can be relied on, and why."""


class Served(Struct, frozen=True, kw_only=True):
    """An OSV endpoint."""

    url: str
    canaries: tuple[Package, ...]
    """What it knows to be vulnerable."""

    def canary(self, taken: Collection[str]) -> Package:
        """One of them whose name is not taken. Raises CannotTell when all are."""
        for one in self.canaries:
            if one.name not in taken:
                return one
        raise CannotTell(
            "every package that could prove the source of advisories awake is pinned here itself", "name another: params: {canary: ['pkg:pypi/NAME@VERSION']}"
        )


class Advice(Protocol):
    """A source of advisories."""

    @property
    def words(self) -> str:
        """For the report: ``api.osv.dev``, or the file with its date."""

    @property
    def collected(self) -> datetime | None:
        """The date of the knowledge, None when it is of now."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """What of it could not be read."""

    def about(self, packages: Sequence[Package]) -> Told:
        """What it knows about them. Raises CannotTell when it knows nothing that can be relied on."""

    def named(self, name: str) -> Record | None:
        """An advisory by its name, None when it cannot be had."""

    def served(self, system: str) -> AbstractContextManager[Served]:
        """An OSV endpoint with the same knowledge, for programs that ask themselves."""


def unread(packages: Iterable[Package], deaf: Mapping[str, str]) -> tuple[str, ...]:
    """A gap for each system that nothing was told about."""
    count: dict[str, int] = {}
    for package in packages:
        count[package.system] = count.get(package.system, 0) + 1
    unknown = {system: "advisories of this system are not read" for system in count if system not in ECOSYSTEMS}
    return tuple(f"{counted(count[system], f'{system} package')}: {why}" for system, why in {**unknown, **deaf}.items() if system in count)
