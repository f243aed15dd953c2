"""HCL2, the language of Terraform, as plain data: what is written literally; an expression is there, and nobody knows its value.

Blocks lie below their type and labels: ``resource.aws_s3_bucket.logs[0].acl``; each place is a list, since blocks repeat.
"""

from __future__ import annotations

from typing import Any

from prodready.readers.structured import Unreadable
from prodready.terraform import hcl_parser
from prodready.terraform.hcl_syntax import Body, HclError, Literal, Mapping, Name, Operation, Text, Tuple
from prodready.yamltext import Document, Path

EXPRESSION = {"${}": "an expression, which is not evaluated"}
"""Stands for a value that only Terraform knows: it exists, and can be compared with nothing."""


def read(text: str, *, name: str) -> Document:
    """The document. Raises Unreadable naming the line."""
    try:
        body = hcl_parser.parse(text)
    except HclError as error:
        raise Unreadable(f"{name}:{error.line}: not valid HCL: {error}") from None
    lines: dict[Path, int] = {}
    return Document(data=_body(body, (), lines), lines=lines)


def _body(body: Body, at: Path, lines: dict[Path, int]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, (value, line) in body.attributes.items():
        data[name], lines[(*at, name)] = _value(value), line
    for block in body.blocks:
        place, path = data, at
        for step in (block.type, *block.labels[:-1]) if block.labels else ():
            place, path = place.setdefault(step, {}), (*path, step)
        last = block.labels[-1] if block.labels else block.type
        same: Any = place.setdefault(last, [])
        if isinstance(same, list):  # an argument and a block of one name: the argument was first, and is kept
            path = (*path, last, len(same))
            lines[path] = block.line
            same.append(_body(block.body, path, lines))
    return data


def _value(tree: Any) -> Any:
    match tree:
        case Literal(value=value):
            return value
        case Text(parts=parts):
            return "".join(parts) if all(isinstance(part, str) for part in parts) else EXPRESSION
        case Tuple(items=items):
            return [_value(item) for item in items]
        case Mapping(items=items):
            return {_key(key): _value(value) for key, value in items}
        case Operation(operator="-", operands=(Literal(value=int() | float() as number),)):
            return -number
        case _:
            return EXPRESSION


def _key(tree: Any) -> str:
    match tree:
        case Name(name=name):
            return name
        case Literal(value=value):
            return str(value)
        case Text(parts=parts):
            return "".join(part if isinstance(part, str) else "${}" for part in parts)
        case _:
            return "${}"
