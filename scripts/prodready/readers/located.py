"""Files as documents: plain data that knows its lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from msgspec import Struct

from prodready import yamltext
from prodready.readers import json_text
from prodready.readers.structured import Unreadable

At = tuple[str | int, ...]
"""Where in a document: keys and indexes."""
MAX_BYTES = 32 * 1024 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_SHORT = 20_000
"""Characters of a text in which lines are rather counted than remembered."""
_DECODER = json.JSONDecoder()


class Plain(Struct, eq=False, dict=True):
    """A document that means what it says: JSON, or YAML without templates."""

    literal: ClassVar[bool] = True
    path: str
    data: Any
    text: str = ""
    """JSON text in which lines are looked up when somebody asks; empty when ``known`` has them."""
    known: Mapping[At, int] | None = None
    begins: int = 1
    """The line of the file that the text begins on."""

    def line(self, at: At, value: object) -> int | None:
        """The line of the place, or of the nearest one around it."""
        if self.known is None:
            return self.places.line(at) + self.begins - 1
        for length in range(len(at), -1, -1):
            if (found := self.known.get(at[:length])) is not None:
                return found
        return 1

    def resolve(self, value: Any) -> Any:
        """The value itself."""
        return value

    @cached_property
    def places(self) -> Places:
        """Where things are in the text."""
        return Places(self.text)


def read_json(text: str, path: str) -> Plain:
    """The document in a JSON text. Raises Unreadable naming the line."""
    return Plain(path=path, data=json_text.loads(text, name=path), text=text)


def read_yaml(text: str, path: str) -> list[Plain]:
    """The documents in a YAML text, local tags kept. Raises Unreadable naming the line."""
    try:
        return [Plain(path=path, data=each.data, known=each.lines) for each in yamltext.read_all(text, name=path, tagged=True)]
    except yamltext.YamlError as error:
        raise Unreadable(str(error)) from None


class Places:
    """The lines of a JSON text that parses. Only the containers on the way to a place are looked into; the rest is skipped at the speed of the parser."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.inside: dict[int, tuple[dict[str | int, tuple[int, int]], Iterator[tuple[str | int, tuple[int, int]]]]] = {}
        self.told: dict[At, int] = {}

    def line(self, at: At) -> int:
        """The line of the place, or of the nearest one around it; a member of an object is where its key is."""
        if at not in self.told:
            self.told[at] = self.found(at)
        return self.told[at]

    def found(self, at: At) -> int:
        """The line, looked for step by step."""
        start = shown = _SPACE.match(self.text).end()  # type: ignore[union-attr]
        for step in at:
            found = self.member(start, step)
            if found is None:
                break
            shown, start = found
        return bisect_left(self.ends, shown) + 1 if len(self.text) > _SHORT else self.text.count("\n", 0, shown) + 1

    def member(self, start: int, step: str | int) -> tuple[int, int] | None:
        """The offsets of one member and of its value; a container is read no further than to the last that somebody asked for."""
        if start not in self.inside:
            self.inside[start] = ({}, self.members(start))
        known, rest = self.inside[start]
        while step not in known and (following := next(rest, None)):
            known[following[0]] = following[1]
        return known.get(step)

    @cached_property
    def ends(self) -> list[int]:
        """Where the lines end."""
        return [match.start() for match in re.finditer("\n", self.text)]

    def members(self, start: int) -> Iterator[tuple[str | int, tuple[int, int]]]:
        """Each key or index of a container, with the offsets of the member and of its value."""
        sign = self.text[start : start + 1]
        if sign not in ("{", "["):
            return
        here, index = _SPACE.match(self.text, start + 1).end(), 0  # type: ignore[union-attr]
        while self.text[here] not in "]}":
            shown = here
            key: str | int = index
            if sign == "{":
                word, here = _DECODER.raw_decode(self.text, here)
                key, here = str(word), _COLON.match(self.text, here).end()  # type: ignore[union-attr]
            yield key, (shown, here)
            here, index = _COMMA.match(self.text, _DECODER.raw_decode(self.text, here)[1]).end(), index + 1  # type: ignore[union-attr]
