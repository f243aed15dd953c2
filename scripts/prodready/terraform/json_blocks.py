"""Terraform in JSON (``.tf.json``): the blocks that the same file in HCL would have. Texts are templates.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.readers.located import At, Plain, read_json
from prodready.terraform.hcl_parser import parse_template
from prodready.terraform.hcl_syntax import Block, Body, Literal, Mapping, Text, Tuple

_TOP = (("resource", 2), ("data", 2), ("variable", 1), ("module", 1), ("output", 1), ("locals", 0))
"""Kind of block -> how many labels it has."""
_NESTED = frozenset((
    *("statement", "principals", "not_principals", "condition", "inline_policy", "permissions", "rule", "subject", "role_ref", "binding"),
    *("default_action", "redirect", "health_check", "ingress", "egress", "notification", "rotation_rules", "event_selector", "expiration", "content"),
))  # fmt: skip
"""Objects that are blocks. Only the schema of a provider tells them from maps, so these are the ones that our readers look into."""


def parse(text: str, path: str) -> list[Block]:
    """The blocks of a file. Raises Unreadable, and HclError for a template that is none."""
    document = read_json(text, path)
    data = document.data if isinstance(document.data, dict) else {}
    return [
        Block(kind, labels, _body(body, document, at), _line(document, at), path)
        for kind, depth in _TOP for labels, at, body in _levels(data.get(kind), (kind,), depth)
    ]  # fmt: skip


def _levels(value: Any, at: At, depth: int, labels: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], At, dict[str, Any]]]:
    """Bodies below that many names; an object may stand in a list anywhere."""
    for where, each in _rows(value, at):
        if not depth:
            yield labels, where, each
            continue
        for key, inner in each.items():
            yield from _levels(inner, (*where, key), depth - 1, (*labels, key))


def _rows(value: Any, at: At) -> Iterator[tuple[At, dict[str, Any]]]:
    for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
        if isinstance(each, dict):
            yield at if index is None else (*at, index), each


def _body(data: dict[str, Any], document: Plain, at: At) -> Body:
    body = Body()
    for key, value in data.items():
        where = (*at, key)
        if key == "dynamic":
            body.blocks += [Block(key, labels, _body(row, document, place), _line(document, place)) for labels, place, row in _levels(value, where, 1)]
        elif key in _NESTED and isinstance(value, (dict, list)):
            body.blocks += [Block(key, (), _body(row, document, place), _line(document, place)) for place, row in _rows(value, where)]
        else:
            body.attributes[key] = (_tree(value, document, where), _line(document, where))
    return body


def _tree(value: Any, document: Plain, at: At) -> Any:
    if isinstance(value, str):
        found = parse_template(value) if "${" in value or "%{" in value else None
        return Text(found.parts, _line(document, at)) if found else Literal(value)
    if isinstance(value, list):
        return Tuple(tuple(_tree(each, document, (*at, index)) for index, each in enumerate(value)))
    if isinstance(value, dict):
        return Mapping(tuple((Literal(key), _tree(each, document, (*at, key))) for key, each in value.items()), _line(document, at))
    return Literal(value)


def _line(document: Plain, at: At) -> int:
    return document.line(at, None) or 1
