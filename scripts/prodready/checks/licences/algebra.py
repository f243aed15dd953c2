"""Licence expressions: what one asks of who ships it. OR is a choice and takes the least, AND binds and takes the most."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct, field


class Class(IntEnum):
    """What a licence asks of who ships it, in order."""

    ALLOW = 0
    REVIEW = 1
    UNKNOWN = 2
    DENY = 3

    @property
    def word(self) -> str:
        """As policy files write it."""
        return self.name.lower()


class Judged(Struct, frozen=True, kw_only=True):
    """An expression as it was understood."""

    expression: str
    """In SPDX's own spelling; the given words where they are no expression."""
    level: Class
    chosen: str = ""
    """The side of an OR that was taken, where it made a difference."""


class Classes(Struct, frozen=True, kw_only=True):
    """Which licence is of which class: the shipped table and what a policy changes."""

    overrides: Mapping[str, Class] = field(default_factory=dict)
    """SPDX id, ``LicenseRef-…`` or ``X WITH Y``, in lower case."""

    def judge(self, words: str) -> Judged:
        """The class of an expression; what does not parse is unknown."""
        try:
            tree = _licensing().parse(words, validate=False, strict=False)
        except Exception:  # noqa: BLE001 the library raises AttributeError and others for words that are no expression
            tree = None
        if tree is None:
            return Judged(expression=words, level=Class.UNKNOWN)
        level, chosen = self.level(tree)
        return Judged(expression=_spelled(tree), level=level, chosen=chosen)

    def level(self, tree: Any) -> tuple[Class, str]:
        """The class of a parsed expression, and the side that an OR chose."""
        library = _library()
        if isinstance(tree, library.LicenseWithExceptionSymbol):
            return self.with_exception(tree), ""
        if isinstance(tree, library.LicenseSymbol):
            return self.one(tree.key), ""
        sides = [(self.level(side), side) for side in tree.args]
        levels = [level for (level, _), _ in sides]
        if isinstance(tree, _licensing().AND):
            return max(levels), next((chosen for (_, chosen), _ in sides if chosen), "")
        (least, inner), side = min(sides, key=lambda each: each[0][0])
        return least, (inner or _spelled(side)) if max(levels) > least else ""

    def one(self, key: str) -> Class:
        """The class of one licence by its id, ``+`` being any later version of it; an id nobody knows is unknown."""
        key = key if key.lower() in _known() else key.removesuffix("+")
        if (given := self.overrides.get(key.lower())) is not None:
            return given
        row = _known().get(key.lower())
        if row is None:
            return Class.UNKNOWN
        return _table().licences.get(row["spdx_license_key"].lower(), _table().categories.get(row["category"], Class.UNKNOWN))

    def with_exception(self, tree: Any) -> Class:
        """``X WITH Y``: a linking exception softens a refusal to a look; any other changes nothing."""
        base, exception = tree.license_symbol.key, tree.exception_symbol.key
        if (given := self.overrides.get(f"{base} WITH {exception}".lower())) is not None:
            return given
        plain = self.one(base)
        row = _known().get(exception.lower())
        if row is None or not row["is_exception"]:
            return max(plain, Class.UNKNOWN)
        return Class.REVIEW if plain is Class.DENY and exception.lower() in _table().linking else plain


def parses(words: str) -> bool:
    """Whether the words are an expression of licences that are all known."""
    try:
        tree = _licensing().parse(words, validate=True, strict=True)
    except Exception:  # noqa: BLE001 likewise
        return False
    return tree is not None


def standard(words: str) -> str:
    """The expression in SPDX's spelling, if each name in it is on SPDX's list or a ``LicenseRef-``; else empty."""
    try:
        tree = _licensing().parse(words, validate=False, strict=True)
        keys = [symbol.key for symbol in _licensing().license_symbols(tree, decompose=True)] if tree is not None else []
    except Exception:  # noqa: BLE001 likewise
        return ""
    return _spelled(tree) if keys and all(key.startswith("LicenseRef-") or key.lower().removesuffix("+") in _known() for key in keys) else ""


def _spelled(tree: Any) -> str:
    return str(tree.render("{symbol.key}"))


class _Table(Struct, frozen=True, kw_only=True):
    categories: Mapping[str, Class]
    licences: Mapping[str, Class]
    linking: frozenset[str]


@cache
def _table() -> _Table:
    from prodready import yamltext

    data = yamltext.read((Path(__file__).parent / "classes.yml").read_text("utf-8"), name="classes.yml").data
    return _Table(
        categories={name: Class[word.upper()] for name, word in data["categories"].items()},
        licences={name.lower(): Class[word.upper()] for name, word in data["licences"].items()},
        linking=frozenset(name.lower() for name in data["linking"]),
    )


@cache
def _library() -> Any:
    import license_expression

    return license_expression


@cache
def _index() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _library().get_license_index()
    return [row for row in rows if row.get("spdx_license_key")]


@cache
def _licensing() -> Any:
    return _library().build_spdx_licensing(_index())


@cache
def _known() -> Mapping[str, dict[str, Any]]:
    return {key.lower(): row for row in _index() for key in (row["spdx_license_key"], *row.get("other_spdx_license_keys", ()))}
