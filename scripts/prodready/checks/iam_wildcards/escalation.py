"""Ways up: sets of actions, spread over the documents of one holder, that let the holder become somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache

from msgspec import Struct

from prodready.checks.iam_wildcards import authorization, grants, narrowing, patterns, tables
from prodready.checks.iam_wildcards.denials import Denials
from prodready.checks.iam_wildcards.narrowing import Reach
from prodready.checks.iam_wildcards.policy import Policy, Statement
from prodready.checks.iam_wildcards.tables import Combination
from prodready.checks.iam_wildcards.verdicts import Verdicts, listed, narrower
from prodready.model import Severity

_PASSED_TO = "iam:passedtoservice"
_SHOWN = 4
"""Ways up of one action for which a narrower statement is written out."""


class Held(Struct, frozen=True):
    """A statement and the document it stands in."""

    policy: Policy
    statement: Statement


def judge(held: Sequence[Held], denials: Denials, now: datetime, out: Verdicts) -> None:
    """One finding for all ways up that one holder has, where the first of them is granted."""
    named = [(each, way) for each in held if each.statement.allow and (way := _named(each.statement))]
    usable = [(each, way) for each, way in named if narrowing.of(each.statement.conditions, now).reach is not Reach.NOWHERE]
    if not usable or any(_administrator(each.statement, now) for each, _ in usable):
        return  # said by IAM-ADMIN, and every way would be listed
    reached = _Reached([(each, _granted(each.statement, way, denials)) for each, way in usable], now)
    ways = _possible(reached.needs())
    if reached.narrowed:
        ways = frozenset(name for name in ways if reached.by(_ways()[name]))
    if not ways:
        return
    shortest, told, instead = _shortest(ways)
    found = reached.by(shortest[0])
    more = f", over {len({id(each.policy) for each in found})} documents of the same holder" if len({id(each.policy) for each in found}) > 1 else ""
    out.find(
        found[0].policy, found[0].statement, "IAM-ESCALATION", Severity.HIGH, f"the holder can raise itself: {told}{more}", instead,
        ",".join(way.id for way in shortest)[:300],
    )  # fmt: skip


def _instead(ways: Sequence[Combination]) -> str:
    """What to write instead; of PassRole only where it is part of a way up."""
    alone = tuple(action for way in ways if len(way.needs) == 1 for action in authorization.expand(way.needs[0]) if action.formats)
    if len(alone) > _SHOWN:
        return "list the actions that are needed under Action, on named resources"
    told = [narrower(alone)] if alone else []
    if any(len(way.needs) > 1 for way in ways):
        told.append("restrict one action of each set to named resources")
    if any("iam:passrole" in way.wanted for way in ways):
        told.append("iam:PassRole to named roles, with the condition iam:PassedToService")
    return ", and ".join(told) or "restrict the actions to named resources"


def _named(statement: Statement) -> frozenset[str]:
    """The actions of any way up that the statement names, or does not except."""
    found = _wanted_by(statement.actions)
    return tables.wanted() - found if statement.not_action else found


@lru_cache(maxsize=10_000)
def _wanted_by(patterns: tuple[str, ...]) -> frozenset[str]:
    return frozenset[str]().union(*map(_wanted, patterns))


@lru_cache(maxsize=1_000)
def _possible(reach: frozenset[str]) -> frozenset[str]:
    """The ways up for which nothing is missing."""
    return frozenset(way.id for way in tables.combinations() if way.wanted <= reach)


@lru_cache(maxsize=1_000)
def _shortest(ways: frozenset[str]) -> tuple[tuple[Combination, ...], str, str]:
    """Those of the ways up of which no part is a way up itself, the shortest first; the same in words, and what to write instead."""
    found = tuple(way for way in tables.combinations() if way.id in ways and _within()[way.id].isdisjoint(ways))
    words = [f"{' + '.join(authorization.expand(need)[0].name for need in way.needs)} (can {way.gains})" for way in found]
    return found, listed(words, 3), _instead(found)


@cache
def _ways() -> Mapping[str, Combination]:
    return {way.id: way for way in tables.combinations()}


@cache
def _within() -> Mapping[str, frozenset[str]]:
    """For each way up those that need only a part of its actions."""
    every = tables.combinations()
    return {way.id: frozenset(other.id for other in every if other.wanted < way.wanted) for way in every}


@cache
def _lines() -> str:
    return "\n".join(sorted(tables.wanted()))


@lru_cache(maxsize=10_000)
def _wanted(pattern: str) -> frozenset[str]:
    name = pattern.lower()
    if "*" not in name and "?" not in name:
        return tables.wanted() & {name}
    return frozenset(patterns.among(name, _lines()))


def _administrator(statement: Statement, now: datetime) -> bool:
    wide = any(authorization.is_everything(pattern) for pattern in statement.actions) and not statement.not_action
    return wide and grants.any_star(statement.resources) and narrowing.of(statement.conditions, now).reach is Reach.FULL


def _granted(statement: Statement, named: frozenset[str], denials: Denials) -> frozenset[str]:
    """Of the named actions those that the statement grants on every resource, its conditions aside."""
    granted = _on_all(named, statement.resources, statement.not_resource)
    if not denials.statements:
        return granted
    return frozenset(need for need in granted if not denials.take(need, statement.resources, all_resources=statement.not_resource))


@lru_cache(maxsize=10_000)
def _on_all(named: frozenset[str], resources: tuple[str, ...], not_resource: bool) -> frozenset[str]:
    return frozenset(
        need for need in named for action in authorization.expand(need)
        if (grants.reach(resources, action, spared=not_resource, account_matters=False) if action.formats else resources or not_resource)
    )  # fmt: skip


class _Reached:
    """Which statement grants an action of a way up; many ways share their actions."""

    def __init__(self, held: Sequence[tuple[Held, frozenset[str]]], now: datetime) -> None:
        self.held, self.now = held, now
        self.narrowed = any(each.statement.conditions for each, _ in held)
        self.known: dict[tuple[str, str], Held | None] = {}

    def needs(self) -> frozenset[str]:
        """The actions that may be granted; without conditions, that are."""
        return frozenset[str]().union(*(granted for _, granted in self.held))

    def by(self, way: Combination) -> tuple[Held, ...]:
        """The statements that grant all of a way; none when one of its actions is not granted."""
        found: list[Held] = []
        for need in way.needs:
            holder = self.holder(need, way.service)
            if holder is None:
                return ()
            found.append(holder)
        return tuple(found)

    def holder(self, need: str, service: str) -> Held | None:
        """The first statement that grants the action, to be used with the service."""
        key = (need, service if self.narrowed else "")
        if key not in self.known:
            self.known[key] = next((each for each, granted in self.held if need in granted and _usable(each.statement, service, self.now)), None)
        return self.known[key]


def _usable(statement: Statement, service: str, now: datetime) -> bool:
    return narrowing.of(statement.conditions, now).reach is Reach.FULL or _passes_to(statement, service, now)


def _passes_to(statement: Statement, service: str, now: datetime) -> bool:
    """Whether the only condition that narrows names the very service that the way needs."""
    named = [condition for condition in statement.conditions if condition.key.lower() == _PASSED_TO]
    others = tuple(condition for condition in statement.conditions if condition.key.lower() != _PASSED_TO)
    if not named or not service or narrowing.of(others, now).reach is not Reach.FULL:
        return False
    return all(any(patterns.matches(value.lower(), f"{service}.amazonaws.com") for value in condition.values) for condition in named)
