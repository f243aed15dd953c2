"""Azure: custom roles, and the strongest built-in ones given to somebody."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.told import Spot, Told
from prodready.checks.iam_wildcards.verdicts import listed
from prodready.model import Severity
from prodready.terraform import marks

_LIST, _DATA = "list the operations that are needed", "list the data operations that are needed"
OWNER = Told("AZURE-ADMIN", Severity.CRITICAL, "actions * is the power of an owner", _LIST)
CONTRIBUTOR = Told("AZURE-ADMIN", Severity.HIGH, "actions * is the power of a contributor", _LIST)
RAISES = Told("AZURE-ESCALATION", Severity.HIGH, "{what} lets the holder raise itself", "leave the operation out")
PROVIDER = Told("AZURE-WILDCARD", Severity.MEDIUM, "{what} grants every operation of the provider", _LIST)
EVERY_PROVIDER = Told("AZURE-WILDCARD", Severity.HIGH, "{what} changes resources of every provider", _LIST)
PROVIDER_DATA = Told(
    "AZURE-WILDCARD", Severity.MEDIUM, "dataActions {what} reads and writes all data of the provider", "list the data operations that are needed"
)
EVERY_DATA = Told(
    "AZURE-WILDCARD", Severity.HIGH, "dataActions with a star for the service reach the data of every service", "list the data operations that are needed"
)
SCOPE = Told("AZURE-SCOPE", Severity.MEDIUM, "the role can be assigned in every subscription (assignable scope /)", "name the subscriptions or resource groups")
ASSIGNED = Told("AZURE-BROAD-ROLE", Severity.HIGH, "the role {role} can give itself everything", "assign the built-in role of the service that is used")
ASSIGNED_WIDE = Told(
    "AZURE-BROAD-ROLE", Severity.HIGH, "{role} at the scope {scope} changes every resource in it", "assign a role of the service, on the resource"
)
_CHANGES = ("*/write", "*/delete", "*/action")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def role(data: Mapping[str, Any], spot: Spot) -> None:
    """A custom role definition, in any of the letter cases that Azure's tools write."""
    low = {str(key).lower(): value for key, value in data.items()}
    blocks = low.get("permissions")
    parts = [{str(key).lower(): value for key, value in each.items()} for each in blocks if isinstance(each, dict)] if isinstance(blocks, list) else [low]
    allowed, data_allowed, without = (_texts(parts, key) for key in ("actions", "dataactions", "notactions"))
    spot.unresolved(_unknown(*allowed, *data_allowed), "the actions of a role definition")
    _actions(allowed, without, spot)
    if {"*", "*/*", "*/read", "*/write", "*/action"} & {name.lower() for name in data_allowed}:
        spot.tell(EVERY_DATA)
    if providers := [name for name in data_allowed if _of_provider(name)]:
        spot.tell(PROVIDER_DATA, what=listed(providers, 4))
    if "/" in _list(low.get("assignablescopes")):
        spot.tell(SCOPE)


def _actions(allowed: Sequence[str], without: Sequence[str], spot: Spot) -> None:
    raising = [name for name in tables.grants("azure")["escalates"] if _reaches(allowed, name) and not _reaches(without, name)]
    if "*" in allowed or "*/*" in allowed:
        spot.tell(OWNER if raising else CONTRIBUTOR)
        return
    rows = (
        (RAISES, raising),
        (PROVIDER, [name for name in allowed if _of_provider(name)]),
        (EVERY_PROVIDER, [name for name in allowed if name.lower() in _CHANGES]),
    )
    for told, found in rows:
        if found:
            spot.tell(told, what=listed(found, 4))


def _of_provider(name: str) -> bool:
    return name.endswith("/*") and name.count("/") == 1 and not name.startswith("*")


def assignment(properties: Mapping[str, Any], spot: Spot) -> None:
    """A built-in role given to somebody. A role that only a parameter names is not known."""
    role = str(properties.get("roleDefinitionName") or properties.get("roleDefinitionId") or "")
    scope = str(properties.get("scope") or "")
    known = tables.grants("azure")
    name = next((word for word in (*known["owner"], *known["contributor"]) if role == word or word.lower() in _last(role)), "")
    wide = "resourcegroups" not in scope.lower() and "resource_group" not in scope.lower()
    if not name:
        spot.unresolved(_unknown(role), "a role assignment")
    elif name in known["owner"]:
        spot.tell(ASSIGNED, Severity.HIGH if wide else Severity.MEDIUM, role=name)
    elif wide:
        spot.tell(ASSIGNED_WIDE, role=name, scope=scope or "of the deployment")


def _last(role: str) -> Sequence[str]:
    return role.lower().split("/")[-1].split("'")


def _unknown(*texts: str) -> list[str]:
    """The texts, expressions of a template (``[parameters('role')]``) marked as not known; one that spells out an id is known."""
    return [marks.unknown(text[1:-1]) if text.startswith("[") and not _GUID.search(text) else text for text in texts]


def _reaches(allowed: Sequence[str], wanted: str) -> bool:
    return any(fnmatch.fnmatchcase(wanted.lower(), name.lower().replace("[", "[[]")) for name in allowed)


def _texts(parts: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return [str(name) for part in parts for name in _list(part.get(key))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []
