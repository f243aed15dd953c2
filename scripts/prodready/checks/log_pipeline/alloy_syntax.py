"""The syntax of Alloy: blocks with a dotted name and a label, attributes with values, comments. Functions and operators are kept as they are written."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct, field

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|//[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<line>\n)|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<raw>`[^`]*`)"""
    r"""|(?P<number>-?\d[\w.]*)|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<mark>[{}\[\](),=]|[^\s\w])""",
    re.DOTALL,
)
DEEPEST = 40


class Reference(Struct, frozen=True):
    """A value that stands somewhere else, such as ``loki.write.default.receiver``."""

    text: str


class Block(Struct, frozen=True, kw_only=True):
    """A component or a block inside of one."""

    name: str
    label: str
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


def parse(text: str) -> list[Block]:
    """The blocks of a file. Raises ValueError that names the line."""
    reader = _Reader(text)
    top = Block(name="", label="", line=1)
    reader.body(top, 0)
    if reader.kind:
        raise reader.wrong("a '}' too many")
    return top.blocks


class _Reader:
    """Goes through the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        self.at, line = 0, 1
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "space":
                self.tokens.append((str(match.lastgroup), match[0], line))
            line += match[0].count("\n")

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    @property
    def word(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    @property
    def line(self) -> int:
        return self.tokens[min(self.at, len(self.tokens) - 1)][2] if self.tokens else 1

    def wrong(self, what: str) -> ValueError:
        return ValueError(f"line {self.line}: {what}")

    def take(self) -> str:
        word = self.word
        self.at += 1
        return word

    def lines(self) -> None:
        while self.kind == "line":
            self.at += 1

    def need(self, mark: str) -> None:
        self.lines()
        if self.take() != mark:
            self.at -= 1
            raise self.wrong(f"expected {mark!r}, found {self.word[:20]!r}")

    def body(self, block: Block, depth: int) -> None:
        if depth > DEEPEST:
            raise self.wrong("nested too deeply")
        self.lines()
        while self.kind == "name":
            line, name = self.line, self.take()
            if self.word == "=":
                self.take()
                block.attributes[name] = self.value(depth)
            else:
                label = str(json.loads(self.take())) if self.kind == "text" else ""
                inner = Block(name=name, label=label, line=line)
                self.need("{")
                self.body(inner, depth + 1)
                self.need("}")
                block.blocks.append(inner)
            self.lines()
            if self.word == ",":
                self.take()
                self.lines()

    def value(self, depth: int) -> Any:
        """A value, and what is calculated with it as one reference."""
        if depth > DEEPEST:
            raise self.wrong("nested too deeply")
        self.lines()
        first: Any
        match self.kind, self.word:
            case "text", word:
                first = json.loads(word)
            case "raw", word:
                first = word[1:-1]
            case _, "[":
                return self.series(depth)
            case _, "{":
                return self.mapping(depth)
            case (("name" | "number"), word):
                first = {"true": True, "false": False, "null": None}.get(word, Reference(word))
            case _:
                raise self.wrong(f"expected a value, found {self.word[:20]!r}")
        self.take()
        return self.rest(first)

    def rest(self, first: Any) -> Any:
        """What follows on the line makes it an expression that is not calculated here."""
        depth, more = 0, False
        while self.kind and (depth or (self.kind != "line" and self.word not in (",", "]", "}"))):
            depth += (self.word in "([{") - (self.word in ")]}") if self.kind == "mark" else 0
            more = True
            self.take()
        return Reference("an expression") if more else first

    def series(self, depth: int) -> list[Any]:
        self.take()
        found = []
        self.lines()
        while self.word != "]":
            found.append(self.value(depth + 1))
            self.lines()
            if self.word == ",":
                self.take()
                self.lines()
            elif self.word != "]":
                raise self.wrong("expected ',' or ']'")
        self.take()
        return found

    def mapping(self, depth: int) -> dict[str, Any]:
        self.take()
        found: dict[str, Any] = {}
        self.lines()
        while self.kind in ("name", "text"):
            key = str(json.loads(self.take())) if self.kind == "text" else self.take()
            self.need("=")
            found[key] = self.value(depth + 1)
            self.lines()
            if self.word == ",":
                self.take()
                self.lines()
        self.need("}")
        return found
