"""From a statement to what it grants: actions by how they were named, with denials subtracted, and the resources they reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from prodready.checks.iam_wildcards import authorization, patterns
from prodready.checks.iam_wildcards.authorization import Action, Named
from prodready.checks.iam_wildcards.denials import Denials
from prodready.checks.iam_wildcards.policy import Statement
from prodready.terraform import marks

PASS_ROLE = "iam:passrole"  # noqa: S105 an action, no password
_EVERYTHING = ("*",)


class Grants(Struct, frozen=True):
    """What one Allow statement grants, by the way it names it."""

    everything: tuple[str, ...]
    """Patterns that stand for every action of every service."""
    services: tuple[str, ...]
    """Patterns that stand for every action of a service."""
    by_verb: tuple[tuple[str, tuple[Action, ...]], ...]
    """Patterns such as ``s3:Get*`` and what they stand for."""
    named: tuple[Action, ...]
    missing: tuple[str, ...]
    """Names that AWS does not know."""
    each: tuple[tuple[Action, bool], ...] = ()
    """Every action but those of whole services, and whether it is named without a wildcard."""
    passes_roles: bool = False
    """Whether iam:PassRole is among them."""


def of(statement: Statement, denials: Denials) -> Grants:
    """What the statement grants less what is certainly denied."""
    return _less(statement, denials) if denials.statements else _all(statement.actions)


@lru_cache(maxsize=5_000)
def _all(actions: tuple[str, ...]) -> Grants:
    return _less(Statement(allow=True, actions=actions, resources=()), Denials())


def _less(statement: Statement, denials: Denials) -> Grants:
    wide: dict[Named, list[str]] = {Named.EVERYTHING: [], Named.SERVICES: [], Named.NOTHING: []}
    by_verb: list[tuple[str, tuple[Action, ...]]] = []
    named: list[Action] = []
    for pattern in dict.fromkeys(statement.actions):
        if marks.is_unknown(pattern) or denials.take(pattern, statement.resources, all_resources=statement.not_resource):
            continue
        how, found = authorization.meaning(pattern)
        if how is Named.ONE:
            named.append(found[0])
        elif how is Named.SEVERAL:
            by_verb.append((pattern, _left(found, statement, denials)))
        else:
            wide[how].append(pattern)
    each = tuple(_each(named, by_verb))
    return Grants(
        everything=tuple(wide[Named.EVERYTHING]), services=tuple(wide[Named.SERVICES]), by_verb=tuple(by_verb), named=tuple(named),
        missing=tuple(wide[Named.NOTHING]), each=each, passes_roles=any(action.id == PASS_ROLE for action, _ in each),
    )  # fmt: skip


def _each(named: Sequence[Action], by_verb: Iterable[tuple[str, tuple[Action, ...]]]) -> Iterator[tuple[Action, bool]]:
    yield from ((action, True) for action in named)
    known = {action.id for action in named}
    yield from ((action, False) for _, found in by_verb for action in found if action.id not in known)


def _left(found: tuple[Action, ...], statement: Statement, denials: Denials) -> tuple[Action, ...]:
    if not denials.statements:
        return found
    return tuple(action for action in found if not denials.take(action.id, statement.resources, all_resources=statement.not_resource))


def allows(statement: Statement, action: str) -> bool:
    """Whether the statement's actions, or all but its NotActions, contain the action (in lower case)."""
    hit = any(patterns.matches(pattern.lower(), action) for pattern in statement.actions if not marks.is_unknown(pattern))
    return hit is not statement.not_action


def stars(statement: Statement, action: Action, *, account_matters: bool = True, worst: bool = False) -> tuple[str, ...]:
    """The resource patterns of the statement that reach every resource of the action; with ``worst``, in the worst reading of the unknown."""
    given = tuple(map(marks.worst, statement.resources)) if worst else statement.resources
    return reach(given, action, spared=statement.not_resource, account_matters=account_matters)


def reach(resources: tuple[str, ...], action: Action, *, spared: bool = False, account_matters: bool = True) -> tuple[str, ...]:
    """Those of the resource patterns that reach every resource of the action; ``spared`` when they name what is not granted."""
    if spared:
        return ("everything but " + ", ".join(resources),)
    return resources if resources == _EVERYTHING else _stars(resources, action.formats, account_matters)


@lru_cache(maxsize=10_000)
def _stars(resources: tuple[str, ...], formats: tuple[str, ...], account_matters: bool) -> tuple[str, ...]:
    return tuple(
        given for given in resources
        if patterns.is_all(given) or any(patterns.is_star(given, wanted, account_matters=account_matters) for wanted in formats)
    )  # fmt: skip


def any_star(resources: Iterable[str]) -> bool:
    """Whether a resource stands for all of AWS."""
    return any(patterns.is_all(given) or not given.replace("arn:aws", "arn:", 1).removeprefix("arn:").strip("*?:") for given in resources)
