"""Judges documents: each by its kind, and those of one holder together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prodready.checks.iam_wildcards import ceilings, denials, escalation, identity, itself, principals
from prodready.checks.iam_wildcards.denials import Denials
from prodready.checks.iam_wildcards.escalation import Held
from prodready.checks.iam_wildcards.policy import Kind, Policy
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Finding, Severity


def judge(policies: Sequence[Policy], now: datetime, out: Verdicts) -> None:
    """Everything there is to say about the documents of one folder."""
    holders = _holders(policies)
    for policy in policies:
        _read(policy, out)
        if policy.kind in (Kind.CEILING, Kind.BOUNDARY):
            ceilings.judge(policy, out)
        elif policy.kind is Kind.IDENTITY:
            _identity(policy, holders, now, out)
        else:
            for statement in policy.statements:
                if statement.allow and (statement.principals is not None or statement.not_principal):
                    principals.judge(policy, statement, now, out)
    for held in holders.values():
        _together(held, now, out)


def _holders(policies: Iterable[Policy]) -> Mapping[str, list[Policy]]:
    """The identity documents of each holder; a document that nobody holds is its own."""
    holders: dict[str, list[Policy]] = defaultdict(list)
    for number, policy in enumerate(policies):
        if policy.kind is Kind.IDENTITY:
            for subject in policy.subjects or (f"#{number}",):
                holders[subject].append(policy)
    return holders


def _read(policy: Policy, out: Verdicts) -> None:
    for flaw in policy.flaws:
        out.add(
            Finding(
                rule="IAM-UNREADABLE",
                message=f"{policy.name + ': ' if policy.name else ''}{flaw.message}",
                severity=Severity.MEDIUM,
                path=policy.path,
                line=flaw.line or policy.line,
                fix="correct the document; until then nothing can be said about what it grants",
            )
        )
    if policy.unknown:
        out.gap(policy, None, policy.unknown)


def _identity(policy: Policy, holders: Mapping[str, list[Policy]], now: datetime, out: Verdicts) -> None:
    taken = _denials(policy, holders)
    for statement in policy.statements:
        if statement.allow:
            identity.judge(policy, statement, taken, now, out)


def _denials(policy: Policy, holders: Mapping[str, list[Policy]]) -> Denials:
    """What is denied to every holder of the document: by the document itself, or by another that all of them hold."""
    own = denials.certain(policy.statements).statements
    if not policy.subjects:
        return Denials(own)
    shared: list[set[int]] = [{id(other) for other in holders[subject]} for subject in policy.subjects]
    common = set.intersection(*shared) if shared else set()
    others = {id(other): other for subject in policy.subjects for other in holders[subject]}
    found = [statement for key in common if key != id(policy) for statement in denials.certain(others[key].statements).statements]
    return Denials(own + tuple(found))


def _together(held: Sequence[Policy], now: datetime, out: Verdicts) -> None:
    statements = [Held(policy, statement) for policy in held for statement in policy.statements]
    taken = denials.certain(each.statement for each in statements)
    if not taken.take("*", ("*",)):
        escalation.judge([each for each in statements if not each.statement.maybe or each.statement.allow], taken, now, out)
        itself.judge(statements, taken, now, out)
