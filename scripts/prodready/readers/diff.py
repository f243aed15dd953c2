"""The added lines of a diff as git writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPED = re.compile(r'\\([0-7]{3}|[abfnrtv"\\])')
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def added(text: str) -> Iterator[tuple[str, dict[int, str]]]:
    """Path and added lines, by number, of each file of a diff that was made with ``-U0``."""
    path, lines, at, left = "", dict[int, str](), 0, 0
    for row in text.split("\n"):
        if row.startswith("diff --git ") and not left:
            if path:
                yield path, lines
            path, lines = "", {}
        elif row.startswith("+++ ") and not left:
            path = _named(row[4:])
        elif hunk := None if left else _HUNK.match(row):
            at, left = int(hunk[2]), int(hunk[1] or 1) + int(hunk[3] or 1)
        elif left and row[:1] in "+-":
            left -= 1
            if row[0] == "+":
                lines[at] = row[1:]
                at += 1
    if path:
        yield path, lines


def _named(written: str) -> str:
    """The path as git wrote it: quoted where it holds odd characters, and with a tab behind it where it holds a blank."""
    text = written.removesuffix("\t")
    if text.startswith('"') and text.endswith('"'):
        raw = _ESCAPED.sub(lambda found: _LETTERS.get(found[1], chr(int(found[1], 8)) if found[1].isdigit() else found[1]), text[1:-1])
        text = raw
    return "" if text == "/dev/null" else text.removeprefix("b/")
