"""The values of Terraform blocks: attributes, nested and dynamic blocks, and the instances of ``for_each`` and ``count``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodready.terraform.hcl_functions import Object
from prodready.terraform.hcl_syntax import Block, Body
from prodready.terraform.hcl_values import Evaluator
from prodready.terraform.known import Either, Unknown

MAX_EACH = 200


def instances(evaluator: Evaluator, block: Block) -> list[dict[str, Any]]:
    """The names ``each`` and ``count`` for every instance of a block."""
    attributes = block.body.attributes
    if "for_each" in attributes:
        over = evaluator.value(attributes["for_each"][0], {})
        if isinstance(over, dict) and over:
            return [{"each": Object(key=key, value=value)} for key, value in list(over.items())[:MAX_EACH]]
        if isinstance(over, list) and over:
            return [{"each": Object(key=value, value=value)} for value in over[:MAX_EACH]]
        return [{"each": Object(key=Unknown("each.key"), value=Unknown("each.value"))}]
    return [{"count": Object(index=Unknown("count.index"))}] if "count" in attributes else [{}]


def first_each(evaluator: Evaluator, block: Block) -> dict[str, Any]:
    """The names for all instances at once: which one is meant stays open."""
    found = instances(evaluator, block)
    if len(found) == 1:
        return found[0]
    return {"each": Object(key=Either(tuple(one["each"]["key"] for one in found)), value=Either(tuple(one["each"]["value"] for one in found)))}


def read(evaluator: Evaluator, body: Body, names: Mapping[str, Any], block: Block) -> Object:
    """The values of a body: attributes, and blocks as lists."""
    found = Object(
        {key: evaluator.value(tree, names) for key, (tree, _) in body.attributes.items() if key not in ("for_each", "count", "depends_on", "lifecycle")}
    )
    found.line = block.line
    for inner in body.blocks:
        if inner.type == "dynamic" and inner.labels:
            found.setdefault(inner.labels[0], []).extend(_dynamic(evaluator, inner, names))
        elif isinstance(found.setdefault(inner.type, []), list):
            found[inner.type].append(read(evaluator, inner.body, names, inner))
    return found


def _dynamic(evaluator: Evaluator, block: Block, names: Mapping[str, Any]) -> Iterator[Any]:
    content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
    tree = block.body.attributes.get("for_each")
    over = evaluator.value(tree[0], names) if tree else Unknown("for_each")
    iterator = block.body.attributes.get("iterator")
    word = getattr(iterator[0], "name", block.labels[0]) if iterator else block.labels[0]
    if content is None or not isinstance(over, (list, dict)):
        yield (
            over
            if isinstance(over, (Unknown, Either)) and content is None
            else Unknown(over.name if isinstance(over, Unknown) else f"dynamic {block.labels[0]}")
        )
        return
    for key, value in list(over.items() if isinstance(over, dict) else ((each, each) for each in over))[:MAX_EACH]:
        yield read(evaluator, content.body, {**names, word: Object(key=key, value=value)}, content)
