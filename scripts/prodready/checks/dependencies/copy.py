"""A dated copy of OSV's advisories in the repository or beside it: folders of records, or OSV's own all.zip of one or several package systems."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.dependencies.advice import Served, Told
from prodready.checks.dependencies.advisories import Record, affects, is_record, named
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS, canaries, normal
from prodready.checks.dependencies.endpoint import serving
from prodready.context import Context, Repo
from prodready.expectation import max_age_seconds
from prodready.names import counted, shown
from prodready.readers import stamps
from prodready.readers.resolved import Package

RECORD_LIMIT = 4 * 1024 * 1024
ZIP_LIMIT = 1024 * 1024 * 1024
UNPACKED_LIMIT = 8 * 1024**3
"""Bytes of all records together."""
MOST = 2_000_000
_REMEDY = "download https://osv-vulnerabilities.storage.googleapis.com/ECOSYSTEM/all.zip there, as the last step before the gate"
_SYSTEMS = {ecosystem.osv: system for system, ecosystem in ECOSYSTEMS.items()}
Name = tuple[str, str]
"""Package system and normalised name."""


@dataclass(slots=True, kw_only=True)
class Copy:
    """The records that speak of some packages, and the date of the newest of each package system."""

    path: str
    limit: float | None = None
    """Seconds the newest record may be old."""
    now: datetime
    named_canaries: tuple[str, ...] = ()
    wanted: Collection[Name] = ()
    by_name: dict[Name, list[Record]] = field(default_factory=dict)
    by_id: dict[str, Record] = field(default_factory=dict)
    newest: dict[str, datetime] = field(default_factory=dict)
    """Package system -> when its newest record was written."""
    count: int = 0
    unreadable: int = 0

    def add(self, record: object) -> None:
        """Takes a record; counts what is none."""
        if not isinstance(record, dict) or not is_record(record):
            self.unreadable += 1
            return
        names = {(system, normal(system, name)) for osv, name in named(record) if (system := _SYSTEMS.get(osv))}
        if not names or record.get("withdrawn"):
            return
        self.count += 1
        self._date(record, {system for system, _ in names})
        for name in names & frozenset(self.wanted) if self.wanted else names:
            self.by_name.setdefault(name, []).append(record)
            self.by_id[record["id"]] = record

    def _date(self, record: Record, systems: Collection[str]) -> None:
        changed = stamps.latest(str(record.get("modified", "")))
        for system in systems if changed else ():
            self.newest[system] = max(changed, self.newest[system]) if system in self.newest else changed  # type: ignore[type-var,assignment]

    @property
    def words(self) -> str:
        newest = f", the newest of {self.collected:%Y-%m-%d}" if self.collected else ""
        return f"{self.count:,} {'advisory' if self.count == 1 else 'advisories'} in {shown(self.path)}{newest}"

    @property
    def collected(self) -> datetime | None:
        """The oldest of the dates: a verdict is no younger than the oldest part of what it rests on."""
        return min((self.newest[system] for system in self._asked if system in self.newest), default=None)

    @property
    def _asked(self) -> frozenset[str]:
        return frozenset(system for system, _ in self.wanted)

    @property
    def gaps(self) -> tuple[str, ...]:
        return (f"{shown(self.path)}: {counted(self.unreadable, 'file')} cannot be read as advisories",) if self.unreadable else ()

    def about(self, packages: Sequence[Package]) -> Told:
        systems = {package.system for package in packages if package.system in ECOSYSTEMS}
        deaf = {system: why for system in sorted(systems) if (why := self._doubt(system))}
        if deaf and len(deaf) == len(systems):
            raise CannotTell(next(iter(deaf.values())), _REMEDY)
        found = {package.key: self.matching(package) for package in packages if package.system in systems - deaf.keys()}
        return Told(records={key: records for key, records in found.items() if records}, deaf=deaf)

    def _doubt(self, system: str) -> str:
        """Why the copy says nothing about a package system that can be relied on."""
        where, osv, newest = shown(self.path), ECOSYSTEMS[system].osv, self.newest.get(system)
        if newest is None:
            return f"no advisory of {osv} in {where} says when it was written"
        age = (self.now - newest).total_seconds()
        if age < -86400:
            return f"the newest advisory of {osv} in {where} is dated {newest:%Y-%m-%d}, in the future: a clock or the file is wrong"
        if self.limit is not None and age > self.limit:
            return f"the newest advisory of {osv} in {where} is of {newest:%Y-%m-%d}, older than {self.limit / 86400:g} d: what became known since is not in it"
        if not any(map(self.matching, canaries(system, self.named_canaries))):
            return f"{where} does not know {canaries(system, self.named_canaries)[0].name} to be vulnerable, as every whole copy of {osv} does"
        return ""

    def matching(self, package: Package) -> list[Record]:
        """The records that affect a package."""
        return [record for record in self.by_name.get((package.system, normal(package.system, package.name)), ()) if affects(record, package)]

    def named(self, name: str) -> Record | None:
        return self.by_id.get(name)

    @contextmanager
    def served(self, system: str) -> Iterator[Served]:
        planted = Planted(copy=self, package=Package(system=system, name=f"prodready-canary-{token_hex(8)}", version="1.0", path=""))
        with serving(planted) as url:
            yield Served(url=url, canaries=(planted.package,))


class Planted(Struct, frozen=True, kw_only=True):
    """A copy that knows one vulnerable package more, new for each run: an old or invented report does not know it."""

    copy: Copy
    package: Package

    def matching(self, package: Package) -> list[Record]:
        """The records that affect a package."""
        return [self._record] if package.key == self.package.key else self.copy.matching(package)

    def named(self, name: str) -> Record | None:
        """An advisory by its name."""
        return self._record if name == self._record["id"] else self.copy.named(name)

    @property
    def _record(self) -> Record:
        affected = {"package": {"ecosystem": ECOSYSTEMS[self.package.system].osv, "name": self.package.name}, "versions": [self.package.version]}
        return {"id": f"{self.package.name}-1", "modified": "1970-01-01T00:00:00Z", "summary": "planted", "affected": [affected]}


def load(ctx: Context, path: str, packages: Sequence[Package], *, max_age: str, named_canaries: tuple[str, ...] = ()) -> Copy:
    """What the copy knows about these packages. Raises CannotTell when it holds nothing of use."""
    systems = {package.system for package in packages if package.system in ECOSYSTEMS}
    every = [*(one for one in packages if one.system in systems), *(one for system in systems for one in canaries(system, named_canaries))]
    wanted = frozenset((one.system, normal(one.system, one.name)) for one in every)
    loaded = Copy(path=path, limit=max_age_seconds(max_age), now=ctx.now, named_canaries=named_canaries, wanted=wanted)
    for raw in _raw(ctx.repo, path):
        try:
            loaded.add(json.loads(raw))
        except (ValueError, RecursionError):
            loaded.unreadable += 1
    if not loaded.count:
        raise CannotTell(f"{shown(path)} holds no advisory", _REMEDY)
    return loaded


def _raw(repo: Repo, path: str) -> Iterator[bytes]:
    """Every record, as bytes."""
    left = [UNPACKED_LIMIT]
    if path.endswith(".zip"):
        yield from _zipped(repo, path, left)
        return
    for name in repo.outputs(f"/{path.strip('/')}/**/*.json"):
        yield repo.raw(name, limit=RECORD_LIMIT)
    for name in repo.outputs(f"/{path.strip('/')}/**/*.zip"):
        yield from _zipped(repo, name, left)


def _zipped(repo: Repo, path: str, left: list[int]) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(repo.raw(path, limit=ZIP_LIMIT))) as archive:
            for entry in [entry for entry in archive.infolist() if entry.filename.endswith(".json")][:MOST]:
                left[0] -= entry.file_size
                if entry.file_size > RECORD_LIMIT or left[0] < 0:
                    raise CannotTell(f"{shown(path)} unpacks to more than is read", _REMEDY)
                with archive.open(entry) as stream:
                    yield stream.read(RECORD_LIMIT)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise CannotTell(f"{shown(path)} is no whole zip file: {type(error).__name__}", _REMEDY) from None
