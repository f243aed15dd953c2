"""Rules for roles that identity providers may assume: whose token, for which audience, of which subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prodready.checks.iam_wildcards import narrowing, tables
from prodready.checks.iam_wildcards.policy import Condition, Policy, Principal, Statement
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Severity
from prodready.terraform import marks


def judge(policy: Policy, statement: Statement, out: Verdicts) -> None:
    """Each federated principal of the statement."""
    for principal in statement.principals or ():
        if principal.kind.lower() != "federated" or principal.name.strip() == "*" or marks.wholly_unknown(principal.name):
            continue
        if ":saml-provider/" in principal.name or any(action.lower() == "sts:assumerolewithsaml" for action in statement.actions):
            _saml(policy, statement, out)
        else:
            _openid(policy, statement, principal, out)


def _saml(policy: Policy, statement: Statement, out: Verdicts) -> None:
    if not any(condition.key.lower() == "saml:aud" for condition in statement.conditions):
        out.find(
            policy, statement, "IAM-SAML-AUDIENCE", Severity.LOW, "the role takes assertions that were made for another audience",
            'add the condition "StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}', "saml:aud",
        )  # fmt: skip


def _openid(policy: Policy, statement: Statement, principal: Principal, out: Verdicts) -> None:
    if other := _asked_of_another(principal, statement):
        out.say(policy, statement, f"admits nobody by {principal.name}: its tokens carry no {other}")
        return
    provider = _provider(principal, statement.conditions)
    subjects, audiences = _of(statement, str(provider.get("subject_key", "sub"))), _of(statement, str(provider.get("audience_key", "aud")))
    name = str(provider.get("name", "the provider"))
    if provider.get("by_audience"):
        if not _held(audiences, statement):
            _broad(policy, statement, name, "any application's users", str(provider["audience"]), str(provider.get("audience_key", "aud")), out)
        return
    _subject(policy, statement, subjects, provider, name, out)
    if not audiences and subjects:
        out.find(
            policy, statement, "IAM-OIDC-AUDIENCE", Severity.LOW, f"the role takes tokens of {name} that were made for another audience",
            f'add the condition "StringEquals": {{"<issuer>:aud": "{provider.get("audience", "sts.amazonaws.com")}"}}', "aud",
        )  # fmt: skip


def _asked_of_another(principal: Principal, statement: Statement) -> str:
    """The key of another provider's token that every caller must carry; empty when there is none."""
    issuer = (principal.name.partition("oidc-provider/")[2] or principal.name).lower()
    if marks.is_unknown(issuer) or marks.referred(issuer) or ":" in issuer:
        return ""
    for condition in statement.conditions:
        whose = condition.key.rpartition(":")[0].lower()
        if "." in whose and whose != issuer and not marks.is_unknown(whose) and not marks.referred(whose) and _held([condition], statement):
            return condition.key
    return ""


def _provider(principal: Principal, conditions: Sequence[Condition]) -> Mapping[str, Any]:
    words = " ".join([principal.name.lower(), *(condition.key.lower() for condition in conditions)])
    return next((row for row in tables.trust()["providers"] if row["issuer"] in words), {})


def _of(statement: Statement, claim: str) -> list[Condition]:
    return [condition for condition in statement.conditions if condition.key.lower().endswith(f":{claim}")]


def _held(conditions: Sequence[Condition], statement: Statement) -> bool:
    return any(not narrowing.idleness(condition, statement.conditions) for condition in conditions)


def _subject(policy: Policy, statement: Statement, subjects: Sequence[Condition], provider: Mapping[str, Any], name: str, out: Verdicts) -> None:
    example = str(provider.get("example", "<subject>"))
    if not subjects:
        other = [
            condition
            for condition in statement.conditions
            if (claim := _CLAIM.search(condition.key.lower())) and all(_written(claim[1], value) for value in condition.values)
        ]
        if not _held(other, statement):
            _broad(policy, statement, name, "every customer of the provider", example, "sub", out)
        return
    idle = next((why for condition in subjects if (why := narrowing.idleness(condition, statement.conditions))), "")
    unknown = [value for condition in subjects for value in condition.values if marks.is_unknown(value)]
    wide = [value for condition in subjects for value in condition.values if not _names_owner(value, provider)]
    if idle and not _held(subjects, statement):
        _broad(policy, statement, name, f"more than is meant: {idle}", example, "sub", out)
    elif wide and not unknown and all(_within(value, provider) for value in wide):
        out.find(
            policy, statement, "IAM-OIDC-SUBJECT", Severity.MEDIUM, f"tokens of {name} can take this role for everyone within the owner that {wide[0]} names",
            f'name the one that is meant: "<issuer>:sub": "{example}"', "sub",
        )  # fmt: skip
    elif any(not marks.is_unknown(value) for value in wide):
        _broad(policy, statement, name, f"everyone who matches {next(value for value in wide if not marks.is_unknown(value))}", example, "sub", out)
    elif unknown:
        out.gap(policy, statement, unknown)
    else:
        _exact(policy, statement, subjects, out)


_CLAIM = re.compile(r":(repository|repository_id|repository_owner|repository_owner_id|project_path|namespace_path|job_workflow_ref)$")


def _written(claim: str, value: str) -> bool:
    """Whether the part of a claim that names its owner is written out."""
    text = marks.worst(value)
    head = re.split(r"[*?]", text)[0]
    return head == text or ("/" in head and claim in ("repository", "project_path", "namespace_path", "job_workflow_ref"))


def _within(value: str, provider: Mapping[str, Any]) -> bool:
    """Whether the subject names the customer of the provider, if not which of its projects."""
    rule = provider.get("customer")
    return bool(rule) and bool(re.match(str(rule), value))


def _names_owner(value: str, provider: Mapping[str, Any]) -> bool:
    """Whether the part of the subject that names the owner is written out; what is not known is not."""
    text = marks.worst(value)
    rule = provider.get("owner")
    return bool(re.match(str(rule), text)) if rule else len(re.split(r"[*?]", text)[0]) > 3


def _exact(policy: Policy, statement: Statement, subjects: Sequence[Condition], out: Verdicts) -> None:
    for condition in subjects:
        wild = any("*" in value or "?" in value for value in condition.values)
        operator = narrowing.parts(condition.operator)[1]
        if operator == "stringlike" and not wild:
            out.find(
                policy, statement, "IAM-OIDC-LIKE", Severity.LOW,
                f"StringLike on {condition.key} although its values hold no wildcard: a later edit widens it unseen", "write StringEquals", condition.key,
            )  # fmt: skip
        elif operator == "stringequals" and wild:
            out.find(
                policy, statement, "IAM-OIDC-LITERAL", Severity.LOW, f"StringEquals on {condition.key} takes the * literally, so nobody matches",
                "write StringLike, or the whole subject", condition.key,
            )  # fmt: skip


def _broad(policy: Policy, statement: Statement, name: str, who: str, example: str, claim: str, out: Verdicts) -> None:
    out.find(
        policy, statement, "IAM-OIDC-SUBJECT", Severity.HIGH, f"tokens of {name} can take this role for {who}",
        f'add the condition "StringEquals": {{"<issuer>:{claim}": "{example}"}}', claim,
    )  # fmt: skip
