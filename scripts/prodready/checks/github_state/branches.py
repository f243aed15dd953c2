"""What a branch requires before it is changed: by its rules, and by the older protection of branches as far as everybody may see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Forge
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import few, shown


def required_checks(forge: Forge, branch: str, wanted: Sequence[str]) -> Measured:
    """Whether all the statuses are required, or any where none is named."""
    by_rules = [check["context"] for rule in _rules(forge, branch, "required_status_checks") for check in rule["parameters"]["required_status_checks"]]
    required = [*by_rules, *_protection(forge, branch).get("contexts", ())]
    missing = [check for check in wanted if check not in required]
    held = bool(required) and not missing
    source = f"the branch {shown(branch)} requires {few([shown(name) for name in required]) or 'no check'}"
    return Measured(value=held, evidence=Evidence(source=source), findings=tuple(_missing(check, branch) for check in missing or wanted[: not held]))


def required_reviews(forge: Forge, branch: str) -> Measured:
    """How many approvals the strictest rule asks for."""
    counts = [int(rule["parameters"]["required_approving_review_count"]) for rule in _rules(forge, branch, "pull_request")]
    if not counts and forge.get(f"/branches/{_segment(branch)}")["protected"]:
        reason = f"the branch {shown(branch)} is protected in the older way, and what that asks for only administrators may read"
        raise CannotTell(reason, "protect it by a ruleset ('prodready protect'), which everybody may read")
    return Measured(value=max(counts, default=0), evidence=Evidence(source=f"the rules of the branch {shown(branch)}"))


def _rules(forge: Forge, branch: str, kind: str) -> list[Any]:
    return [rule for rule in forge.pages(f"/rules/branches/{_segment(branch)}") if rule["type"] == kind]


def _protection(forge: Forge, branch: str) -> Any:
    found = forge.get(f"/branches/{_segment(branch)}")
    return (found.get("protection") or {}).get("required_status_checks") or {} if found["protected"] else {}


def _segment(branch: str) -> str:
    return quote(branch, safe="")


def _missing(check: str, branch: str) -> Finding:
    words = f"{shown(check)} is not required on {shown(branch)}: a change can be merged while it is red"
    return Finding(rule="check-not-required", message=words, severity=Severity.HIGH, fix="require it: prodready protect")
