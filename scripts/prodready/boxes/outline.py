"""What a Markdown checklist holds: sections, boxes, tables and score lines, each with its line. What a box is, GitHub's own parser says.

cmark-gfm renders the text with source positions, raw HTML left out; what is read here is that rendering. So the boxes are exactly those that
GitHub shows (https://github.github.com/gfm/#task-list-items-extension-), with one addition: a table cell that holds nothing but ``[ ]``, ``[x]``,
a ballot box or a check mark is a box to people, though not to GitHub, and is kept apart by ``in_table``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from prodready.boxes.rendering import Event, events

LINE_END = re.compile(r"\r\n|\n|\r")
_MARK = re.compile(r"(?:[-+*]|\d{1,9}[.)])[ \t]+\[([ \t\v\fxX])\]")
_CELL = re.compile(r"\[( |x|X)\]|[☐☑☒✅✓✔❌]\ufe0f?")
_TICKED = frozenset("xX☑☒✅✓✔")
_SCORE = re.compile(r"\bscore\b\W*_*\s*/\s*(\d{1,6})(.*)", re.IGNORECASE)


class Box(Struct, frozen=True, kw_only=True):
    """One box, as it stands in the source."""

    line: int
    """From 1."""
    column: int
    """Of the character between the brackets, from 0, in the line."""
    ticked: bool
    text: str
    """Its words without Markdown, nested boxes apart."""
    section: int
    """Index of its section."""
    depth: int = 0
    """Boxes around it."""
    parent: int | None = None
    """Index of the box around it."""
    in_table: bool = False
    """Whether it is a table cell, which GitHub does not show as a box."""


class Score(Struct, frozen=True, kw_only=True):
    """A line such as ``Score: ____/7 (100% required)``."""

    of: int
    """The number after the slash."""
    remark: str
    """What follows the number, brackets included."""
    line: int


class Section(Struct, frozen=True, kw_only=True):
    """A heading and what is said below it. The first section is the text before any heading, with level 0."""

    title: str
    level: int
    line: int
    parent: int | None = None
    """Index of the section around it."""
    scores: tuple[Score, ...] = ()
    """Its score lines, its own first; a total over several sections mostly stands below the last of them."""


class Row(Struct, frozen=True, kw_only=True):
    """One row of a table, its cells without Markdown."""

    cells: tuple[str, ...]
    line: int
    section: int
    header: tuple[str, ...]
    """The cells of the table's head."""


class Outline(Struct, frozen=True, kw_only=True):
    """A whole checklist. Every index in a part points into these."""

    sections: tuple[Section, ...]
    boxes: tuple[Box, ...]
    rows: tuple[Row, ...]
    lines: tuple[str, ...]
    """The source by lines, without their ends."""

    def path(self, section: int) -> tuple[Section, ...]:
        """The section and those around it, the outermost first, the nameless first one left out."""
        found, at = list[Section](), section
        while at:
            found.append(self.sections[at])
            at = self.sections[at].parent or 0
        return tuple(reversed(found))

    def leaves(self) -> tuple[Box, ...]:
        """The boxes with no box below them: what somebody has to do."""
        inner = {box.parent for box in self.boxes}
        return tuple(box for index, box in enumerate(self.boxes) if index not in inner)

    def below(self, index: int) -> tuple[Box, ...]:
        """The boxes directly below a box."""
        return tuple(box for box in self.boxes if box.parent == index)


def read(text: str) -> Outline:
    """The outline of a Markdown text, a byte order mark before it left out."""
    text = text.removeprefix("\ufeff")
    lines = tuple(LINE_END.split(text))
    reader = _Reader(lines=lines)
    for event in events(text):
        reader.take(event)
    return Outline(sections=tuple(reader.sections), boxes=tuple(reader.boxes), rows=tuple(reader.rows), lines=lines)


@dataclass(slots=True)
class _Reader:
    """Takes events in the order of the text."""

    lines: tuple[str, ...]
    sections: list[Section] = field(default_factory=lambda: [Section(title="", level=0, line=1)])
    boxes: list[Box] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    around: list[int | None] = field(default_factory=list)
    """Of every open list item: the index of its box, None for an item without."""
    header: tuple[str, ...] = ()

    def take(self, event: Event) -> None:
        match event.kind:
            case "heading":
                self.sections.append(Section(title=event.text, level=event.level, line=event.line, parent=self._parent(event.level)))
            case "item":
                self.around.append(self._box(event))
            case "item text":
                self._say(event.text)
            case "item end":
                self.around.pop()
            case "paragraph":
                self._score(event)
            case "row":
                self._row(event)

    def _parent(self, level: int) -> int | None:
        at: int | None = len(self.sections) - 1
        while at is not None and self.sections[at].level >= level:
            at = self.sections[at].parent
        return at

    def _box(self, event: Event) -> int | None:
        if event.ticked is None:
            return None
        mark = _MARK.match(self.lines[event.line - 1], event.column)
        if mark is None:  # a box that cannot be pointed at is none: nobody could tick it
            return None
        parent = next((index for index in reversed(self.around) if index is not None), None)
        depth = self.boxes[parent].depth + 1 if parent is not None else 0
        self.boxes.append(Box(line=event.line, column=mark.start(1), ticked=event.ticked, text="", section=len(self.sections) - 1, depth=depth, parent=parent))
        return len(self.boxes) - 1

    def _say(self, text: str) -> None:
        """Words of the innermost list item."""
        if self.around and (index := self.around[-1]) is not None:
            self.boxes[index] = replace(self.boxes[index], text=f"{self.boxes[index].text} {text}".strip())

    def _score(self, event: Event) -> None:
        found = _SCORE.search(event.text)
        if found:
            here = self.sections[-1]
            self.sections[-1] = replace(here, scores=(*here.scores, Score(of=int(found[1]), remark=found[2].strip(), line=event.line)))

    def _row(self, event: Event) -> None:
        if event.is_header:
            self.header = event.cells
            return
        section = len(self.sections) - 1
        self.rows.append(Row(cells=event.cells, line=event.line, section=section, header=self.header))
        self.boxes += _cells(event, self.lines[event.line - 1], section)


def _cells(event: Event, line: str, section: int) -> Iterator[Box]:
    """The boxes among the cells of a row; its words are the other cells."""
    words = " · ".join(cell for cell in event.cells if cell and not _CELL.fullmatch(cell))
    for cell in re.finditer(r"(?<=\|)[ \t]*([^|]*?)[ \t]*(?=\||$)", line):
        if mark := _CELL.fullmatch(cell[1]):
            at = cell.start(1) + (1 if mark[1] else 0)
            yield Box(line=event.line, column=at, ticked=line[at] in _TICKED, text=words, section=section, in_table=True)
