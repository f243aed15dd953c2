"""The expressions of HCL2."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from prodready.terraform.hcl_syntax import Attribute, Call, For, Index, Literal, Mapping, Name, Operation, Tuple
from prodready.terraform.hcl_text import MAX_DEPTH, Cursor

_BINARY = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))


class Expressions(Cursor):
    """Reads expressions by descent; texts are read by the parser."""

    @abstractmethod
    def quoted(self) -> Any:
        """A text in quotes."""

    @abstractmethod
    def here(self) -> Any:
        """A heredoc."""

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("nested too deeply")

    def expression(self, *, lines: bool = False) -> Any:
        self.enter()
        self.skip(lines=lines)
        found = self.binary(0, lines=lines)
        self.skip(lines=lines)
        if self.take("?"):
            yes = self.expression(lines=True)
            self.skip(lines=True)
            self.need(":")
            self.skip(lines=True)
            found = Operation("?", (found, yes, self.expression(lines=lines)))
        self.depth -= 1
        return found

    def binary(self, level: int, *, lines: bool) -> Any:
        if level == len(_BINARY):
            return self.unary(lines=lines)
        left = self.binary(level + 1, lines=lines)
        while True:
            self.skip(lines=lines)
            sign = next((sign for sign in _BINARY[level] if self.peek(sign)), "")
            if not sign:
                return left
            self.at += len(sign)
            self.skip(lines=True)
            left = Operation(sign, (left, self.binary(level + 1, lines=lines)))

    def unary(self, *, lines: bool) -> Any:
        self.skip(lines=lines)
        for sign in ("!", "-"):
            if self.take(sign):
                self.enter()
                found = Operation(sign, (self.unary(lines=lines),))
                self.depth -= 1
                return found
        return self.postfix(self.primary(), lines=lines)

    def postfix(self, found: Any, *, lines: bool) -> Any:
        while True:
            before = self.at
            self.skip(lines=lines)
            if self.peek("...") or not (self.peek(".") or self.peek("[")):
                self.at = before
                return found
            found = self.dot(found) if self.take(".") else self.bracket(found)

    def dot(self, found: Any) -> Any:
        if self.take("*"):
            return Index(found, None)
        number = self.number()
        if number is not None:
            return Index(found, Literal(int(number)))
        name = self.word()
        if not name:
            raise self.fail("expected a name after '.'")
        return Attribute(found, name)

    def bracket(self, found: Any) -> Any:
        self.need("[")
        self.skip(lines=True)
        if self.take("*"):
            self.skip(lines=True)
            self.need("]")
            return Index(found, None)
        key = self.expression(lines=True)
        self.skip(lines=True)
        self.need("]")
        return Index(found, key)

    def primary(self) -> Any:
        if self.peek('"'):
            return self.quoted()
        if self.peek("<<"):
            return self.here()
        if self.take("("):
            found = self.expression(lines=True)
            self.skip(lines=True)
            self.need(")")
            return found
        if self.peek("["):
            return self.tuple()
        if self.peek("{"):
            return self.mapping()
        number = self.number()
        if number is not None:
            return Literal(number)
        return self.named()

    def named(self) -> Any:
        line = self.line
        name = self.word()
        if not name:
            raise self.fail(f"expected a value, found {self.text[self.at : self.at + 10]!r}")
        while self.take("::"):
            name += f"::{self.word()}"
        if name in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[name])
        self.skip()
        return self.call(name, line) if self.take("(") else Name(name)

    def call(self, name: str, line: int) -> Call:
        found: list[Any] = []
        spread = False
        self.skip(lines=True)
        while not self.take(")"):
            found.append(self.expression(lines=True))
            self.skip(lines=True)
            spread = self.take("...")
            self.skip(lines=True)
            if not self.take(",") and not self.peek(")"):
                raise self.fail("expected ',' or ')'")
            self.skip(lines=True)
        return Call(name, tuple(found), line, spread)

    def tuple(self) -> Any:
        line = self.line
        self.need("[")
        self.skip(lines=True)
        if self.is_for():
            return self.comprehension("]", line)
        found: list[Any] = []
        while not self.take("]"):
            found.append(self.expression(lines=True))
            self.skip(lines=True)
            if not self.take(",") and not self.peek("]"):
                raise self.fail("expected ',' or ']'")
            self.skip(lines=True)
        return Tuple(tuple(found))

    def mapping(self) -> Any:
        line = self.line
        self.need("{")
        self.skip(lines=True)
        if self.is_for():
            return self.comprehension("}", line)
        found: list[tuple[Any, Any]] = []
        while not self.take("}"):
            key = self.expression()
            self.skip(lines=True)
            if not self.take("=") and not self.take(":"):
                raise self.fail("expected '=' after the key")
            found.append((Literal(key.name) if isinstance(key, Name) else key, self.expression(lines=False)))
            self.skip()
            if not self.take(",") and not self.peek("\n") and not self.peek("}"):
                raise self.fail("expected ',' or a new line")
            self.skip(lines=True)
        return Mapping(tuple(found), line)

    def is_for(self) -> bool:
        return self.peek("for") and self.text[self.at + 3 : self.at + 4].isspace()

    def comprehension(self, end: str, line: int) -> For:
        self.need("for")
        names: list[str] = []
        self.skip(lines=True)
        while not names or self.take(","):
            self.skip(lines=True)
            names.append(self.word())
            self.skip(lines=True)
        self.need("in")
        over = self.expression(lines=True)
        self.need(":")
        key, value = None, self.expression(lines=True)
        if end == "}":
            self.need("=>")
            key, value = value, self.expression(lines=True)
        group = self.take("...")
        self.skip(lines=True)
        condition = self.expression(lines=True) if self.take("if") else None
        self.skip(lines=True)
        self.need(end)
        return For(tuple(names), over, key, value, condition, group, line)
