"""What types cannot say about a profile: unique ids, known checks, bounds that fit, numbers in range; every mistake with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from prodready import check, expectation, yamltext
from prodready.check import Check
from prodready.decode import DecodeError, Mistake, Path, decode, dotted, nearest
from prodready.errors import ProdreadyError
from prodready.expectation import ExpectationError, NoMoreFindings
from prodready.profile import CategoryEntry, ItemEntry, PolicyText, ProfileFile, RepositoryFile

_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class ChecklistError(ProdreadyError):
    """A profile or repository file is wrong; the message has one line ``file:line: what`` for each mistake."""


def refuse(policy: PolicyText, document: yamltext.Document, mistakes: tuple[Mistake, ...]) -> ChecklistError:
    """The error that lists the mistakes with their lines."""
    lines = [f"{policy.name}:{document.line(mistake.path)}: {dotted(mistake.path)}: {mistake.message}" for mistake in mistakes[:20]]
    return ChecklistError("\n".join(lines), f"mend {policy.name} and run 'prodready lint {policy.name}'")


class Validator:
    """Holds a decoded file to what types cannot say, and reports every mistake with its line."""

    def __init__(self, policy: PolicyText, document: yamltext.Document) -> None:
        self.policy, self.document, self.mistakes = policy, document, list[Mistake]()

    def profile(self, entry: ProfileFile) -> None:
        """Everything about a whole profile. Raises ChecklistError."""
        self.number(entry.pass_mark, ("pass_mark",), low=0, high=100)
        seen: set[str] = set()
        for at, category in enumerate(entry.categories):
            self.number(category.weight, ("categories", at, "weight"), low=0)
            for path, item in _entries(category, ("categories", at)):
                if item.id in seen:
                    self.mistake((*path, "id"), f"{item.id!r} is the id of an earlier item; each needs its own")
                seen.add(item.id)
                self.item(item, path)
        if not seen:
            self.mistake((), "no items: a checklist without boxes proves nothing")
        elif not any(category.weight for category in entry.categories):
            self.mistake(("categories",), "every category weighs 0, so there is no score: give one of them a weight")
        self.done()

    def item(self, item: ItemEntry, path: Path) -> None:
        """One item, wherever it was written."""
        if not _ID.fullmatch(item.id):
            self.mistake((*path, "id"), f"{item.id!r}: use lower-case letters, digits, dots and dashes")
        self.number(item.weight, (*path, "weight"))
        if item.check not in check.known():
            self.mistake((*path, "check"), f"there is no check {item.check!r}; {nearest(item.check, check.known())}")
            return
        self.expect(item.expect, item.check, (*path, "expect"), params=item.params)
        self.age(item.max_age, (*path, "max_age"))

    def expect(self, text: str, check_id: str, path: Path, *, params: Mapping[str, object]) -> None:
        """A bound parses, and is of the kind that the check observes, with these parameters."""
        try:
            bound = expectation.parse(text) if text else None
        except ExpectationError as error:
            self.mistake(path, str(error))
            return
        usual = _usual(check.load(check_id), params)
        if bound and isinstance(bound, NoMoreFindings) is not isinstance(expectation.parse(usual), NoMoreFindings):
            self.mistake(path, f"{text!r} does not fit what {check_id} observes; its own bound is {usual!r}")

    def age(self, text: str, path: Path) -> None:
        """A duration parses."""
        try:
            expectation.max_age_seconds(text)
        except ExpectationError as error:
            self.mistake(path, str(error))

    def people(self, file: RepositoryFile) -> None:
        """Roles and sign-off rules that can be met, and waivers that are loans."""
        self.age(file.signoffs.valid_for, ("signoffs", "valid_for"))
        for name, role in file.roles.items():
            for team in role.teams:
                if not _TEAM.fullmatch(team):
                    self.mistake(("roles", name, "teams"), f"{team!r} is no team: write organisation/team")
        for index, waiver in enumerate(file.waivers):
            if waiver.item in {earlier.item for earlier in file.waivers[:index]}:
                self.mistake(("waivers", index, "item"), f"{waiver.item!r} is waived above already: keep one of the two")
            if _bare(waiver.approver) == _bare(waiver.owner):
                self.mistake(("waivers", index, "approver"), f"{waiver.owner!r} owes the work and cannot lend to themselves: somebody else approves")
            for name in ("owner", "reason", "ticket", "approver"):
                if not getattr(waiver, name).strip():
                    self.mistake(("waivers", index, name), f"a waiver is a loan: write its {name}")

    def environment(self, file: RepositoryFile, known: list[str]) -> None:
        """Rules by which a record of the environment can be believed."""
        rules = file.environment
        self.age(rules.max_age, ("environment", "max_age"))
        if rules.items and not (rules.signers or rules.workflow):
            self.mistake(("environment", "items"), "say whose records are believed: signers, or the workflow that makes them")
        for index, pattern in enumerate(rules.items):
            if not any(fnmatchcase(name, pattern) for name in known):
                self.mistake(("environment", "items", index), f"no item is {pattern!r}; {nearest(pattern, known)}")

    def number(self, value: float, path: Path, *, low: float | None = None, high: float = math.inf) -> None:
        """A finite number: above 0, or from ``low`` on where it is given, and up to ``high``."""
        if not (math.isfinite(value) and value <= high and (value > 0 if low is None else value >= low)):
            least = "above 0" if low is None else f"of {low:g} or more"
            self.mistake(path, f"{value:g} is out of range: write a number {least}" + (f" and up to {high:g}" if high < math.inf else ""))

    def mistake(self, path: Path, message: str) -> None:
        """Keeps a mistake for ``done``."""
        self.mistakes.append(Mistake(path=path, message=message))

    def done(self) -> None:
        """Raises ChecklistError when there was any mistake."""
        if self.mistakes:
            raise refuse(self.policy, self.document, tuple(self.mistakes))


def _usual(one: Check[Any], params: Mapping[str, object]) -> str:
    """The check's own bound, with the parameters where they are valid: whether they are is told elsewhere."""
    try:
        return one.usual(decode(params, one.params))
    except DecodeError:
        return one.expect


def _bare(name: str) -> str:
    """A name or login, as two people would still be told apart."""
    return name.strip().removeprefix("@").casefold()


def _entries(category: CategoryEntry, path: Path) -> Iterator[tuple[Path, ItemEntry]]:
    """Every item of a category with its place in the file."""
    for index, item in enumerate(category.items):
        yield (*path, "items", index), item
    for number, section in enumerate(category.sections):
        for index, item in enumerate(section.items):
            yield (*path, "sections", number, "items", index), item
