"""Terraform plans and states: what ``terraform show -json`` prints. Values are evaluated already; what only a deployment will tell says so.

A plan forgets which resource a value comes from; its configuration still knows, and a value that refers to one resource is marked as that reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodready.readers.located import At, Plain
from prodready.terraform import marks
from prodready.terraform.known import Unknown
from prodready.terraform.resource import Resource


def is_plan(data: Mapping[Any, Any]) -> bool:
    """Whether the data is a plan or a state in JSON."""
    return "format_version" in data and any(key in data for key in ("planned_values", "values", "resource_changes"))


def resources(document: Plain) -> Iterator[Resource]:
    """Every resource that is planned, modules included."""
    data = document.data
    later, references = dict(_later(data)), dict(_references(_mapping(_mapping(data, "configuration"), "root_module"), ""))
    values = data.get("planned_values") or data.get("values")
    waiting: list[tuple[Any, At]] = [(_mapping({"": values}, "", "root_module"), ("planned_values", "root_module"))]
    while waiting:
        module, at = waiting.pop()
        waiting += [(child, (*at, "child_modules", index)) for index, child in enumerate(_list(module, "child_modules"))]
        for index, each in enumerate(_list(module, "resources")):
            if isinstance(each.get("values"), dict):
                address = str(each.get("address", ""))
                body = _body(address, each["values"], later.get(address, {}), references.get(address.partition("[")[0], {}))
                line = document.line((*at, "resources", index), each) or 1
                yield Resource(kind=str(each.get("type", "")), name=address, body=body, path=document.path, line=line, data=each.get("mode") == "data")


def _body(address: str, values: Mapping[str, Any], later: Mapping[str, Any], references: Mapping[str, str]) -> dict[str, Any]:
    """The values; what a deployment will tell becomes a reference where it is known to what, else unknown."""
    body = dict(values)
    for key, value in later.items():
        if value and body.get(key) in (None, []):
            body[key] = marks.reference(references[key]) if key in references else Unknown(f"{address}.{key}")
    return body


def _later(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Address of a resource -> what of it is known after the deployment only."""
    for change in _list(data, "resource_changes"):
        yield str(change.get("address", "")), _mapping(change, "change", "after_unknown")


def _references(module: Mapping[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a resource -> attribute -> the first resource that it refers to."""
    for each in _list(module, "resources"):
        found = {
            key: f"{prefix}{value['references'][0]}"
            for key, value in _mapping(each, "expressions").items()
            if isinstance(value, dict) and isinstance(value.get("references"), list) and value["references"]
        }
        yield f"{prefix}{each.get('address', '')}", found
    for name, call in _mapping(module, "module_calls").items() if depth < 32 else ():
        yield from _references(_mapping({"": call}, "", "module"), f"{prefix}module.{name}.", depth + 1)


def _mapping(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _list(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
