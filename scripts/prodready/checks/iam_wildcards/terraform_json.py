"""Terraform plans: what ``terraform show -json`` prints. Values are evaluated already; what is unknown says so."""

from __future__ import annotations

from typing import Any

from prodready.checks.iam_wildcards import terraform_resources
from prodready.checks.iam_wildcards.policy import At, Policy, Unknown
from prodready.checks.iam_wildcards.sources import Plain
from prodready.checks.iam_wildcards.terraform_values import Resource
from prodready.checks.iam_wildcards.verdicts import Verdicts


def is_plan(data: dict[Any, Any]) -> bool:
    """Whether the data is a plan or a state in JSON."""
    return "format_version" in data and any(key in data for key in ("planned_values", "values", "resource_changes"))


def plan(document: Plain, out: Verdicts) -> list[Policy]:
    """Every policy that the planned resources carry."""
    data, unknown = document.data, _unknown(document.data)
    resources: list[Resource] = []
    values = data.get("planned_values") or data.get("values") or {}
    stack: list[tuple[Any, At]] = [(values.get("root_module", {}) if isinstance(values, dict) else {}, ("planned_values", "root_module"))]
    while stack:
        module, at = stack.pop()
        if not isinstance(module, dict):
            continue
        stack += [(child, (*at, "child_modules", index)) for index, child in enumerate(module.get("child_modules") or [])]
        for index, each in enumerate(module.get("resources") or []):
            if isinstance(each, dict) and isinstance(each.get("values"), dict):
                later = unknown.get(str(each.get("address", "")), {})
                body = {
                    **each["values"],
                    **{key: Unknown(f"{each.get('address', '')}.{key}") for key, value in later.items() if value is True and each["values"].get(key) is None},
                }
                line = document.line((*at, "resources", index), each) or 1
                resources.append(
                    Resource(
                        kind=str(each.get("type", "")),
                        name=str(each.get("address", "")),
                        body=body,
                        path=document.path,
                        line=line,
                        data=each.get("mode") == "data",
                    )
                )
    return terraform_resources.policies(resources, out)


def _unknown(data: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for change in data.get("resource_changes") or []:
        if isinstance(change, dict) and isinstance(change.get("change"), dict) and isinstance(change["change"].get("after_unknown"), dict):
            found[str(change.get("address", ""))] = change["change"]["after_unknown"]
    return found
