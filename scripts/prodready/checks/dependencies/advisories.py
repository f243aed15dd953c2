"""Advisories in OSV's own format from a folder or a zip file: what is known of a package, and how old that knowledge is."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.names import shown
from prodready.readers import stamps

RECORD_LIMIT = 4 * 1024 * 1024
ZIP_LIMIT = 512 * 1024 * 1024
UNPACKED_LIMIT = 2 * 1024**3
"""Bytes of all records together."""
MOST = 500_000
_REMEDY = "download https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip there, as the last step before the gate"


@dataclass(slots=True, kw_only=True)
class Advisories:
    """Records by package; ``canary`` adds the planted one."""

    path: str
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_name: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    newest: datetime | None = None
    unreadable: int = 0

    def add(self, record: object) -> None:
        """Takes a record of the Python index; counts what is none."""
        if not isinstance(record, dict) or not isinstance(record.get("id"), str) or not isinstance(record.get("affected", []), list):
            self.unreadable += 1
            return
        names = {name for affected in record.get("affected", []) if (name := _python_package(affected))}
        if not names or record.get("withdrawn"):
            return
        self.records[record["id"]] = record
        for name in names:
            self.by_name.setdefault(name, []).append(record)
        changed = stamps.latest(str(record.get("modified", "")))
        if changed and (self.newest is None or changed > self.newest):
            self.newest = changed

    def matching(self, name: str, version: str) -> list[dict[str, Any]]:
        """The records that affect a version of a package."""
        return [record for record in self.by_name.get(_normal(name), []) if any(_affects(one, _normal(name), version) for one in record["affected"])]


def load(repo: Repo, path: str) -> Advisories:
    """The advisories at a path of the repository. Raises CannotTell when there are none."""
    loaded = Advisories(path=path)
    for raw in _zipped(repo, path) if path.endswith(".zip") else _plain(repo, path):
        try:
            loaded.add(json.loads(raw))
        except (ValueError, RecursionError):
            loaded.unreadable += 1
    if not loaded.records:
        raise CannotTell(f"{shown(path)} holds no advisory of a Python package", _REMEDY)
    return loaded


def _plain(repo: Repo, path: str) -> Iterator[bytes]:
    for name in repo.outputs(f"/{path.strip('/')}/**/*.json"):
        yield repo.raw(name, limit=RECORD_LIMIT)


def _zipped(repo: Repo, path: str) -> Iterator[bytes]:
    left = UNPACKED_LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(repo.raw(path, limit=ZIP_LIMIT))) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".json")]
            for entry in entries[:MOST]:
                left -= entry.file_size
                if entry.file_size > RECORD_LIMIT or left < 0:
                    raise CannotTell(f"{shown(path)} unpacks to more than is read", _REMEDY)
                with archive.open(entry) as stream:
                    yield stream.read(RECORD_LIMIT)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise CannotTell(f"{shown(path)} is no whole zip file: {type(error).__name__}", _REMEDY) from None


def _python_package(affected: object) -> str | None:
    package = affected.get("package") if isinstance(affected, Mapping) else None
    if not isinstance(package, Mapping) or package.get("ecosystem") != "PyPI" or not isinstance(package.get("name"), str):
        return None
    return _normal(package["name"])


def _affects(affected: Mapping[str, Any], name: str, version: str) -> bool:
    """As OSV's specification evaluates it: the list of versions, or any range of the index's own version order."""
    if _python_package(affected) != name:
        return False
    ranges = [one for one in affected.get("ranges") or [] if isinstance(one, Mapping) and one.get("type") == "ECOSYSTEM"]
    return _listed(affected.get("versions") or [], version) or any(_within(one.get("events") or [], version) for one in ranges)


def fixes(record: Mapping[str, Any], name: str, version: str) -> Iterator[str]:
    """The versions after this one in which a record says that a package is mended."""
    ours = _version(version)
    affected = record.get("affected")
    for one in affected if isinstance(affected, list) else ():
        for span in (one.get("ranges") or []) if _python_package(one) == name else ():
            events = span.get("events") if isinstance(span, Mapping) and span.get("type") == "ECOSYSTEM" else None
            yield from (str(event["fixed"]) for event in events or [] if "fixed" in event and _after(str(event["fixed"]), ours))


def _after(version: str, ours: Any) -> bool:
    theirs = _version(version)
    return theirs is not None and (ours is None or theirs > ours)


def ordered(versions: Iterable[str]) -> tuple[str, ...]:
    """Distinct versions, the lowest first."""
    from packaging.version import Version

    return tuple(sorted({version for version in versions if _version(version) is not None}, key=Version))


def _listed(versions: list[object], version: str) -> bool:
    ours = _version(version)
    return any(_version(str(one)) == ours for one in versions)


def _within(events: list[Mapping[str, str]], version: str) -> bool:
    ours, inside = _version(version), False
    if ours is None:
        return True
    for kind, at in sorted(_bounds(events), key=lambda bound: (bound[1] is not None, bound[1])):
        if kind == "introduced" and (at is None or ours >= at):
            inside = True
        elif (kind == "fixed" and at is not None and ours >= at) or (kind == "last_affected" and at is not None and ours > at):
            inside = False
    return inside


def _bounds(events: list[Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    for event in events:
        for kind, at in event.items():
            yield kind, None if at == "0" else _version(at)


def _version(text: str) -> Any:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def age_days(newest: datetime, now: datetime) -> float:
    """How old the newest record is. Negative in the future."""
    return (now.astimezone(UTC) - newest).total_seconds() / 86400
