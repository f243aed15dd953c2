"""What one advisory says, in OSV's format (ossf.github.io/osv-schema): whom it affects, and since which version no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodready.checks.dependencies.ecosystems import ECOSYSTEMS, normal, version
from prodready.readers.resolved import Package

Record = Mapping[str, Any]
_ORDERED = ("SEMVER", "ECOSYSTEM")
"""Ranges over versions; those over commits (GIT) say nothing of a release."""


def is_record(data: object) -> bool:
    """Whether this is an advisory at all."""
    return isinstance(data, dict) and isinstance(data.get("id"), str) and isinstance(data.get("affected", []), list)


def named(record: Record) -> Iterator[tuple[str, str]]:
    """Ecosystem and name of each package that the advisory speaks of, as OSV writes them."""
    for affected in record.get("affected") or ():
        package = affected.get("package") if isinstance(affected, Mapping) else None
        if isinstance(package, Mapping) and isinstance(package.get("name"), str) and isinstance(package.get("ecosystem"), str):
            yield package["ecosystem"].partition(":")[0], package["name"]


def speaks_of(record: Record, package: Package) -> bool:
    """Whether the advisory is about that package, in whichever version."""
    return any(_is(pair, package) for pair in named(record))


def affects(record: Record, package: Package) -> bool:
    """As OSV's specification evaluates it: the list of versions, or any range in the system's own order."""
    return any(_hit(affected, package) for affected in _parts(record, package))


def fixes(record: Record, package: Package) -> Iterator[str]:
    """The versions after this one in which the advisory says that the package is mended."""
    ours = version(package.system, package.version)
    for affected in _parts(record, package):
        for event in (event for span in _spans(affected) for event in _events(span)):
            theirs = version(package.system, str(event["fixed"])) if "fixed" in event else None
            if theirs is not None and (ours is None or theirs > ours):
                yield str(event["fixed"])


def _parts(record: Record, package: Package) -> Iterator[Mapping[str, Any]]:
    for affected in record.get("affected") or ():
        if any(_is(pair, package) for pair in named({"affected": [affected]})):
            yield affected


def _is(pair: tuple[str, str], package: Package) -> bool:
    ecosystem, name = pair
    return ECOSYSTEMS[package.system].osv == ecosystem and normal(package.system, name) == normal(package.system, package.name)


def _hit(affected: Mapping[str, Any], package: Package) -> bool:
    listed, spans = affected.get("versions") or [], list(_spans(affected))
    if not listed and not affected.get("ranges"):
        return True  # nothing says which versions: then none of them is known to be well
    ours = version(package.system, package.version)
    if package.version in listed or (ours is not None and any(version(package.system, str(one)) == ours for one in listed)):
        return True
    return any(ours is None or _within(_events(span), ours, package.system) for span in spans)


def _spans(affected: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (span for span in affected.get("ranges") or () if isinstance(span, Mapping) and span.get("type") in _ORDERED)


def _events(span: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [event for event in span.get("events") or () if isinstance(event, Mapping)]


def _within(events: Sequence[Mapping[str, Any]], ours: Any, system: str) -> bool:
    """Whether the last event at or before our version leaves it inside."""
    inside = False
    for kind, at in sorted(_bounds(events, system), key=lambda bound: (bound[1] is not None, bound[1])):
        if kind == "introduced" and (at is None or ours >= at):
            inside = True
        elif (kind == "fixed" and at is not None and ours >= at) or (kind == "last_affected" and at is not None and ours > at):
            inside = False
    return inside


def _bounds(events: Sequence[Mapping[str, Any]], system: str) -> Iterator[tuple[str, Any]]:
    for event in events:
        for kind, at in event.items():
            yield kind, None if at == "0" else version(system, str(at))
