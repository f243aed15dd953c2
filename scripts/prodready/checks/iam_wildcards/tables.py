"""The linter's own knowledge: ``*.yml`` in this folder, each with its sources, as ``generate`` compiled them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct


class Combination(Struct, frozen=True):
    """Actions that together let their holder become somebody else."""

    id: str
    needs: tuple[str, ...]
    """Actions in lower case, all of them needed."""
    service: str
    """The service a role is passed to; empty when none is."""
    gains: str
    """What the holder can then do, in words."""
    wanted: frozenset[str]
    """The needs as a set."""


@cache
def combinations() -> tuple[Combination, ...]:
    """Every known way up, the shortest first."""
    rows = _read("escalation")["combinations"]
    found = (_combination(row["id"], tuple(need.lower() for need in row["needs"]), row) for row in rows)
    return tuple(sorted(found, key=lambda row: (len(row.needs), row.id)))


@cache
def of_itself() -> tuple[Mapping[str, str], ...]:
    """Actions that raise their holder when their resource is the holder or what it holds: ``need``, the type ``of`` the resource, ``gains``."""
    return tuple({**row, "need": row["need"].lower()} for row in _read("escalation")["of_itself"])


def _combination(name: str, needs: tuple[str, ...], row: Mapping[str, Any]) -> Combination:
    return Combination(name, needs, row.get("passed_to", ""), row["gains"], frozenset(needs))


@cache
def wanted() -> frozenset[str]:
    """Every action that is part of some way up."""
    return frozenset(need for way in combinations() for need in way.needs)


@cache
def condition_keys(use: str) -> frozenset[str]:
    """Condition keys, in lower case, that do the thing named ``use``; one that ends in ``/`` stands for all below it."""
    return frozenset(key.lower() for key in _read("conditions")[use])


@cache
def trust() -> Mapping[str, Any]:
    """What is known about those who may assume a role."""
    found: Mapping[str, Any] = _read("trust")
    return found


@cache
def grants(name: str) -> Mapping[str, Any]:
    """What roles of other platforms stand for: ``kubernetes``, ``gcp``, ``azure``, ``managed``."""
    found: Mapping[str, Any] = _read("roles")[name]
    return found


@cache
def _read(name: str) -> Any:
    return json.loads(compiled("tables.json"))[name]


def compiled(name: str) -> str:
    """The text of a file that ``generate`` wrote."""
    return (Path(__file__).parent / "compiled" / name).read_text(encoding="utf-8")
