"""Workload identity pools of Google Cloud: whose tokens become identities in the pool."""

from __future__ import annotations

import re

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.told import Spot, Told
from prodready.model import Severity
from prodready.terraform import marks
from prodready.terraform.resource import Resource, members, words

_FIX = "write attribute_condition = \"assertion.repository_owner_id == '<id>'\", or the claim by which the provider names your organization"
NO_CONDITION = Told("GCP-FEDERATION", Severity.MEDIUM, "tokens of {name} become identities in the pool for every customer of the provider", _FIX)
SAYS_NOBODY = Told("GCP-FEDERATION", Severity.MEDIUM, "the condition on tokens of {name} asks for nothing that only you can have: {condition}", _FIX)
_OWNER = re.compile(
    r"\b(?:assertion|attribute|google)(?:\.|\[['\"])\w*(?:sub|subject|owner|repository|namespace|project|organi[sz]ation|org|workspace|pipeline|team)\w*"
)
"""Claims by which providers with many customers name one of them."""


def provider(resource: Resource, spot: Spot) -> None:
    """An identity provider of a pool. Those with one customer, such as a cluster, need no condition."""
    issuers = [text for block in members(resource.body.get("oidc")) if isinstance(block, dict) for text in words(block.get("issuer_uri"))]
    shared = next((row for row in tables.trust()["providers"] if any(_host(text) == row["issuer"] for text in issuers)), None)
    if shared is None:
        spot.unresolved(issuers, "the issuer of a workload identity pool")
        return
    condition = " ".join(words(resource.body.get("attribute_condition"))).strip()
    if not condition:
        spot.tell(NO_CONDITION, name=str(shared["name"]))
    elif not _OWNER.search(condition):
        if marks.is_unknown(condition):
            spot.unresolved([condition], "the condition of a workload identity pool")
        else:
            spot.tell(SAYS_NOBODY, name=str(shared["name"]), condition=condition[:120])


def _host(issuer: str) -> str:
    return issuer.removeprefix("https://").partition("/")[0].lower()
