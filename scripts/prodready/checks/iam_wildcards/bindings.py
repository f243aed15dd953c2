"""Roles and bindings of Google Cloud and Azure anywhere in a document, known by their shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.checks.iam_wildcards import azure, google
from prodready.checks.iam_wildcards.told import Spot
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.readers.located import At, Plain


def read(document: Plain, out: Verdicts) -> int:
    """Judges every role and binding in a document; how many there were."""
    return sum(_judge(at, value, document, out) for at, value in _mappings(document.data))


def _judge(at: At, value: dict[str, Any], document: Plain, out: Verdicts) -> int:
    if _is_bindings(value.get("bindings")):
        return sum(_binding(each, (*at, "bindings", index), document, out) for index, each in enumerate(value["bindings"]))
    if isinstance(value.get("includedPermissions"), list):
        google.role(value["includedPermissions"], Spot(document.path, document.line(at, value), out))
    elif "AssignableScopes" in value or "assignableScopes" in value:
        azure.role(value, Spot(document.path, document.line(at, value), out))
    elif value.get("type") == "Microsoft.Authorization/roleAssignments":
        found = value.get("properties")
        azure.assignment(found if isinstance(found, dict) else {}, Spot(document.path, document.line(at, value), out))
    else:
        return 0
    return 1


def _is_bindings(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) and "role" in each for each in value)


def _binding(value: Any, at: At, document: Plain, out: Verdicts) -> int:
    if isinstance(value, dict):
        google.binding(value.get("role"), value.get("members"), Spot(document.path, document.line(at, value), out))
    return 1


def _mappings(data: Any) -> Iterator[tuple[At, dict[str, Any]]]:
    stack: list[tuple[At, Any]] = [((), data)]
    while stack:
        where, value = stack.pop()
        if isinstance(value, dict):
            yield where, value
            stack += [((*where, str(key)), member) for key, member in value.items() if isinstance(member, (dict, list))]
        elif isinstance(value, list):
            stack += [((*where, index), member) for index, member in enumerate(value) if isinstance(member, (dict, list))]
