"""Evaluates HCL2 expressions as far as the files alone can tell; the rest is Unknown or Either."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as ReadOnly
from typing import Any, Protocol

from prodready.terraform import hcl_functions, hcl_syntax, marks
from prodready.terraform.hcl_functions import Encoded, Object, text_of
from prodready.terraform.known import Either, Unknown

MAX_DEPTH, MAX_STEPS, MAX_TEXT = 100, 400_000, 2_000_000


class Heredoc(str):
    """A text that knows the line it begins on."""

    __slots__ = ("line",)
    line: int


class World(Protocol):
    """What names outside of an expression stand for."""

    def name(self, steps: tuple[str, ...]) -> Any:
        """The value of ``var.x``, ``data.kind.name.attribute`` and the like."""

    def read(self, path: str) -> Any:
        """The text of a file beside the module, or Unknown."""


class Evaluator:
    """One module's expressions."""

    def __init__(self, world: World) -> None:
        self.world, self.depth, self.steps = world, 0, 0

    def value(self, tree: Any, names: ReadOnly[str, Any]) -> Any:
        """The value of an expression under the names of comprehensions around it."""
        self.depth += 1
        self.steps += 1
        try:
            if self.depth > MAX_DEPTH or self.steps > MAX_STEPS:
                return Unknown("an expression too large to evaluate")
            found: Any = getattr(self, f"on_{type(tree).__name__.lower()}")(tree, names)
            return found
        finally:
            self.depth -= 1

    def on_literal(self, tree: hcl_syntax.Literal, names: ReadOnly[str, Any]) -> Any:
        return tree.value

    def on_text(self, tree: hcl_syntax.Text, names: ReadOnly[str, Any]) -> Any:
        if len(tree.parts) == 1 and not isinstance(tree.parts[0], str):
            return self.value(tree.parts[0], names)
        text = "".join(part if isinstance(part, str) else text_of(self.value(part, names)) for part in tree.parts)
        if len(text) > MAX_TEXT:
            return Unknown("a text too large to evaluate")
        if tree.heredoc:
            text = Heredoc(text)
            text.line = tree.line
        return text

    def on_name(self, tree: hcl_syntax.Name, names: ReadOnly[str, Any]) -> Any:
        return names[tree.name] if tree.name in names else self.world.name((tree.name,))

    def on_attribute(self, tree: hcl_syntax.Attribute, names: ReadOnly[str, Any]) -> Any:
        steps = _steps(tree)
        if steps and steps[0] not in names:
            return self.world.name(steps)
        return _member(self.value(tree.of, names), tree.name)

    def on_index(self, tree: hcl_syntax.Index, names: ReadOnly[str, Any]) -> Any:
        found = self.value(tree.of, names)
        if tree.key is None:
            return found if isinstance(found, (list, Unknown, Either)) else [found]
        key = self.value(tree.key, names)
        if isinstance(found, list) and isinstance(key, int) and not isinstance(key, bool):
            return found[key] if -len(found) <= key < len(found) else Unknown("an index beyond the list")
        return _member(found, key if isinstance(key, str) else text_of(key))

    def on_call(self, tree: hcl_syntax.Call, names: ReadOnly[str, Any]) -> Any:
        given = [self.value(argument, names) for argument in tree.arguments]
        if tree.spread and given and isinstance(given[-1], list):
            given = [*given[:-1], *given[-1]]
        if tree.name in ("file", "templatefile") and given:
            return self.file(given)
        found = hcl_functions.call(tree.name, given)
        if isinstance(found, Encoded):
            found.line = found.line or tree.line
        return found

    def file(self, given: list[Any]) -> Any:
        """The text of a file; a template's interpolations are evaluated with the names it is given."""
        text = self.world.read(text_of(given[0]))
        if len(given) < 2 or isinstance(text, Unknown):
            return text
        from prodready.terraform.hcl_parser import parse_template

        try:
            return self.value(parse_template(text), given[1] if isinstance(given[1], dict) else {})
        except hcl_syntax.HclError:
            return Unknown("templatefile()")

    def on_tuple(self, tree: hcl_syntax.Tuple, names: ReadOnly[str, Any]) -> Any:
        return [self.value(item, names) for item in tree.items]

    def on_mapping(self, tree: hcl_syntax.Mapping, names: ReadOnly[str, Any]) -> Any:
        found = Object((text_of(self.value(key, names)), self.value(item, names)) for key, item in tree.items)
        found.line = tree.line
        return found

    def on_operation(self, tree: hcl_syntax.Operation, names: ReadOnly[str, Any]) -> Any:
        if tree.operator == "?":
            return self.choice(tree, names)
        given = [self.value(operand, names) for operand in tree.operands]
        if any(isinstance(each, (Unknown, Either)) or (isinstance(each, str) and ("\ue000" in each or "\ue001" in each)) for each in given):
            return Unknown(f"an expression with {tree.operator}")
        try:
            return _compute(tree.operator, given)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return Unknown(f"an expression with {tree.operator}")

    def choice(self, tree: hcl_syntax.Operation, names: ReadOnly[str, Any]) -> Any:
        """Both branches where the condition is not known."""
        condition = self.value(tree.operands[0], names)
        if isinstance(condition, bool):
            return self.value(tree.operands[1 if condition else 2], names)
        options = (self.value(tree.operands[1], names), self.value(tree.operands[2], names))
        return options[0] if options[0] == options[1] else Either(options)

    def on_for(self, tree: hcl_syntax.For, names: ReadOnly[str, Any]) -> Any:
        over = self.value(tree.over, names)
        if not isinstance(over, (list, dict)):
            return over if isinstance(over, Unknown) else Unknown("a comprehension over a value that is not known")
        rows = over.items() if isinstance(over, dict) else enumerate(over)
        listed: list[Any] = []
        table = Object()
        table.line = tree.line
        for key, item in list(rows)[: hcl_functions.MAX_ITEMS]:
            inner = {**names, **dict(zip(tree.names, (key, item) if len(tree.names) > 1 else (item,), strict=False))}
            if tree.condition is not None and self.value(tree.condition, inner) is False:
                continue
            value = self.value(tree.value, inner)
            listed.append(value)
            if tree.key is not None:
                table[text_of(self.value(tree.key, inner))] = value
        return table if tree.key is not None else listed


def _steps(tree: Any) -> tuple[str, ...]:
    """The dotted name that a tree is, indexes left out; empty for anything else."""
    if isinstance(tree, hcl_syntax.Name):
        return (tree.name,)
    if isinstance(tree, hcl_syntax.Attribute):
        before = _steps(tree.of)
        return (*before, tree.name) if before else ()
    if isinstance(tree, hcl_syntax.Index) and (tree.key is None or isinstance(tree.of, hcl_syntax.Attribute)):
        before = _steps(tree.of)
        return before if len(before) > 1 and before[0] not in ("var", "local", "each", "module") else ()
    return ()


def _member(found: Any, name: str) -> Any:
    if isinstance(found, dict):
        if name in found:
            return found[name]
        return Either(tuple(found.values())) if marks.is_unknown(name) and found else Unknown(name)
    if isinstance(found, list):
        return [_member(each, name) for each in found]
    if isinstance(found, Either):
        return Either(tuple(_member(option, name) for option in found.options))
    if isinstance(found, str) and marks.referred(found):
        return marks.reference(f"{marks.referred(found)[0]}.{name}")
    return found if isinstance(found, Unknown) else Unknown(name)


def _compute(operator: str, given: list[Any]) -> Any:
    if len(given) == 1:
        return not given[0] if operator == "!" else -given[0]
    one, other = given
    table: dict[str, Callable[[], Any]] = {
        "==": lambda: one == other, "!=": lambda: one != other, "&&": lambda: bool(one and other), "||": lambda: bool(one or other),
        "<": lambda: one < other, ">": lambda: one > other, "<=": lambda: one <= other, ">=": lambda: one >= other,
        "+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other, "/": lambda: one / other, "%": lambda: one % other,
    }  # fmt: skip
    return table[operator]()
