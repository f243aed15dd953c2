"""What AWS says about its actions: which exist, what they can be restricted to, and how far they reach. ``generate`` compiles the data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache

from msgspec import Struct

from prodready.checks.iam_wildcards import patterns, tables

PERMISSIONS, WRITE, TAGGING, READ, LIST = "Permissions management", "Write", "Tagging", "Read", "List"


class Action(Struct, frozen=True, eq=False):
    """One action of one service; there is one object of each."""

    id: str
    """In lower case, for example ``s3:getobject``."""
    name: str
    """As AWS writes it, for example ``s3:GetObject``."""
    level: str
    formats: tuple[str, ...]
    """ARN formats of the resources it can be restricted to; empty when only ``*`` works."""
    secret: bool
    """Whether it reads data that is worth stealing."""
    disputed: bool
    """Whether two sources disagree that it can be restricted at all."""
    changes: bool
    """Whether it does more than look."""


class Named(Enum):
    """How a pattern names what it names."""

    EVERYTHING = "every action of every service"
    SERVICES = "every action of its services"
    SEVERAL = "by a wildcard"
    ONE = "by its name"
    NOTHING = "no action that AWS knows"


@cache
def services() -> frozenset[str]:
    """Every service prefix."""
    return frozenset(_rows()[1])


@cache
def version() -> tuple[str, datetime]:
    """The version of the data and the moment (UTC) it was taken from AWS."""
    _, number, taken = _rows()[0].split()
    return number, datetime.fromisoformat(taken)


class Service(Mapping[str, Action]):
    """The actions of a service by lower-case name, in the order of their names; each is made when somebody asks for it."""

    def __init__(self, prefix: str, line: str) -> None:
        self.formats, self.manners, names, which = json.loads(line)
        self.prefix, self.made = prefix, dict[str, Action]()
        self.known = dict(zip(names.lower().split(), zip(names.split(), which, strict=True), strict=True))

    def __getitem__(self, key: str) -> Action:
        if key not in self.made:
            name, which = self.known[key]
            level, kinds, secret, disputed = self.manners[which]
            formats, changes = tuple([self.formats[kind] for kind in kinds]), level in (WRITE, PERMISSIONS, TAGGING)
            self.made[key] = Action(f"{self.prefix}:{key}", f"{self.prefix}:{name}", level, formats, secret, disputed, changes)
        return self.made[key]

    def __contains__(self, key: object) -> bool:
        return key in self.known

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


@cache
def service(prefix: str) -> Mapping[str, Action]:
    """The actions of a service; none of one that does not exist."""
    return Service(prefix, _rows()[1][prefix]) if prefix in services() else {}


@cache
def _rows() -> tuple[str, Mapping[str, str]]:
    """The first line of the data, and the line of each service; what a line holds is parsed when the service is asked for."""
    head, _, rest = tables.compiled("actions.txt").partition("\n")
    return head, dict([line.split("\t", 1) for line in rest.splitlines()])


@lru_cache(maxsize=20_000)
def meaning(pattern: str) -> tuple[Named, tuple[Action, ...]]:
    """How an IAM action pattern names actions, and which; none of them when it names everything."""
    if is_everything(pattern):
        return Named.EVERYTHING, ()
    found = expand(pattern)
    if not found:
        return Named.NOTHING, ()
    if whole_services(pattern):
        return Named.SERVICES, found
    return (Named.SEVERAL if "*" in pattern or "?" in pattern else Named.ONE), found


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
