"""Google Cloud and Azure: custom roles, and to whom strong roles are given."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from prodready.checks.iam_wildcards import marks, tables
from prodready.checks.iam_wildcards.policy import At
from prodready.checks.iam_wildcards.sources import Plain
from prodready.checks.iam_wildcards.verdicts import Verdicts, listed
from prodready.model import Finding, Severity

_ARM = "Microsoft.Authorization/role"


def read(document: Plain, out: Verdicts) -> int:
    """Judges every role and binding in a document; how many there were."""
    count = 0
    for at, value in _mappings(document.data, ()):
        if isinstance(value.get("bindings"), list) and any(isinstance(each, dict) and "role" in each for each in value["bindings"]):
            for index, binding in enumerate(value["bindings"]):
                count += 1
                if isinstance(binding, dict):
                    gcp_binding(binding.get("role"), binding.get("members"), document.path, document.line((*at, "bindings", index), binding), out)
        elif isinstance(value.get("includedPermissions"), list):
            count += 1
            gcp_role(value["includedPermissions"], document.path, document.line(at, value), out)
        elif "AssignableScopes" in value or "assignableScopes" in value:
            count += 1
            azure_role(value, document.path, document.line(at, value), out)
        elif str(value.get("type", "")) == "Microsoft.Authorization/roleAssignments":
            count += 1
            found = value.get("properties")
            azure_assignment(found if isinstance(found, dict) else {}, document.path, document.line(at, value), out)
    return count


def _mappings(data: Any, at: At) -> Iterator[tuple[At, dict[str, Any]]]:
    stack: list[tuple[At, Any]] = [(at, data)]
    while stack:
        where, value = stack.pop()
        if isinstance(value, dict):
            yield where, value
            stack += [((*where, str(key)), member) for key, member in value.items() if isinstance(member, (dict, list))]
        elif isinstance(value, list):
            stack += [((*where, index), member) for index, member in enumerate(value) if isinstance(member, (dict, list))]


def gcp_binding(role: Any, members: Any, path: str, line: int | None, out: Verdicts, level: str = "project") -> None:
    """A role given to members, at a project, folder or organization, or (``resource``) at one resource."""
    known = tables.grants("gcp")
    name, who = str(role), [str(member) for member in (members if isinstance(members, list) else [members]) if member is not None]
    if any(marks.is_unknown(text) for text in (name, *who)):
        out.gaps[f"{path}:{line or 1}: UNRESOLVED {marks.shown(listed([text for text in (name, *who) if marks.is_unknown(text)], 3))} in a binding"] = None
    anyone = [member for member in who if member in known["anyone"]]
    if anyone:
        _find(
            "GCP-ANYONE",
            Severity.CRITICAL if level != "resource" else Severity.HIGH,
            f"{name} is given to {listed(anyone)}, which is everyone",
            "name the service account or group",
            path,
            line,
            out,
        )
    elif name in known["low"]:
        _find(
            "GCP-BROAD-ROLE", Severity.LOW, f"{name} reads everything in the {level}", "give the predefined role of the service that is read", path, line, out
        )
    elif name in known["high"] and level != "resource":
        _find(
            "GCP-BROAD-ROLE",
            Severity.HIGH,
            f"{name} at the {level} reaches every resource in it, for {marks.shown(listed(who, 3))}",
            "give it on the one resource, or a narrower role",
            path,
            line,
            out,
        )
    elif name.startswith("roles/") and name.lower().endswith("admin") and level != "resource":
        _find(
            "GCP-BROAD-ROLE",
            Severity.MEDIUM,
            f"{name} at the {level} administers every resource of its service, for {marks.shown(listed(who, 3))}",
            "give it on the one resource, or a narrower role",
            path,
            line,
            out,
        )


def gcp_role(permissions: Any, path: str, line: int | None, out: Verdicts) -> None:
    """A custom role."""
    names = [str(each) for each in (permissions if isinstance(permissions, list) else [permissions])]
    if any(marks.is_unknown(name) for name in names):
        out.gaps[f"{path}:{line or 1}: UNRESOLVED {marks.shown(listed([name for name in names if marks.is_unknown(name)], 3))} in a custom role"] = None
    stars = [name for name in names if "*" in name]
    raising = [name for name in names if name in tables.grants("gcp")["escalates"]]
    if stars:
        _find(
            "GCP-WILDCARD",
            Severity.HIGH,
            f"{listed(stars)} is no permission Google Cloud knows, and means all of them to who reads it",
            "list the permissions",
            path,
            line,
            out,
        )
    if raising:
        _find(
            "GCP-ESCALATION",
            Severity.HIGH,
            f"{listed(raising)} lets the holder act as a stronger identity",
            "leave it out, or grant it on one service account",
            path,
            line,
            out,
        )


def azure_role(data: dict[str, Any], path: str, line: int | None, out: Verdicts) -> None:
    """A custom role definition, in any of the letter cases that Azure's tools write."""
    low = {str(key).lower(): value for key, value in data.items()}
    blocks = low.get("permissions")
    parts = [{str(key).lower(): value for key, value in each.items()} for each in blocks if isinstance(each, dict)] if isinstance(blocks, list) else [low]
    actions = [str(name) for part in parts for name in _list(part.get("actions"))]
    data_actions = [str(name) for part in parts for name in _list(part.get("dataactions"))]
    without = [str(name) for part in parts for name in _list(part.get("notactions"))]
    if any(marks.is_unknown(name) for name in (*actions, *data_actions)):
        out.gaps[f"{path}:{line or 1}: UNRESOLVED actions in a role definition"] = None
    azure_actions(actions, data_actions, without, path, line, out)
    scopes = [str(scope) for scope in _list(low.get("assignablescopes"))]
    if "/" in scopes:
        _find(
            "AZURE-SCOPE",
            Severity.MEDIUM,
            "the role can be assigned in every subscription (assignable scope /)",
            "name the subscriptions or resource groups",
            path,
            line,
            out,
        )


def azure_actions(actions: list[str], data_actions: list[str], without: list[str], path: str, line: int | None, out: Verdicts) -> None:
    """The actions of a custom role."""
    raising = [name for name in tables.grants("azure")["escalates"] if _reaches(actions, name) and not _reaches(without, name)]
    if "*" in actions or "*/*" in actions:
        severity = Severity.CRITICAL if raising else Severity.HIGH
        _find(
            "AZURE-ADMIN",
            severity,
            f"actions * {'is the power of an owner' if raising else 'is the power of a contributor'}",
            "list the operations that are needed",
            path,
            line,
            out,
        )
    else:
        if raising:
            _find("AZURE-ESCALATION", Severity.HIGH, f"{listed(raising, 4)} lets the holder raise itself", "leave the operation out", path, line, out)
        wide = [name for name in actions if name.lower().endswith("/*") and name.count("/") == 1 and not name.startswith("*")]
        if wide:
            _find(
                "AZURE-WILDCARD",
                Severity.MEDIUM,
                f"{listed(wide)} grants every operation of the provider",
                "list the operations that are needed",
                path,
                line,
                out,
            )
        if any(name in ("*/write", "*/delete", "*/action") for name in (name.lower() for name in actions)):
            _find(
                "AZURE-WILDCARD",
                Severity.HIGH,
                f"{listed(actions)} changes resources of every provider",
                "list the operations that are needed",
                path,
                line,
                out,
            )
    if "*" in data_actions:
        _find(
            "AZURE-WILDCARD",
            Severity.HIGH,
            "dataActions * reads and writes the data of every service",
            "list the data operations that are needed",
            path,
            line,
            out,
        )


def azure_assignment(properties: dict[str, Any], path: str, line: int | None, out: Verdicts, scope: str = "") -> None:
    """A built-in role given to somebody."""
    role = str(properties.get("roleDefinitionName") or properties.get("roleDefinitionId") or "")
    where = str(properties.get("scope") or scope)
    known = tables.grants("azure")
    name = next((word for word in (*known["owner"], *known["contributor"]) if role == word or word.lower() in role.lower().split("/")[-1].split("'")), "")
    wide = "resourcegroups" not in where.lower() and "resource_group" not in where.lower()
    if marks.is_unknown(role) and not name:
        out.gaps[f"{path}:{line or 1}: UNRESOLVED {marks.shown(role)} in a role assignment"] = None
    elif name in known["owner"]:
        _find(
            "AZURE-BROAD-ROLE",
            Severity.HIGH if wide else Severity.MEDIUM,
            f"the role {name} can give itself everything",
            "assign the built-in role of the service that is used",
            path,
            line,
            out,
        )
    elif name and wide:
        _find(
            "AZURE-BROAD-ROLE",
            Severity.HIGH,
            f"{name} at the scope {marks.shown(where) or 'of the deployment'} changes every resource in it",
            "assign the built-in role of the service, on the resource",
            path,
            line,
            out,
        )


def _reaches(actions: list[str], wanted: str) -> bool:
    return any(fnmatch.fnmatchcase(wanted.lower(), name.lower().replace("[", "[[]")) for name in actions)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _find(rule: str, severity: Severity, message: str, fix: str, path: str, line: int | None, out: Verdicts) -> None:
    out.add(Finding(rule=rule, message=message, severity=severity, path=path, line=line, fix=fix))
