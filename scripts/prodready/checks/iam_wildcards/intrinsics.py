"""CloudFormation's functions, evaluated as far as a template alone can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from msgspec import Struct

from prodready.readers.located import At, Plain
from prodready.terraform import marks
from prodready.terraform.known import Either, Unknown

MAX_DEPTH = 30
_PLACE = re.compile(r"\$\{([^}]*)\}")
_SERVERLESS = re.compile(r"\$\{([^{}]*)\}")
_KNOWN = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


class Template(Struct, eq=False, dict=True):
    """A template as a source of documents."""

    literal: ClassVar[bool] = False
    document: Plain
    depth: int = 0
    serverless: bool = False

    @property
    def path(self) -> str:
        return self.document.path

    def line(self, at: At, value: object) -> int | None:
        return self.document.line(at, value)

    def resolve(self, value: Any) -> Any:
        """The value of an expression: data, Unknown, Either, or None where the template removes it."""
        if isinstance(value, str):
            return self.filled(value) if self.serverless and "${" in value else value
        name = function_name(value)
        if not name:
            return value
        if self.depth > MAX_DEPTH:
            return Unknown("an expression nested too deeply")
        self.depth += 1
        try:
            return self.call(name, next(iter(value.values())))
        finally:
            self.depth -= 1

    def call(self, name: str, argument: Any) -> Any:
        """The value of one function."""
        handler: Callable[[Any], Any] | None = {
            "Ref": self.ref, "Sub": self.sub, "Join": self.join, "If": self.choice, "GetAtt": self.attribute, "Select": self.select,
            "Split": self.split, "FindInMap": self.in_map, "ImportValue": lambda given: Unknown(f"ImportValue {self.word(given)}"),
        }.get(name)  # fmt: skip
        return handler(argument) if handler else Unknown(f"Fn::{name}")

    def word(self, value: Any) -> str:
        """The value as text, with marks for what is not known."""
        found = self.resolve(value)
        if isinstance(found, Unknown):
            return marks.unknown(found.name)
        if isinstance(found, Either):
            return marks.unknown(" or ".join(str(option)[:30] for option in found.options[:3]))
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found) if isinstance(found, (str, int, float)) else marks.unknown("a value that is no text")

    def ref(self, name: Any) -> Any:
        """A parameter's default, or the identity of a resource."""
        name = str(name)
        if name in _KNOWN:
            return _KNOWN[name]
        if name == "AWS::NoValue":
            return None
        if name.startswith("AWS::"):
            return marks.reference(name)
        parameter = self.section("Parameters").get(name)
        if isinstance(parameter, dict):
            return self.parameter(name, parameter)
        return marks.reference(name) if name in self.section("Resources") else Unknown(name)

    def parameter(self, name: str, parameter: dict[str, Any]) -> Any:
        """What a parameter may be: its allowed values, or its default."""
        allowed, default = parameter.get("AllowedValues"), parameter.get("Default")
        if isinstance(allowed, list) and allowed:
            return Either(tuple(allowed)) if len(allowed) > 1 else allowed[0]
        if default is None or str(parameter.get("Type", "")).startswith("AWS::SSM"):
            return Unknown(name)
        if "List" in str(parameter.get("Type", "")) and isinstance(default, str):
            return [part.strip() for part in default.split(",")]
        return default

    def section(self, name: str) -> dict[str, Any]:
        """A top-level part of the template."""
        data = self.document.data
        root = data.get("resources", {}) if self.serverless and name not in data and isinstance(data.get("resources"), dict) else data
        found = root.get(name)
        return found if isinstance(found, dict) else {}

    def sub(self, argument: Any) -> Any:
        """A text with places to fill."""
        text, local = (argument[0], argument[1]) if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict) else (argument, {})
        if isinstance(text, list):
            text = text[0] if text else ""
        if not isinstance(text, str):
            return Unknown("Fn::Sub")
        return _PLACE.sub(lambda match: self.fill(match[1], local), text)

    def fill(self, name: str, local: dict[str, Any]) -> str:
        """One place of a text."""
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        name = name.strip()
        if name in local:
            return self.word(local[name])
        if ":" in name and not name.startswith("AWS::"):
            return "${" + name + "}"
        return marks.reference(name) if "." in name else self.word({"Ref": name})

    def join(self, argument: Any) -> Any:
        """A list put together."""
        if not (isinstance(argument, list) and len(argument) == 2):
            return Unknown("Fn::Join")
        parts = self.resolve(argument[1])
        if not isinstance(parts, list):
            return Unknown("Fn::Join of a value that is not known")
        return str(argument[0]).join(self.word(part) for part in parts if self.resolve(part) is not None)

    def choice(self, argument: Any) -> Any:
        """Both branches: which one holds is decided at deployment."""
        if not (isinstance(argument, list) and len(argument) == 3):
            return Unknown("Fn::If")
        found = [self.resolve(option) for option in argument[1:]]
        options = [part for option in found for part in (option.options if isinstance(option, Either) else (option,))]
        return Either(tuple(option for option in options if option is not None))

    def attribute(self, argument: Any) -> Any:
        """An attribute of a resource."""
        return marks.reference(".".join(str(part) for part in argument) if isinstance(argument, list) else str(argument))

    def select(self, argument: Any) -> Any:
        """One member of a list."""
        parts = self.resolve(argument[1]) if isinstance(argument, list) and len(argument) == 2 else None
        try:
            return self.resolve(parts[int(self.word(argument[0]))])  # type: ignore[index]
        except (TypeError, ValueError, IndexError, KeyError):
            return Unknown("Fn::Select")

    def split(self, argument: Any) -> Any:
        """A text taken apart."""
        if not (isinstance(argument, list) and len(argument) == 2) or not str(argument[0]):
            return Unknown("Fn::Split")
        text = self.word(argument[1])
        return Unknown("Fn::Split") if marks.is_unknown(text) else text.split(str(argument[0]))

    def in_map(self, argument: Any) -> Any:
        """A value of a mapping; all of them where the keys are not known."""
        if not (isinstance(argument, list) and len(argument) >= 3):
            return Unknown("Fn::FindInMap")
        table: Any = self.section("Mappings").get(self.word(argument[0]))
        outer, inner = self.word(argument[1]), self.word(argument[2])
        rows = [table[outer]] if isinstance(table, dict) and outer in table else list(table.values()) if isinstance(table, dict) else []
        found = [row[inner] for row in rows if isinstance(row, dict) and inner in row] or [
            value for row in rows if isinstance(row, dict) for value in row.values()
        ]
        return Either(tuple(found)) if len(found) > 1 else found[0] if found else Unknown("Fn::FindInMap")

    def filled(self, text: str) -> Any:
        """A Serverless text; where all of it is one variable, the data behind it."""
        whole = _SERVERLESS.fullmatch(text.strip())
        found = self.own(whole[1].strip()) if whole else None
        if isinstance(found, (dict, list)):
            return found
        filled = self.variables(text)
        return Unknown(whole[1].strip()) if whole and marks.wholly_unknown(filled) else filled

    def own(self, name: str) -> Any:
        """What a variable of the file itself names; None when it is none, or names nothing."""
        if not name.startswith("self:") or "," in name:
            return None
        value: Any = self.document.data
        for key in name.removeprefix("self:").split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def variables(self, text: str) -> str:
        """A Serverless Framework text with its ``${…}`` filled as far as the file itself tells."""
        for _ in range(4):
            text = _SERVERLESS.sub(self.variable, text)
        return text

    def variable(self, match: re.Match[str]) -> str:
        """One Serverless variable."""
        name = match[1].strip()
        if name.startswith("AWS::"):
            return self.word({"Ref": name})
        if re.match(r"^(aws:(username|userid|Principal|Source|Request)|saml:|[\w.-]+amazonaws\.com:)", name):
            return marks.reference(name)
        value = self.own(name)
        if isinstance(value, (str, int)) and "${self:" not in str(value):
            return str(value)
        return marks.unknown(name)


def function_name(value: Any) -> str:
    """The function that a one-key mapping calls, without prefix; empty for plain data."""
    if not isinstance(value, dict) or len(value) != 1:
        return ""
    key = next(iter(value))
    if not isinstance(key, str):
        return ""
    if key == "Ref" or key.startswith("!"):
        return key.removeprefix("!")
    return key.removeprefix("Fn::") if key.startswith("Fn::") else ""
