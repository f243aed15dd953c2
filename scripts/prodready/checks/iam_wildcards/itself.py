"""The shortest way up: an action on the holder itself, or on a policy that it holds, even where every resource is limited by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prodready.checks.iam_wildcards import authorization, grants, narrowing, patterns, tables
from prodready.checks.iam_wildcards.denials import Denials
from prodready.checks.iam_wildcards.escalation import Held
from prodready.checks.iam_wildcards.narrowing import Reach
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Severity


def judge(held: Sequence[Held], denials: Denials, now: datetime, out: Verdicts) -> None:
    """A finding for each statement that reaches its own holder; what reaches every resource is said by the other rules."""
    own = tuple(dict.fromkeys(name for each in held for name in each.policy.own))
    for each in held if own else ():
        statement = each.statement
        if statement.allow and not statement.not_action and not statement.not_resource and narrowing.of(statement.conditions, now).reach is Reach.FULL:
            _judge(each, own, denials, out)


def _judge(each: Held, own: tuple[str, ...], denials: Denials, out: Verdicts) -> None:
    for row in tables.of_itself():
        action = authorization.expand(row["need"])[0]
        if not grants.allows(each.statement, action.id) or grants.stars(each.statement, action, account_matters=False):
            continue
        found = next(((given, name) for given in each.statement.resources for name in own if name.startswith(f"{row['of']}/") and _is(given, name)), None)
        if found and not denials.take(action.id, (f"{found[0].rpartition(':')[0]}:{found[1]}",)):
            out.find(
                each.policy, each.statement, "IAM-ESCALATION", Severity.HIGH,
                f"the holder can raise itself: {action.name} on {found[0]}, which is also {found[1]} (can {row['gains']})",
                "leave the own name out of the resources, or deny the action on it", f"itself {action.id}",
            )  # fmt: skip
            return


def _is(given: str, name: str) -> bool:
    parts = given.split(":", 5)
    return len(parts) == 6 and parts[2] == "iam" and parts[4] != "aws" and patterns.matches(parts[5], name)  # those of "aws" are AWS's own
