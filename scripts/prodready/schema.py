"""JSON Schemas of the YAML files people write, made from the structs that read them, for completion in editors."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from prodready.decode import written
from prodready.fielddocs import field_docs

_SCALARS: dict[Any, dict[str, object]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    object: {},
    Any: {},
}


def schema(kind: type, *, schema_id: str) -> dict[str, object]:
    """The draft 2020-12 schema of a struct; unknown keys are refused, field docstrings become descriptions."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id,
        "title": " ".join((kind.__doc__ or "").split()),
        **of(kind),
    }


def of(kind: Any) -> dict[str, object]:
    """The schema of one type as it appears in a field."""
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [of(arg) for arg in args]}
    if origin is tuple:
        return _sequence(args[0])
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": of(args[1])}
    if origin is typing.Literal:
        return {"enum": list(args)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return _record(kind)


def _sequence(kind: Any) -> dict[str, object]:
    many: dict[str, object] = {"type": "array", "items": of(kind)}
    return {"anyOf": [{"type": "string"}, many]} if kind is str else many


def _record(kind: type[Struct]) -> dict[str, object]:
    known, docs = fields(kind), field_docs(kind)
    properties = {written(field.name): {**of(field.type), **({"description": docs[field.name]} if field.name in docs else {})} for field in known}
    needed = [written(field.name) for field in known if field.required]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
