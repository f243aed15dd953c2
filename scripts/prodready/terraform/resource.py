"""Terraform resources with their values, and how to read texts out of them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from prodready.terraform import marks
from prodready.terraform.hcl_functions import text_of
from prodready.terraform.known import Either


class Resource(Struct, frozen=True, kw_only=True):
    """A resource with its values."""

    kind: str
    name: str
    """Its address."""
    body: dict[str, Any]
    path: str
    line: int
    data: bool = False
    planned: bool = True
    """Whether the values come from a plan, where references are gone."""


def address(text: str) -> str:
    """The resource a text refers to (``aws_iam_role.app`` for its ARN), or the text."""
    found = marks.referred(text)
    if not found:
        return text
    parts = found[0].split(".")
    return ".".join(parts[:2]) if parts[0] not in ("module", "data") else found[0]


def words(value: Any) -> list[str]:
    """The texts in a value, the options of a choice among them."""
    if value is None:
        return []
    if isinstance(value, Either):
        return [text for option in value.options for text in words(option)]
    return [text for each in value for text in words(each)] if isinstance(value, (list, tuple)) else [text_of(value)]


def members(value: Any) -> list[Any]:
    """The members of a list, or the one value."""
    return value if isinstance(value, list) else [] if value is None else [value]
