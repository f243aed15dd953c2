"""Reads the statements of a policy document, tolerant of what AWS tolerates and exact about the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.checks.iam_wildcards.policy import Condition, Flaw, Kind, Place, Policy, Principal, Source, Statement, Unparsed
from prodready.readers.located import At
from prodready.terraform import marks
from prodready.terraform.known import Either, Unknown

MAX_STATEMENTS, MAX_VALUES = 5_000, 20_000
_EVER = frozenset(["effect", "action", "notaction"])
"""What a statement has one of, in lower case."""
_EITHER_OR = (("action", "notaction"), ("resource", "notresource"), ("principal", "notprincipal"))
_KEYS = frozenset(["sid", "effect", "action", "notaction", "resource", "notresource", "principal", "notprincipal", "condition"])


def read(data: Any, at: At, source: Source, *, kind: Kind | None = None, name: str = "", service: str = "", subjects: tuple[str, ...] = ()) -> Policy:
    """The policy at a place of a document; what cannot be read becomes flaws, what is not known stays unknown."""
    reader = _Reader(source, source.literal)
    statements = tuple(reader.statements(data, at))
    return Policy(
        path=source.path, place=Place(source, at, data), kind=kind or kind_of(statements), name=name, service=service, statements=statements,
        flaws=tuple(reader.flaws), unknown=tuple(reader.unknown), subjects=subjects,
    )  # fmt: skip


def kind_of(statements: tuple[Statement, ...]) -> Kind:
    """The kind that a document without a context has by its own words."""
    named = [statement for statement in statements if statement.principals is not None]
    if not named:
        return Kind.IDENTITY
    actions = [action.lower() for statement in named for action in statement.actions]
    return Kind.TRUST if actions and all(action.startswith("sts:") for action in actions) else Kind.RESOURCE


def looks_like(data: Any) -> bool:
    """Whether a mapping is meant as a policy document."""
    if not isinstance(data, dict):
        return False
    body = data["Statement"] if "Statement" in data else _lower(data).get("statement")
    entries = body if isinstance(body, list) else [body]
    if any(isinstance(entry, dict) and ("Effect" in entry or _EVER & _lower(entry).keys()) for entry in entries):
        return True
    return any(isinstance(entry, list) and looks_like({"Statement": entry}) for entry in entries)


def settled(policy: Policy) -> Policy:
    """The policy with unknown parts of ARNs taken for plain text."""
    return replace(policy, statements=tuple(replace(each, resources=tuple(map(marks.plain, each.resources))) for each in policy.statements))


class _Reader(Struct):
    source: Source
    literal: bool
    """Whether data means what it says, so that nothing has to be resolved."""
    flaws: list[Flaw] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    count: int = 0

    def statements(self, data: Any, at: At) -> Iterator[Statement]:
        for document, maybe in self.options(data):
            if isinstance(document, Unknown):
                self.unknown.append(document.name)
            elif isinstance(document, Unparsed):
                self.flaw(at, document, f"the policy cannot be read: {document.reason}")
            elif not isinstance(document, dict):
                self.flaw(at, document, "a policy document must be an object with 'Statement'")
            else:
                yield from self.body(document, at, maybe=maybe)

    def body(self, document: dict[Any, Any], at: At, *, maybe: bool) -> Iterator[Statement]:
        key = next((key for key in document if str(key).lower() == "statement"), None)
        if key is None:
            self.flaw(at, document, "the policy document has no 'Statement'")
            return
        for value, where, either in self.members(document[key], (*at, str(key))):
            self.count += 1
            if self.count > MAX_STATEMENTS:
                self.flaw(at, document, f"more than {MAX_STATEMENTS} statements")
                return
            statement = self.statement(value, where, maybe=maybe or either)
            if statement:
                yield statement

    def statement(self, value: Any, at: At, *, maybe: bool) -> Statement | None:
        if isinstance(value, Unknown):
            self.unknown.append(value.name)
            return None
        if not isinstance(value, dict):
            self.flaw(at, value, "a statement must be an object")
            return None
        parts = {(word := str(key)).lower(): (part, (*at, word)) for key, part in value.items()}
        if len(parts) < len(value) and any(count > 1 for name, count in Counter(str(key).lower() for key in value).items() if name in _KEYS):
            self.flaw(at, value, "an element is given twice in different letter case")
            return None
        return self.whole(value, parts, at, maybe=maybe)

    def whole(self, value: Any, parts: dict[str, tuple[Any, At]], at: At, *, maybe: bool) -> Statement | None:
        effect = self.texts(parts, "effect")
        if len(effect) != 1 or (effect[0].lower() not in ("allow", "deny") and not marks.is_unknown(effect[0])):
            self.flaw(at, value, f"'Effect' must be Allow or Deny, not {', '.join(map(marks.shown, effect)) or 'missing'}")
            return None
        doubled = next((word for word, other in _EITHER_OR if word in parts and other in parts), "")
        if doubled or ("action" not in parts and "notaction" not in parts):
            self.flaw(at, value, f"the statement needs one of {doubled or 'Action'} and Not{doubled or 'Action'}")
            return None
        flexible = maybe or (not self.literal and any(isinstance(part, Either) for name, (part, _) in parts.items() if name in _KEYS))
        return self.built(parts, allow=effect[0].lower() != "deny", place=Place(self.source, at, value), maybe=flexible, unsure=marks.is_unknown(effect[0]))

    def built(self, parts: dict[str, tuple[Any, At]], *, allow: bool, place: Place, maybe: bool, unsure: bool) -> Statement:
        before = len(self.unknown)
        actions = self.texts(parts, "action") or self.texts(parts, "notaction")
        resources = self.texts(parts, "resource") or self.texts(parts, "notresource")
        principals = self.principals(parts)
        conditions, open_ended = self.conditions(parts)
        unknown = [marks.shown(text) for text in actions if marks.is_unknown(text)] + open_ended + self.unknown[before:] + (["Effect"] if unsure else [])
        del self.unknown[before:]
        return Statement(
            allow=allow, actions=actions, not_action="notaction" in parts, resources=resources, not_resource="notresource" in parts,
            principals=principals, not_principal="notprincipal" in parts, conditions=conditions, place=place,
            sid=next(iter(self.texts(parts, "sid")), "")[:120], maybe=maybe, unknown=tuple(unknown),
        )  # fmt: skip

    def texts(self, parts: dict[str, tuple[Any, At]], key: str) -> tuple[str, ...]:
        if key not in parts:
            return ()
        value, at = parts[key]
        if self.literal and isinstance(value, str):
            return (marks.bind_variables(value),)
        if self.literal and isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(map(marks.bind_variables, value[:MAX_VALUES]))
        return tuple(self.text(value, where) for value, where, _ in self.each(value, at))

    def text(self, value: Any, at: At) -> str:
        if isinstance(value, str):
            return marks.bind_variables(value)
        if isinstance(value, Unknown):
            return marks.unknown(value.name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        self.flaw(at, value, "a text is expected here")
        return marks.unknown("not a text")

    def principals(self, parts: dict[str, tuple[Any, At]]) -> tuple[Principal, ...] | None:
        key = "principal" if "principal" in parts else "notprincipal"
        if key not in parts:
            return None
        found: list[Principal] = []
        for value, at, _ in self.each(*parts[key]):
            if isinstance(value, dict):
                found += [
                    Principal(kind=str(kind), name=self.text(name, where))
                    for kind, names in value.items()
                    for name, where, _ in self.each(names, (*at, str(kind)))
                ]
            else:
                found.append(Principal(kind="AWS", name=self.text(value, at)))
        return tuple(found)

    def conditions(self, parts: dict[str, tuple[Any, At]]) -> tuple[tuple[Condition, ...], list[str]]:
        """The conditions, and the names of those that are not known: they are not counted on."""
        found: list[Condition] = []
        missing: list[str] = []
        for block, at in [parts["condition"]] if "condition" in parts else []:
            for value, where, maybe in self.each(block, at):
                if isinstance(value, Unknown) or maybe:
                    missing.append("Condition")
                elif not isinstance(value, dict):
                    self.flaw(where, value, "'Condition' must be an object of operators")
                else:
                    found += self.operators(value, where)
        return tuple(found), missing

    def operators(self, block: dict[Any, Any], at: At) -> Iterator[Condition]:
        for operator, keys in block.items():
            resolved = self.source.resolve(keys)
            if not isinstance(resolved, dict):
                self.flaw((*at, str(operator)), keys, f"the condition operator {str(operator)[:60]!r} needs an object of keys")
                continue
            for key, values in resolved.items():
                where = (*at, str(operator), str(key))
                yield Condition(operator=str(operator), key=str(key), values=tuple(self.text(value, place) for value, place, _ in self.each(values, where)))

    def members(self, value: Any, at: At) -> Iterable[tuple[Any, At, bool]]:
        """The statements of a body."""
        if self.literal and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return ((member, (*at, index), False) for index, member in enumerate(value[:MAX_VALUES]))
        return self.each(value, at)

    def each(self, value: Any, at: At) -> Iterator[tuple[Any, At, bool]]:
        """The members of a list, or the one value; the options of a choice in place of it."""
        for option, maybe in self.options(value):
            if isinstance(option, (list, tuple)):
                for index, member in enumerate(option[:MAX_VALUES]):
                    yield from ((part, where, either or maybe) for part, where, either in self.each(member, (*at, index)))
            elif option is not None:
                yield option, at, maybe

    def options(self, value: Any) -> Iterator[tuple[Any, bool]]:
        resolved = self.source.resolve(value)
        if isinstance(resolved, Either):
            yield from ((part, True) for option in resolved.options for part, _ in self.options(option))
        else:
            yield resolved, False

    def flaw(self, at: At, value: Any, message: str) -> None:
        if len(self.flaws) < 50:
            self.flaws.append(Flaw(line=self.source.line(at, value), message=message))


def _lower(data: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in data.items()}
