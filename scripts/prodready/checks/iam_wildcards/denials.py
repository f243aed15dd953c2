"""What Deny statements take away again. Only a Deny that certainly applies counts."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from prodready.checks.iam_wildcards import patterns
from prodready.checks.iam_wildcards.policy import Statement
from prodready.terraform import marks


class Deny:
    """A Deny statement, ready to be asked about many actions."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        lowered = [pattern.lower() for pattern in statement.actions]
        self.exact = frozenset(pattern for pattern in lowered if "*" not in pattern and "?" not in pattern)
        self.wild = tuple(pattern for pattern in lowered if pattern not in self.exact)
        self.places: dict[tuple[str, ...], bool] = {}

    def takes(self, action: str, resources: tuple[str, ...]) -> bool:
        """Whether the action (in lower case, maybe a pattern) is denied on all of the resources."""
        hit = action in self.exact or any(patterns.covers(pattern, action) for pattern in self.wild)
        if self.statement.not_action:
            hit = not hit and not any(patterns.overlaps(pattern, action) for pattern in (*self.wild, *(self.exact if "*" in action else ())))
        if not hit:
            return False
        if resources not in self.places:
            self.places[resources] = self.reaches(resources)
        return self.places[resources]

    def reaches(self, resources: tuple[str, ...]) -> bool:
        """Whether the Deny covers all of the resources."""
        given = self.statement.resources
        if self.statement.not_resource:
            return not any(patterns.overlaps(spared, wanted) for spared in given for wanted in resources)
        return all(any(patterns.covers(pattern, wanted) for pattern in given) for wanted in resources)


class Denials(Struct, frozen=True):
    """Deny statements that apply to whatever is asked about."""

    statements: tuple[Deny, ...] = ()

    def take(self, action: str, resources: tuple[str, ...], *, all_resources: bool = False) -> bool:
        """Whether the action, or all that an action pattern stands for, is denied on all of the resources."""
        if not self.statements:
            return False
        where = ("*",) if all_resources or not resources else resources
        return any(deny.takes(action.lower(), where) for deny in self.statements)


_NONE = Denials()


def certain(statements: Iterable[Statement]) -> Denials:
    """The Deny statements that apply without conditions and are known in full."""
    found = tuple([Deny(statement) for statement in statements if not statement.allow and _certain(statement)])
    return Denials(found) if found else _NONE


def _certain(deny: Statement) -> bool:
    if deny.conditions or deny.maybe or deny.unknown or deny.principals is not None:
        return False
    return not any(marks.is_unknown(text) for text in (*deny.actions, *deny.resources))
