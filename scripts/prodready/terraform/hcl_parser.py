"""Reads HCL2, the language of Terraform, into a tree. Bounded in depth; every error names its line."""

from __future__ import annotations

from typing import Any

from prodready.terraform.hcl_expressions import Expressions
from prodready.terraform.hcl_syntax import Block, Body, HclError, Literal, Name, Text


def parse(text: str) -> Body:
    """The file's body. Raises HclError."""
    parser = _Parser(text)
    try:
        body = parser.body()
        if parser.at < len(text):
            raise parser.fail("a '}' too many")
    except RecursionError:
        raise HclError("nested too deeply", parser.line) from None
    return body


def parse_template(text: str) -> Text:
    """A text with interpolations, as in a template file. Raises HclError."""
    parser = _Parser(text)
    return parser.template_body(1, heredoc=True)


class _Parser(Expressions):
    def body(self) -> Body:
        body = Body()
        while True:
            self.skip(lines=True)
            if self.at >= len(self.text) or self.peek("}"):
                return body
            line = self.line
            name = self.word() or (self.string_label() if self.peek('"') else "")
            if not name:
                raise self.fail(f"expected a name, found {self.text[self.at : self.at + 10]!r}")
            self.skip()
            if self.peek("=") and not self.peek("=="):
                self.at += 1
                if name in body.attributes:
                    raise HclError(f"the argument {name} is set twice", line)
                body.attributes[name] = (self.expression(), line)
                self.end_of_line()
            else:
                body.blocks.append(self.block(name, line))

    def end_of_line(self) -> None:
        self.skip()
        if self.at < len(self.text) and not self.peek("\n") and not self.peek("}") and not self.take(","):
            raise self.fail(f"expected the end of the line, found {self.text[self.at : self.at + 12]!r}")

    def block(self, name: str, line: int) -> Block:
        labels: list[str] = []
        while not self.take("{"):
            label = self.string_label() if self.peek('"') else self.word()
            if not label:
                raise self.fail(f"expected '=' or '{{' after {name}")
            labels.append(label)
            self.skip()
        self.enter()
        body = self.body()
        self.need("}")
        self.depth -= 1
        return Block(name, tuple(labels), body, line)

    def string_label(self) -> str:
        self.need('"')
        text = ""
        while not self.take('"'):
            text += self.escape() if self.peek("\\") else self.plain() or self.one()
        return text or " "

    def one(self) -> str:
        if self.at >= len(self.text) or self.peek("\n"):
            raise self.fail("a text has no end")
        self.at += 1
        return self.text[self.at - 1]

    def quoted(self) -> Any:
        line = self.line
        self.need('"')
        found = self.template_body(line, heredoc=False)
        self.need('"')
        return Literal("".join(found.parts)) if all(isinstance(part, str) for part in found.parts) else found

    def here(self) -> Text:
        found = self.heredoc()
        if found is None:
            raise self.fail("a heredoc begins with a word and a new line")
        inner = _Parser(found[0])
        inner.depth = self.depth
        try:
            return inner.template_body(found[1], heredoc=True)
        except HclError as error:
            raise HclError(str(error), found[1] + error.line - 1) from None

    def template_body(self, line: int, *, heredoc: bool) -> Text:
        parts: list[Any] = []
        while self.at < len(self.text) and (heredoc or not self.peek('"')):
            if self.take("$${") or self.take("%%{"):
                parts.append("${" if self.text[self.at - 3] == "$" else "%{")
            elif self.take("${"):
                self.take("~")
                parts.append(self.expression(lines=True))
                self.skip(lines=True)
                self.take("~")
                self.need("}")
            elif self.take("%{"):
                parts.append(self.directive())
            elif not heredoc and self.peek("\\"):
                parts.append(self.escape())
            else:
                parts.append(self.raw() if heredoc else self.plain() or self.one())
        return Text(tuple(parts), line, heredoc)

    def raw(self) -> str:
        ends = [at for at in (self.text.find("${", self.at + 1), self.text.find("%{", self.at + 1), self.text.find("$${", self.at + 1)) if at >= 0]
        start, self.at = self.at, min(ends, default=len(self.text))
        return self.text[start : self.at]

    def directive(self) -> Any:
        end = self.text.find("}", self.at)
        if end < 0:
            raise self.fail("a directive has no end")
        words = self.text[self.at : end].strip("~ ")
        self.at = end + 1
        return Name(f"template directive {words[:40]}")
