"""What a call of a Terraform module from elsewhere is given: policy documents, and statements in the shape that modules of AWS take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.checks.iam_wildcards import statements
from prodready.readers.located import read_json
from prodready.readers.structured import Unreadable
from prodready.terraform.documents import document
from prodready.terraform.hcl_functions import Encoded
from prodready.terraform.known import Either

_DEEPEST = 6
_DOES, _ON = frozenset(("actions", "not_actions")), frozenset(("resources", "not_resources", "principals"))


def documents(body: dict[str, Any], line: int) -> Iterator[Any]:
    """Every argument, or part of one, that is meant as a policy."""
    for key, value in body.items():
        if key not in ("source", "version", "providers"):
            yield from _within(value, line, 0)


def _within(value: Any, line: int, depth: int) -> Iterator[Any]:
    data = value.data if isinstance(value, Encoded) else value
    if depth > _DEEPEST:
        return
    if isinstance(data, str) and _is_document(data):
        yield value
    elif statements.looks_like(data):
        yield value if isinstance(value, Encoded) else Encoded(value, getattr(value, "line", None) or line)
    elif isinstance(data, dict) and _DOES & data.keys() and _ON & data.keys():
        yield Encoded(document({"statement": [_row(data)]}, line), getattr(data, "line", None) or line)
    elif isinstance(data, (dict, list, Either)):
        members = data.values() if isinstance(data, dict) else data.options if isinstance(data, Either) else data
        for member in members:
            yield from _within(member, line, depth + 1)


def _row(data: dict[str, Any]) -> dict[str, Any]:
    """The statement with its conditions as a list, whatever this module calls them."""
    given = data.get("condition", data.get("conditions"))
    rows = list(given.values()) if isinstance(given, dict) and "test" not in given else given if isinstance(given, list) else [given]
    return {**data, "condition": rows}


def _is_document(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        return statements.looks_like(read_json(text, "an argument").data)
    except Unreadable:
        return False
