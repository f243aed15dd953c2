"""Rules for policies that limit and never grant: control policies and permissions boundaries."""

from __future__ import annotations

from prodready.checks.iam_wildcards import denials, grants
from prodready.checks.iam_wildcards.policy import Kind, Policy
from prodready.checks.iam_wildcards.verdicts import Verdicts, listed
from prodready.model import Severity

_SELF = ("iam:deleterolepermissionsboundary", "iam:deleteuserpermissionsboundary", "iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary")


def judge(policy: Policy, out: Verdicts) -> None:
    """A star here is the widest a grant elsewhere may become; it grants nothing."""
    wide = [statement for statement in policy.statements if statement.allow and grants.any_star(statement.resources)]
    out.say(policy, None, f"a {policy.kind.value} is a ceiling: its {len(wide)} wide Allow statements grant nothing")
    if policy.assumed and wide:
        out.find(
            policy, wide[0], "IAM-ASSUMED-CEILING", Severity.LOW, f"taken for a {policy.kind.value} because {policy.assumed}; as a grant it would be too wide",
            "declare the attachment in the same template, so that it can be seen", "assumed",
        )  # fmt: skip
    if policy.kind is Kind.BOUNDARY:
        _boundary(policy, out)


def _boundary(policy: Policy, out: Verdicts) -> None:
    denied = [statement for statement in policy.statements if not statement.allow]
    certain = denials.certain(policy.statements)
    open_ways = [
        action for action in _SELF
        if any(statement.allow and grants.allows(statement, action) for statement in policy.statements)
        and not certain.take(action, ("*",)) and not any(grants.allows(statement, action) for statement in denied)
    ]  # fmt: skip
    if open_ways:
        out.find(
            policy, None, "IAM-BOUNDARY", Severity.LOW, f"the boundary lets its holder lift boundaries: {listed(open_ways)}",
            "add a Deny of these actions, so that who is bounded stays bounded", "boundary",
        )  # fmt: skip
