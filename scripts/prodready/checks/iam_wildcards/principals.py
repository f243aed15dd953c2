"""Rules for who may call: anyone, other accounts, services that act for others, and identity providers."""

from __future__ import annotations

import re
from datetime import datetime

from prodready.checks.iam_wildcards import authorization, federation, grants, narrowing, tables
from prodready.checks.iam_wildcards.narrowing import Reach
from prodready.checks.iam_wildcards.policy import Kind, Policy, Principal, Statement
from prodready.checks.iam_wildcards.verdicts import Verdicts, listed
from prodready.model import Severity
from prodready.terraform import marks

_ACCOUNT = re.compile(r"^(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?$")
_GRAVE = frozenset(("kms", "secretsmanager", "sts", "iam", "ssm", "lambda"))


def judge(policy: Policy, statement: Statement, now: datetime, out: Verdicts) -> None:
    """Everything there is to say about the principals of one Allow statement."""
    limits = narrowing.of_principal(statement.conditions, now)
    if limits.reach is Reach.NOWHERE:
        out.say(policy, statement, "admits nobody any more: its conditions ask for a moment that is over")
        return
    unknown = [principal.name for principal in statement.principals or () if marks.is_unknown(principal.name)]
    if unknown or statement.unknown:
        out.gap(policy, statement, [*unknown, *statement.unknown])
    out.say(
        policy, statement, f"admits {listed([f'{who.kind} {who.name}' for who in statement.principals or ()])}; not counted: {listed(limits.idle) or 'nothing'}"
    )
    if statement.not_principal:
        out.find(
            policy, statement, "IAM-NOT-PRINCIPAL", Severity.HIGH, "Allow with NotPrincipal admits everyone but those it names, also strangers",
            "name who may call under Principal", "notprincipal",
        )  # fmt: skip
        return
    for principal in statement.principals or ():
        _one(policy, statement, principal, limits, out)
    federation.judge(policy, statement, out)
    _actions(policy, statement, limits, out)


def _one(policy: Policy, statement: Statement, principal: Principal, limits: narrowing.Narrowing, out: Verdicts) -> None:
    kind = principal.kind.lower()
    if principal.name.strip() == "*" or (kind == "aws" and re.match(r"^arn:[^:]*:[^:]*::\*", principal.name)):
        _anyone(policy, statement, principal, limits, out)
    elif kind == "aws" and _ACCOUNT.match(principal.name):
        _account(policy, statement, principal, limits, out)
    elif kind == "aws" and "*" in principal.name:
        out.find(
            policy, statement, "IAM-PRINCIPAL-WILDCARD", Severity.MEDIUM, f"AWS does not expand the wildcard in Principal {principal.name}",
            "name the role, or admit the account and narrow it with aws:PrincipalArn", principal.name,
        )  # fmt: skip
    elif kind == "service" and principal.name.lower() in tables.trust()["sends_source"] and limits.reach is Reach.FULL:
        out.find(
            policy, statement, "IAM-CONFUSED-DEPUTY", Severity.LOW, f"{principal.name} acts for every customer of AWS, and nothing says that it acts for you",
            'add the condition "StringEquals": {"aws:SourceAccount": "<account>"}, or aws:SourceArn', principal.name,
        )  # fmt: skip


def _anyone(policy: Policy, statement: Statement, principal: Principal, limits: narrowing.Narrowing, out: Verdicts) -> None:
    if limits.unknown:
        out.gap(policy, statement, limits.unknown)
        return
    if limits.reach is Reach.SCOPED:
        return
    if policy.kind is Kind.ENDPOINT:
        severity = Severity.LOW
    else:
        services = {action.partition(":")[0].lower() for action in statement.actions}
        severity = Severity.CRITICAL if policy.kind is Kind.TRUST or services & _GRAVE or "*" in services else Severity.HIGH
    idle = f" ({limits.idle[0]})" if limits.idle else ""
    what = "assume the role" if policy.kind is Kind.TRUST else f"call {listed(statement.actions, 4) or 'everything'}"
    out.find(
        policy, statement, "IAM-ANYONE", severity,
        f"Principal {'*' if principal.kind == 'AWS' else f'{principal.kind} *'} lets anyone in any account {what}{idle}",
        'name the roles under "Principal", or add the condition "StringEquals": {"aws:PrincipalOrgID": "<organization>"}', "anyone",
    )  # fmt: skip


def _account(policy: Policy, statement: Statement, principal: Principal, limits: narrowing.Narrowing, out: Verdicts) -> None:
    if policy.kind is Kind.TRUST and limits.reach is Reach.FULL:
        out.find(
            policy, statement, "IAM-TRUST-ACCOUNT", Severity.LOW,
            f"every identity of account {principal.name} that may call sts:AssumeRole can take this role",
            'name the role under "Principal"; for another company\'s account add the condition "StringEquals": {"sts:ExternalId": "<agreed value>"}',
            principal.name,
        )  # fmt: skip


def _actions(policy: Policy, statement: Statement, limits: narrowing.Narrowing, out: Verdicts) -> None:
    """A resource policy that grants a whole service to somebody who is not the account itself."""
    if policy.kind not in (Kind.RESOURCE, Kind.TRUST):
        return
    if statement.not_action:
        if limits.reach is not Reach.SCOPED:
            _all_but(policy, statement, out)
        return
    guests = [who for who in statement.principals or () if not _ACCOUNT.match(who.name) and ":root" not in who.name]
    if any(who.name.strip() == "*" for who in guests) and limits.reach is not Reach.SCOPED:
        return  # said by IAM-ANYONE
    wide = [pattern for pattern in statement.actions if authorization.whole_services(pattern) or ":" not in pattern]
    if guests and wide and grants.any_star(wide):
        out.find(
            policy, statement, "IAM-ACTION-STAR", Severity.MEDIUM, f"Action {listed(wide)} grants {listed([who.name for who in guests], 3)} everything",
            "name the actions that are called", ",".join(wide),
        )  # fmt: skip
    elif guests and wide:
        out.find(
            policy, statement, "IAM-ACTION-STAR", Severity.MEDIUM,
            f"Action {listed(wide)} lets {listed([who.name for who in guests], 3)} also change this very policy", "name the actions that are called",
            ",".join(wide),
        )  # fmt: skip


def _all_but(policy: Policy, statement: Statement, out: Verdicts) -> None:
    names = listed([who.name for who in statement.principals or ()], 3)
    out.find(
        policy, statement, "IAM-NOT-ACTION", Severity.MEDIUM, f"Allow with NotAction grants {names} all of its actions but {listed(statement.actions)}",
        "list the actions that are needed under Action", "notaction",
    )  # fmt: skip
