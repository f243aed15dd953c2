"""HCL2 as a tree: what the parser builds and the evaluator reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct


class Literal(Struct, frozen=True):
    """A number, boolean, null or plain text."""

    value: Any


class Text(Struct, frozen=True):
    """A text with interpolations: literal parts and expressions in turn."""

    parts: tuple[Any, ...]
    line: int
    heredoc: bool = False


class Name(Struct, frozen=True):
    """A root name: ``var``, ``local``, ``aws_iam_role``."""

    name: str


class Attribute(Struct, frozen=True):
    """``of.name``."""

    of: Any
    name: str


class Index(Struct, frozen=True):
    """``of[key]``; with no key a splat."""

    of: Any
    key: Any | None


class Call(Struct, frozen=True):
    """A function call; ``spread`` when the last argument ends in ``...``."""

    name: str
    arguments: tuple[Any, ...]
    line: int
    spread: bool = False


class Tuple(Struct, frozen=True):
    """``[a, b]``."""

    items: tuple[Any, ...]


class Mapping(Struct, frozen=True):
    """``{a = b}``."""

    items: tuple[tuple[Any, Any], ...]
    line: int


class Operation(Struct, frozen=True):
    """An operator with one, two or three operands (``?``)."""

    operator: str
    operands: tuple[Any, ...]


class For(Struct, frozen=True):
    """A comprehension; ``key`` is None for a list."""

    names: tuple[str, ...]
    over: Any
    key: Any | None
    value: Any
    condition: Any | None
    group: bool
    line: int


@dataclass(slots=True)
class Body:
    """Attributes and blocks between two braces."""

    attributes: dict[str, tuple[Any, int]] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """``type "label" … { body }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int
    path: str = ""


class HclError(ValueError):
    """The text is no HCL; ``line`` says where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line
