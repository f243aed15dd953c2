"""Google Cloud: custom roles, and to whom strong roles are given."""

from __future__ import annotations

import re
from typing import Any

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.told import Spot, Told
from prodready.checks.iam_wildcards.verdicts import listed
from prodready.model import Severity

_ONE = "give it on the one resource, or a narrower role"
ANYONE = Told("GCP-ANYONE", Severity.CRITICAL, "{role} is given to {who}, which is everyone", "name the service account or group")
POOL = Told(
    "GCP-ANYONE", Severity.MEDIUM, "{role} is given to every identity of the pool {who}: of a public issuer that is everybody, unless the provider limits them",
    "name an attribute: principalSet://…/attribute.repository/OWNER/REPOSITORY, or the one subject",
)  # fmt: skip
READER = Told("GCP-BROAD-ROLE", Severity.LOW, "{role} reads everything in the {level}", "give the predefined role of the service that is read")
BASIC = Told("GCP-BROAD-ROLE", Severity.HIGH, "{role} at the {level} reaches every resource in it, for {who}", _ONE)
ADMIN = Told(
    "GCP-BROAD-ROLE", Severity.MEDIUM, "{role} at the {level} administers every resource of its service, for {who}", _ONE
)  # fmt: skip
STAR = Told("GCP-WILDCARD", Severity.HIGH, "{what} is no permission Google Cloud knows, and means all of them to who reads it", "list the permissions")
RAISES = Told("GCP-ESCALATION", Severity.HIGH, "{what} lets the holder act as a stronger identity", "leave it out, or grant it on one service account")


def binding(role: Any, members: Any, spot: Spot, level: str = "project") -> None:
    """A role given to members, at a project, folder or organization, or (``resource``) at one resource."""
    known = tables.grants("gcp")
    name, who = str(role), [str(member) for member in (members if isinstance(members, list) else [members]) if member is not None]
    spot.unresolved((name, *who), "a binding")
    anyone = [member for member in who if member in known["anyone"]]
    words = {"role": name, "level": level, "who": listed(anyone or who, 3)}
    wide = level != "resource"
    pools = [member for member in who if member.startswith("principalSet:") and re.search(r"/workloadIdentityPools/[^/]+/\*$", member)]
    if pools and not anyone:
        spot.tell(POOL, role=name, who=listed([pool.split("/")[-2] for pool in pools], 3))
    if anyone:
        spot.tell(ANYONE, ANYONE.severity if wide else Severity.HIGH, **words)
    elif name in known["low"]:
        spot.tell(READER, **words)
    elif wide and name in known["high"]:
        spot.tell(BASIC, **words)
    elif wide and name.startswith("roles/") and name.lower().endswith("admin"):
        spot.tell(ADMIN, **words)


def role(permissions: Any, spot: Spot) -> None:
    """A custom role."""
    names = [str(each) for each in (permissions if isinstance(permissions, list) else [permissions])]
    spot.unresolved(names, "a custom role")
    for told, found in ((STAR, [name for name in names if "*" in name]), (RAISES, [name for name in names if name in tables.grants("gcp")["escalates"]])):
        if found:
            spot.tell(told, what=listed(found))
