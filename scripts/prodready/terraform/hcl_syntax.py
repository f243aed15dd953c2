"""HCL2 as a tree: what the parser builds and the evaluator reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, boolean, null or plain text."""

    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text with interpolations: literal parts and expressions in turn."""

    parts: tuple[Any, ...]
    line: int
    heredoc: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A root name: ``var``, ``local``, ``aws_iam_role``."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """``of.name``."""

    of: Any
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``of[key]``; with no key a splat."""

    of: Any
    key: Any | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; ``spread`` when the last argument ends in ``...``."""

    name: str
    arguments: tuple[Any, ...]
    line: int
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Tuple:
    """``[a, b]``."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """``{a = b}``."""

    items: tuple[tuple[Any, Any], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with one, two or three operands (``?``)."""

    operator: str
    operands: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class For:
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
