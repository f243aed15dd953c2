"""Plain data -> frozen structs, strictly: every mistake is collected with its path, and an unknown word gets the nearest valid one."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

T = TypeVar("T")
Path = tuple[str | int, ...]


class Mistake(Struct, frozen=True, kw_only=True):
    """One thing wrong in the data: where, and what to write instead."""

    path: Path
    message: str


class DecodeError(ValueError):
    """The data does not fit the type; carries every mistake found."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{dotted(mistake.path)}: {mistake.message}" for mistake in mistakes))
        self.mistakes = tuple(mistakes)


def dotted(path: Path) -> str:
    """The path as people write it: ``categories[0].items[2].check``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the document"


def decode(data: object, into: type[T], path: Path = ()) -> T:
    """An instance of the struct ``into``. Raises DecodeError with all mistakes."""
    decoder = _Decoder()
    value = decoder.value(data, into, path)
    if decoder.mistakes:
        raise DecodeError(decoder.mistakes)
    return typing.cast(T, value)


def nearest(word: object, valid: Sequence[str]) -> str:
    """Words to append to a message about an unknown word: the closest valid one, or all of a short list."""
    import difflib  # here, since most words are right

    close = difflib.get_close_matches(str(word), valid, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid here: {', '.join(sorted(valid)[:20])}"


def written(field: str) -> str:
    """The key that stands for a field: a field that may not be called what people write, such as ``assert``, ends in an underscore."""
    return field.removesuffix("_")


@cache
def _fields(of: type[Struct]) -> dict[str, FieldInfo]:
    return {written(field.name): field for field in fields(of)}


class _Decoder:
    """Walks data and type together and keeps going after a mistake."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def value(self, data: object, kind: Any, path: Path) -> object:
        if kind in (Any, object):
            return data
        origin = typing.get_origin(kind)
        if origin in (types.UnionType, typing.Union):
            return self.union(data, typing.get_args(kind), path)
        if origin is typing.Literal:
            return self.choice(data, [str(word) for word in typing.get_args(kind)], path) and data
        if origin is tuple:
            return self.sequence(data, typing.get_args(kind)[0], path)
        if origin in (dict, Mapping):
            return self.mapping(data, typing.get_args(kind), path)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self.record(data, kind, path)
        return self.scalar(data, kind, path)

    def union(self, data: object, kinds: tuple[Any, ...], path: Path) -> object:
        if data is None and type(None) in kinds:
            return None
        attempts = []
        for kind in (kind for kind in kinds if kind is not type(None)):
            attempt = _Decoder()
            value = attempt.value(data, kind, path)
            if not attempt.mistakes:
                return value
            attempts.append(attempt.mistakes)
        self.mistakes += max(attempts, key=lambda mistakes: max(len(mistake.path) for mistake in mistakes))
        return None

    def choice(self, data: object, words: list[str], path: Path) -> bool:
        if isinstance(data, str) and data in words:
            return True
        return self.wrong(path, f"{_shown(data)} is not valid; {nearest(data, words)}")

    def sequence(self, data: object, kind: Any, path: Path) -> tuple[object, ...]:
        if isinstance(data, str) and kind is str:
            return (data,)
        if not isinstance(data, list | tuple):
            self.wrong(path, f"expected a list, got {_shown(data)}")
            return ()
        return tuple(self.value(part, kind, (*path, index)) for index, part in enumerate(data))

    def mapping(self, data: object, kinds: tuple[Any, ...], path: Path) -> dict[str, object]:
        if not isinstance(data, Mapping):
            self.wrong(path, f"expected a mapping (key: value), got {_shown(data)}")
            return {}
        return {str(key): self.value(value, kinds[1], (*path, str(key))) for key, value in data.items()}

    def record(self, data: object, kind: type[Struct], path: Path) -> object:
        if not isinstance(data, Mapping):
            self.wrong(path, f"expected a mapping (key: value), got {_shown(data)}")
            return None
        known = _fields(kind)
        for key in data:
            if str(key) not in known:
                self.wrong((*path, str(key)), f"{str(key)!r} is no key here; {nearest(key, list(known))}")
        values = {field.name: self.value(data[name], field.type, (*path, name)) for name, field in known.items() if name in data}
        for name, field in known.items():
            if name not in data and field.required:
                self.wrong(path, f"{name!r} is missing")
        try:
            return None if self.mistakes else kind(**values)
        except ValueError as error:  # what a type cannot say, its __post_init__ does
            return self.wrong(path, str(error)) or None

    def scalar(self, data: object, kind: Any, path: Path) -> object:
        if isinstance(kind, type) and issubclass(kind, Enum):
            words = [str(member.value) for member in kind]
            return kind(data) if self.choice(data, words, path) else None
        if kind is float and isinstance(data, int) and not isinstance(data, bool) and abs(data) < _LARGEST:
            return float(data)
        if kind is date and type(data) is date:
            return data
        if kind in (str, int, float, bool) and type(data) is kind:
            return data
        return self.wrong(path, f"expected {_NAMES.get(kind, str(kind))}, got {_shown(data)}") or None

    def wrong(self, path: Path, message: str) -> bool:
        self.mistakes.append(Mistake(path=path, message=message))
        return False


_LARGEST = 10**300
"""Whole numbers from here on are no float."""
_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", date: "a date (2026-01-31)"}


def _shown(data: object) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, Mapping):
        return "a mapping"
    if isinstance(data, list | tuple):
        return "a list"
    return repr(data)[:60]
