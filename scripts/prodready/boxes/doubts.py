"""What is doubtful about a Markdown checklist: sums that do not add up, bounds nobody can meet, boxes that are no tasks. Each with its fix."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from msgspec import Struct

from prodready.boxes import roles
from prodready.boxes.outline import Box, Outline, Section
from prodready.names import counted, few

_NUMBER = re.compile(r"^\W*(?P<number>\d+(?:\.\d+)*)\.?\s+(?P<title>.*)$")
_METADATA = re.compile(r"^\W*(owner|eta|due|deadline|assignee|responsible)\b\W*:?", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<[a-z][^<>\n]{0,30}>|(?:^|\s)\.\.\.(?=[\s`]|$)|\b(?:YYYY|TBD|TODO|XXX)\b|\{\{[^}]*\}\}")
_OVER = re.compile(r"(?P<sign>>=|>|≥|at least|above)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<percent>%?)")
_SHARE = re.compile(r"\b(?:PSR|DSR|PBO|probabilit\w*|p-value)\b", re.IGNORECASE)
_AFTER = re.compile(r"^\W*(?:T\+\d|day \d|week \d|month \d|post-|after go-?live)|\bpost-(?:launch|go-?live|release)\b", re.IGNORECASE)
_DONE = re.compile(r"(?:\b\d+/\d+ items? completed|\ball items completed|\bcompletion date\b\W*\w)", re.IGNORECASE)
_MOJIBAKE = re.compile(r"\ufffd|[ÃÂ][\u0080-\u00bf€-™]|â[\u0080-\u00bf€][\u0080-\u00bf€-™]?|ðŸ|[×Ø][\u0080-\u009f\u0090-\u00ff](?=[×Ø])")
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Doubt(Struct, frozen=True, kw_only=True):
    """One thing to mend, or to know, about the list."""

    rule: str
    line: int
    message: str
    fix: str
    column: int = 1
    """From 1."""


def doubts(list_: Outline) -> tuple[Doubt, ...]:
    """Everything doubtful, in the order of the lines."""
    found = (doubt for rule in RULES for doubt in rule(list_))
    return tuple(sorted(found, key=lambda doubt: (doubt.line, doubt.column, doubt.rule)))


def number_of(title: str) -> tuple[str, str]:
    """``6.1 Risk Policy`` -> ``("6.1", "Risk Policy")``; no number is the empty text."""
    found = _NUMBER.match(title)
    return (found["number"], found["title"]) if found else ("", title)


def _weights(list_: Outline) -> Iterator[Doubt]:
    """A table with a column of weights adds up to 100 %."""
    tables: dict[tuple[int, tuple[str, ...]], list[tuple[int, float]]] = defaultdict(list)
    for row in list_.rows:
        column = next((at for at, cell in enumerate(row.header) if cell.lower() == "weight"), None)
        if column is not None and column < len(row.cells) and "total" not in row.cells[0].lower():
            share = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?", row.cells[column])
            if share:
                tables[row.section, row.header].append((row.line, float(share[1])))
    for shares in tables.values():
        total = sum(share for _, share in shares)
        if abs(total - 100) > 1e-6:
            words = f"the weights of {len(shares)} categories add up to {total:g} %, not to 100 %"
            yield Doubt(rule="weights", line=shares[0][0], message=words, fix="make them add up; until then each counts as its share of the sum")


def _denominators(list_: Outline) -> Iterator[Doubt]:
    """``Score: __/9`` counts the boxes that somebody can tick."""
    leaves = Counter(box.section for box in list_.leaves())
    for index, section in enumerate(list_.sections):
        for at, score in enumerate(section.scores):
            area = {index} if at == 0 and leaves[index] else _chapter(list_, section.parent or index)
            yield from _denominator(score.of, sum(leaves[part] for part in area), score.line, section.title)
    for row in list_.rows:
        chapter = next((at for at, section in enumerate(list_.sections) if number_of(row.cells[0])[0] and _same(section.title, row.cells[0])), None)
        of = next((re.fullmatch(r"_*\s*/\s*(\d+)", cell) for cell in row.cells if re.fullmatch(r"_*\s*/\s*(\d+)", cell)), None)
        if chapter is not None and of:
            yield from _denominator(int(of[1]), sum(leaves[part] for part in _chapter(list_, chapter)), row.line, row.cells[0])


def _denominator(said: int, there: int, line: int, title: str) -> Iterator[Doubt]:
    if there and said != there:
        words = f"the score of {title!r} is out of {said}, and there {'is 1 box' if there == 1 else f'are {there} boxes'}"
        yield Doubt(rule="denominator", line=line, message=words, fix=f"write /{there}, or mend the list")


def _chapter(list_: Outline, index: int) -> set[int]:
    """The section and all below it."""
    inside = {index}
    for at, section in enumerate(list_.sections):
        if section.parent in inside:
            inside.add(at)
    return inside


def _same(one: str, other: str) -> bool:
    """Whether two titles carry one number."""
    return number_of(one)[0] == number_of(other)[0]


def _roles(list_: Outline) -> Iterator[Doubt]:
    """Who signs is the same wherever it is said."""
    listed, table, named = roles.listed(list_), roles.signatures(list_), roles.named(list_)
    if listed and table:
        for role, line in table.items():
            if not roles.known(role, listed):
                yield Doubt(rule="roles", line=line, message=f"{role} signs in the table but is not in the sign-off list", fix="add the role to the list")
        for role, line in listed.items():
            if not roles.known(role, table):
                yield Doubt(rule="roles", line=line, message=f"{role} is in the sign-off list but has no line in the table", fix="add the line")
    for role, line in named.items():
        if (listed or table) and not roles.known(role, {**listed, **table}):
            words = f"{role} is to sign here and is named nowhere else"
            yield Doubt(rule="roles", line=line, message=words, fix="add the role to the sign-off list and the table")


def _headings(list_: Outline) -> Iterator[Doubt]:
    """Two sections of one name are mistaken for each other."""
    places: dict[str, list[Section]] = defaultdict(list)
    for section in list_.sections[1:]:
        places[number_of(section.title)[1].casefold()].append(section)
    for twins in places.values():
        for later in twins[1:]:
            words = f"the heading {number_of(later.title)[1]!r} stands on line {twins[0].line} too"
            yield Doubt(rule="heading-twice", line=later.line, message=words, fix="say in the heading how the two differ")


def _boxes(list_: Outline) -> Iterator[Doubt]:
    """Boxes that are no task, or that cannot be met as they are written."""
    for box in list_.boxes:
        for rule, words, fix in _of_box(box, list_):
            yield Doubt(rule=rule, line=box.line, column=box.column + 1, message=f"{box.text!r} {words}", fix=fix)


def _of_box(box: Box, list_: Outline) -> Iterator[tuple[str, str, str]]:
    if _METADATA.match(box.text):
        yield "metadata", "says who and by when, and is nothing anybody could do", "write it without a box; a relative date needs the day it counts from"
    if left := _PLACEHOLDER.search(list_.lines[box.line - 1], box.column + 2):  # in the source: GitHub drops <date> as a tag
        yield "placeholder", f"still has the placeholder {left[0].strip()!r}", "write what belongs there; no file and no command has that name"
    if words := _impossible(box.text):
        yield "impossible-bound", *words
    if _AFTER.search(box.text) and box.ticked:
        yield "after-launch", "can be known only after the launch, and is ticked before it", "untick it; it falls due at its time and cannot gate the launch"


def _impossible(text: str) -> tuple[str, str] | None:
    for found in _OVER.finditer(text):
        value, strict = float(found["value"]), found["sign"] in (">", "above")
        if found["percent"] and (value > 100 or (value == 100 and strict)):
            return f"asks for {found[0]}, and no share is more than 100 %", "write a bound that can be met"
        if not found["percent"] and _SHARE.search(text) and (value > 1 or (value == 1 and strict)):
            return (
                f"asks for {found[0]} of a probability, which is 1 at most",
                "write '> 0.95'; for the z statistic inside the deflated Sharpe ratio say so: z > 1.0 is a probability of 0.84",
            )
    return None


def _twins(list_: Outline) -> Iterator[Doubt]:
    """The same words twice are one task or two that nobody can tell apart."""
    seen: dict[tuple[int, str], int] = {}
    for box in list_.leaves():
        first = seen.setdefault((box.section, box.text.casefold()), box.line)
        if first != box.line and box.text:
            yield Doubt(rule="box-twice", line=box.line, message=f"{box.text!r} stands on line {first} too", fix="remove one, or say how they differ")


def _lines(list_: Outline) -> Iterator[Doubt]:
    """What is wrong with the text itself."""
    for number, line in enumerate(list_.lines, 1):
        for pattern, rule, words, fix in (
            (_MOJIBAKE, "broken-character", "a character was lost when the file changed its encoding", "write it anew and save the file as UTF-8"),
            (_HIDDEN, "hidden-character", "a control or direction character hides or turns what stands here", "remove it"),
        ):
            for found in pattern.finditer(line):
                yield Doubt(rule=rule, line=number, column=found.start() + 1, message=words, fix=fix)
        if _DONE.search(line):
            words = f"{line.strip('* ')!r} is written by hand"
            yield Doubt(rule="written-status", line=number, message=words, fix="let 'prodready tick' and the report say how far it is")


def _ticks(list_: Outline) -> Iterator[Doubt]:
    """Ticks are claims."""
    if claimed := [box for box in list_.boxes if box.ticked]:
        words = f"{len(claimed)} of {len(list_.boxes)} boxes are ticked, and a tick is no evidence"
        yield Doubt(rule="ticked", line=claimed[0].line, message=words, fix="gate the list: 'prodready import' makes a profile of it")


RULES: tuple[Callable[[Outline], Iterator[Doubt]], ...] = (_weights, _denominators, _roles, _headings, _boxes, _twins, _lines, _ticks)


def summary(found: tuple[Doubt, ...]) -> str:
    """``12 doubts: 3 denominator, 2 roles``."""
    counts = Counter(doubt.rule for doubt in found)
    return f"{counted(len(found), 'doubt')}: {few([f'{count} {rule}' for rule, count in counts.most_common()], 20)}"
