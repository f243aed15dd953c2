"""Resources of a Terraform plan or state in JSON. A plan forgets which resource a value comes from; its configuration still knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodready.check import CannotTell
from prodready.checks.iam_wildcards import marks, terraform_json
from prodready.checks.iam_wildcards.policy import Unknown
from prodready.checks.iam_wildcards.sources import Plain, read_json
from prodready.checks.iam_wildcards.terraform_values import Resource
from prodready.context import Repo
from prodready.readers import structured


def planned(repo: Repo, paths: Sequence[str], gaps: list[str]) -> Iterator[Resource]:
    """The resources that the plans among the files state."""
    for path in paths:
        if not path.endswith(".json") or path.endswith(".tf.json"):
            continue
        try:
            document = read_json(repo.text(path, limit=32_000_000), path)
        except (structured.Unreadable, CannotTell) as error:
            gaps.append(f"{path} cannot be read: {error}")
            continue
        if isinstance(document.data, dict) and terraform_json.is_plan(document.data):
            yield from _resources(document)


def _resources(document: Plain) -> Iterator[Resource]:
    data = document.data
    unknown = {str(each.get("address")): each.get("change", {}).get("after_unknown") or {} for each in data.get("resource_changes") or []}
    references = dict(_references((data.get("configuration") or {}).get("root_module") or {}, ""))
    values = data.get("planned_values") or data.get("values") or {}
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(values.get("root_module") or {}, ("planned_values", "root_module"))]
    while waiting:
        module, at = waiting.pop()
        waiting += [(child, (*at, "child_modules", index)) for index, child in enumerate(module.get("child_modules") or [])]
        for index, each in enumerate(module.get("resources") or []):
            address = str(each.get("address", ""))
            body = _body(each.get("values") or {}, unknown.get(address, {}), references.get(address.partition("[")[0], {}))
            line = document.line((*at, "resources", index), each) or 1
            yield Resource(kind=str(each.get("type", "")), name=address, body=body, path=document.path, line=line, data=each.get("mode") == "data")


def _body(values: Mapping[str, Any], later: Any, references: Mapping[str, str]) -> dict[str, Any]:
    """The values; what a deployment will tell becomes a reference where it is known to what, else unknown."""
    body = dict(values)
    for key, value in later.items() if isinstance(later, dict) else ():
        if value and body.get(key) in (None, []):
            body[key] = marks.reference(references[key]) if key in references else Unknown(key)
    return body


def _references(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a resource -> attribute -> the first resource that it refers to."""
    for each in module.get("resources") or []:
        found = {
            key: f"{prefix}{value['references'][0]}"
            for key, value in (each.get("expressions") or {}).items()
            if isinstance(value, dict) and value.get("references")
        }
        yield f"{prefix}{each.get('address', '')}", found
    for name, call in (module.get("module_calls") or {}).items():
        yield from _references(call.get("module") or {}, f"{prefix}module.{name}.")
