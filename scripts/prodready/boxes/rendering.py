"""GitHub's rendering of a Markdown text, as a flat run of events with their source lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

from msgspec import Struct

Kind = Literal["heading", "item", "item text", "item end", "paragraph", "row"]


class Event(Struct, frozen=True, kw_only=True):
    """Something that begins, ends or is said."""

    kind: Kind
    line: int
    """From 1."""
    column: int = 0
    """From 0, in bytes; before a list marker nothing but ASCII can stand."""
    text: str = ""
    level: int = 0
    ticked: bool | None = None
    """Of an item: its box; None for an item without one."""
    cells: tuple[str, ...] = ()
    is_header: bool = False


def events(text: str) -> Iterator[Event]:
    """The events of a Markdown text, in its order. Raw HTML of the text is left out, so what is read was written by the renderer."""
    from cmarkgfm import cmark

    html = cmark.github_flavored_markdown_to_html(text.replace("\0", "\ufffd"), options=cmark.Options.CMARK_OPT_SOURCEPOS)
    parser = _Parser()
    parser.feed(html)
    parser.close()
    yield from parser.events


@dataclass(slots=True)
class _Open:
    """An element that has begun."""

    tag: str
    line: int
    column: int
    said: list[str] = field(default_factory=list)


class _Parser(HTMLParser):
    """Turns the renderer's HTML into events. Text belongs to the innermost heading, paragraph, cell or item."""

    TEXT = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "p", "td", "th", "li", "pre"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []
        self.open: list[_Open] = []
        self.cells: list[str] = []
        self.in_head = False
        self.items: list[int] = []
        """Of every open list item: the index of its event."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self._tick(dict(attrs))
        elif tag in ("img", "br"):
            self.handle_data(dict(attrs).get("alt") or " ")
        elif tag == "tr":
            self.cells = []
        elif tag in ("thead", "tbody"):
            self.in_head = tag == "thead"
        if tag in self.TEXT or tag == "tr":
            self._flush_item()
            line, column = _place(dict(attrs))
            self.open.append(_Open(tag=tag, line=line, column=column))
        if tag == "li":
            self.items.append(len(self.events))
            self.events.append(Event(kind="item", line=self.open[-1].line, column=self.open[-1].column))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].tag in self.TEXT:
            self.open[-1].said.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1].tag != tag:
            return
        self._flush_item()
        done = self.open.pop()
        words = " ".join("".join(done.said).split())
        if tag.startswith("h"):
            self.events.append(Event(kind="heading", line=done.line, text=words, level=int(tag[1])))
        elif tag in ("td", "th"):
            self.cells.append(words)
        elif tag == "p":
            self._paragraph(done, words)
        elif tag == "tr":
            self.events.append(Event(kind="row", line=done.line, cells=tuple(self.cells), is_header=self.in_head))
        elif tag == "li":
            self.items.pop()
            self.events.append(Event(kind="item end", line=done.line))

    def handle_comment(self, data: str) -> None:
        """Where raw HTML was."""

    def _paragraph(self, done: _Open, words: str) -> None:
        inside = bool(self.open) and self.open[-1].tag == "li"
        self.events.append(Event(kind="item text" if inside else "paragraph", line=done.line, text=words))

    def _flush_item(self) -> None:
        """Words said so far in an item go out before what is nested in it."""
        if self.open and self.open[-1].tag == "li" and (words := " ".join("".join(self.open[-1].said).split())):
            self.open[-1].said.clear()
            self.events.append(Event(kind="item text", line=self.open[-1].line, text=words))

    def _tick(self, attrs: dict[str, str | None]) -> None:
        at = self.items[-1]
        item = self.events[at]
        self.events[at] = Event(kind="item", line=item.line, column=item.column, ticked="checked" in attrs)


def _place(attrs: dict[str, str | None]) -> tuple[int, int]:
    """Line from 1 and column from 0 of ``data-sourcepos="3:1-5:16"``."""
    line, _, column = (attrs.get("data-sourcepos") or "1:1").partition("-")[0].partition(":")
    return int(line), int(column) - 1
