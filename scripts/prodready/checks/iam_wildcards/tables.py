"""The linter's own knowledge, kept as data beside the code: ``*.yml`` in this folder, each with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Combination:
    """Actions that together let their holder become somebody else."""

    id: str
    needs: tuple[str, ...]
    """Actions in lower case, all of them needed."""
    service: str
    """The service a role is passed to; empty when none is."""
    gains: str
    """What the holder can then do, in words."""

    @property
    def wanted(self) -> frozenset[str]:
        """The needs as a set."""
        return frozenset(self.needs)


@cache
def combinations() -> tuple[Combination, ...]:
    """Every known way up, the shortest first."""
    rows = _read("escalation.yml")["combinations"]
    found = (Combination(row["id"], tuple(need.lower() for need in row["needs"]), row.get("passed_to", ""), row["gains"]) for row in rows)
    return tuple(sorted(found, key=lambda row: (len(row.needs), row.id)))


@cache
def wanted() -> frozenset[str]:
    """Every action that is part of some way up."""
    return frozenset(need for way in combinations() for need in way.needs)


@cache
def levels() -> Mapping[str, Mapping[str, str]]:
    """Access levels that AWS's own table has wrong: service -> action in lower case -> level."""
    out: dict[str, dict[str, str]] = {}
    for level, names in _read("access_levels.yml")["levels"].items():
        for name in names:
            prefix, _, action = name.lower().partition(":")
            out.setdefault(prefix, {})[action] = level
    return out


@cache
def secret_reads() -> frozenset[str]:
    """Actions that only read, but read what is worth stealing."""
    return frozenset(name.lower() for name in _read("access_levels.yml")["secret_reads"])


@cache
def disputed() -> frozenset[str]:
    """Actions of which two sources disagree whether they can be restricted at all."""
    return frozenset(name.lower() for name in _read("access_levels.yml")["disputed"])


@cache
def condition_keys(use: str) -> frozenset[str]:
    """Condition keys, in lower case, that do the thing named ``use``; one that ends in ``/`` stands for all below it."""
    return frozenset(key.lower() for key in _read("conditions.yml")[use])


@cache
def trust() -> Mapping[str, Any]:
    """What is known about those who may assume a role."""
    found: Mapping[str, Any] = _read("trust.yml")
    return found


@cache
def grants(name: str) -> Mapping[str, Any]:
    """What roles of other platforms stand for: ``kubernetes``, ``gcp``, ``azure``, ``managed``."""
    found: Mapping[str, Any] = _read("roles.yml")[name]
    return found


@cache
def _read(name: str) -> Any:
    from prodready import yamltext

    document = yamltext.read((Path(__file__).parent / name).read_text(encoding="utf-8"), name=name)
    return document.data if document else {}
