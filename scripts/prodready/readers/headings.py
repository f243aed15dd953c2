"""Headings, words and placeholders of prose: Markdown, reStructuredText and AsciiDoc."""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

LONGEST = 2_000
"""Characters of a line that are looked at."""
_ATX = re.compile(r" {0,3}(?P<level>#{1,6})[ \t]+(?P<title>.*?)(?:[ \t]+#+)?[ \t]*")
_ASCIIDOC = re.compile(r"(?P<level>={1,6})[ \t]+(?P<title>\S.*?)(?:[ \t]+=+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}([=\-~^\"'`#*+.:_])\1{2,}[ \t]*|=+[ \t]*|-+[ \t]*")
_UNDERLINES = "=-~^\"'`#*+.:_"
"""In the order that Markdown fixes and reStructuredText writers mostly follow."""
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,}|-{4,})(?P<info>.*)")


class Heading(Struct, frozen=True, kw_only=True):
    """A heading as a reader sees it."""

    title: str
    line: int
    level: int
    """1 for the outermost; underlined titles are ranked by their underline."""


class Prose(Struct, frozen=True, kw_only=True):
    """A document: its lines outside code blocks, its headings and how many words it says."""

    lines: tuple[tuple[int, str], ...]
    headings: tuple[Heading, ...]
    words: int


def read(text: str) -> Prose:
    """The prose of a text; code blocks and HTML comments count neither as headings nor as words."""
    lines = _outside_code(_without_comments(text))
    headings = _headings(lines)
    titles = {heading.line for heading in headings}
    words = sum(len(re.findall(r"\w+", line)) for number, line in lines if number not in titles)
    return Prose(lines=tuple(lines), headings=tuple(headings), words=words)


def plain(title: str) -> str:
    """A title for comparison: case, emphasis, numbering, emoji and links do not matter."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", unicodedata.normalize("NFKC", title[:200]).casefold())
    words = "".join(character if character.isalnum() or unicodedata.category(character).startswith("M") else " " for character in text)
    return re.sub(r"^(?:\d+ )+(?=\S)", "", " ".join(words.split()))


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)


def _outside_code(text: str) -> list[tuple[int, str]]:
    kept: list[tuple[int, str]] = []
    fence = ""
    for number, whole in enumerate(text.splitlines(), start=1):
        line = whole if len(whole) <= LONGEST else whole[:LONGEST]
        match = _FENCE.fullmatch(line)
        if fence:
            if match and match["mark"].startswith(fence) and not match["info"].strip():
                fence = ""
        elif match and not match["mark"].startswith("-") and (match["mark"].startswith("~") or "`" not in match["info"]):
            fence = match["mark"]
        else:
            kept.append((number, line))
    return kept


def _headings(lines: list[tuple[int, str]]) -> list[Heading]:
    found: list[Heading] = []
    for index, (number, line) in enumerate(lines):
        if match := _ATX.fullmatch(line) or _ASCIIDOC.fullmatch(line):
            found.append(Heading(title=match["title"], line=number, level=len(match["level"])))
        elif index and _UNDERLINE.fullmatch(line) and lines[index - 1][0] == number - 1 and _title(lines, index - 1):
            found.append(Heading(title=lines[index - 1][1].strip(), line=number - 1, level=_UNDERLINES.find(line.strip()[0]) + 1))
    return found


def _title(lines: list[tuple[int, str]], index: int) -> bool:
    """Whether a line can be the title above an underline: text, and the first line of its paragraph."""
    line = lines[index][1]
    before = lines[index - 1][1] if index else ""
    return bool(re.search(r"\w", line)) and not re.match(r"\s*(?:[-*+>|]|\d+\.)\s|\s{4}", line) and (not before.strip() or bool(_UNDERLINE.fullmatch(before)))
