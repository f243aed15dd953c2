"""Ticks the boxes of a Markdown checklist, and touches not one other character of it."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.boxes.outline import LINE_END, Box

_SIGNS = {" ": "x", "x": " ", "X": " ", "☐": "☑", "☑": "☐", "☒": "☐", "✅": "☐", "✓": "☐", "✔": "☐", "❌": "✅"}
"""The other state of each sign, one character for one."""


def ticked(text: str, states: Mapping[Box, bool]) -> str:
    """The text with each of the boxes in the state that it is to have. The boxes are those of an outline of this very text."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    starts = [0, *(end.end() for end in LINE_END.finditer(text, len(mark)))]
    starts[0] = len(mark)
    characters = list(text)
    for box, wanted in states.items():
        if box.ticked is not wanted:
            at = starts[box.line - 1] + box.column
            characters[at] = _SIGNS.get(characters[at], "x")
    return "".join(characters)
