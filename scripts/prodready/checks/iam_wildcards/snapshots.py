"""Account snapshots: what ``aws iam get-account-authorization-details`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.checks.iam_wildcards import statements
from prodready.checks.iam_wildcards.policy import Kind, Policy
from prodready.readers.located import At, Plain

_LISTS = {"UserDetailList": "User", "GroupDetailList": "Group", "RoleDetailList": "Role"}


def is_snapshot(data: dict[Any, Any]) -> bool:
    """Whether the data is an account snapshot."""
    return any(isinstance(data.get(key), list) for key in _LISTS) and "Statement" not in data


def read(document: Plain) -> list[Policy]:
    """The default versions of all policies, each with the identities it is attached to."""
    data, holders, boundaries = document.data, _attachments(document.data), _boundaries(document.data)
    found: list[Policy] = []
    for at, policy in _rows(data, "Policies"):
        arn, name = str(policy.get("Arn", "")), str(policy.get("PolicyName", ""))
        for where, version in _members(policy, at, "PolicyVersionList"):
            if version.get("IsDefaultVersion", True) and "Document" in version:
                kind = Kind.BOUNDARY if arn in boundaries and not holders.get(arn) else Kind.IDENTITY
                read = statements.read(version["Document"], (*where, "Document"), document, kind=kind, name=name, subjects=tuple(holders.get(arn, ())))
                found.append(read.of(kind, own=(arn.split(":", 5)[-1],)))
    for key, word in _LISTS.items():
        for at, row in _rows(data, key):
            found += _inline(row, at, word, document)
    return found


def _inline(row: dict[str, Any], at: At, word: str, document: Plain) -> Iterator[Policy]:
    subject = f"{word} {row.get(f'{word}Name', '')}"
    for where, inline in _members(row, at, f"{word}PolicyList"):
        if "PolicyDocument" in inline:
            read = statements.read(
                inline["PolicyDocument"], (*where, "PolicyDocument"), document, kind=Kind.IDENTITY, name=f"{subject} {inline.get('PolicyName', '')}",
                subjects=(subject,),
            )  # fmt: skip
            yield read.of(Kind.IDENTITY, own=(str(row.get("Arn", "")).split(":", 5)[-1],))
    if "AssumeRolePolicyDocument" in row:
        yield statements.read(row["AssumeRolePolicyDocument"], (*at, "AssumeRolePolicyDocument"), document, kind=Kind.TRUST, name=subject)


def _attachments(data: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, word in _LISTS.items():
        for _, row in _rows(data, key):
            for _, attached in _members(row, (), "AttachedManagedPolicies"):
                found.setdefault(str(attached.get("PolicyArn", "")), []).append(f"{word} {row.get(f'{word}Name', '')}")
    return found


def _boundaries(data: dict[str, Any]) -> set[str]:
    rows = (row for key in _LISTS for _, row in _rows(data, key))
    return {str(row["PermissionsBoundary"].get("PermissionsBoundaryArn", "")) for row in rows if isinstance(row.get("PermissionsBoundary"), dict)}


def _rows(data: dict[str, Any], key: str) -> Iterator[tuple[At, dict[str, Any]]]:
    return _members(data, (), key)


def _members(data: dict[str, Any], at: At, key: str) -> Iterator[tuple[At, dict[str, Any]]]:
    value = data.get(key)
    return (((*at, key, index), row) for index, row in enumerate(value if isinstance(value, list) else []) if isinstance(row, dict))
