"""Which check could stand behind a box, by its words: that of the most similar item of the profiles that ship, with the numbers of the box."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from msgspec.structs import replace

from prodready import checklist, expectation
from prodready.expectation import Bound, ExpectationError
from prodready.model import Item

ENOUGH = 0.5
"""Share of the weight of their words that two boxes must have in common."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_BOUND = re.compile(r"(?P<sign>>=|<=|>|<|≥|≤|at least|at most|under|below|above)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|[A-Za-z]{0,7})", re.IGNORECASE)
_SIGNS = {"≥": ">=", "≤": "<=", "at least": ">=", "at most": "<=", "under": "<", "below": "<", "above": ">"}
_UNITS = {"sec": "s", "second": "s", "minute": "min", "hour": "h", "day": "d"}
_EMPTY = frozenset((
    "the", "and", "for", "with", "all", "are", "is", "of", "to", "in", "or", "be", "by", "on", "at", "an", "no", "done", "completed", "configured",
))  # fmt: skip


class Library:
    """The items that suggestions come from, and how much each of their words says: a rare word says more."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            self.items[item.title].append(item)
        self._words = {title: words(title) for title in self.items}
        self._titles: dict[str, list[str]] = defaultdict(list)
        for title, found in self._words.items():
            for word in found:
                self._titles[word].append(title)
        self._weights = {word: math.log(1 + len(self.items) / len(titles)) for word, titles in self._titles.items()}
        self._most_alike = cache(self._best)

    def suggest(self, text: str) -> tuple[Item, ...]:
        """The items behind the most similar title, with the bound of the text; empty when none is similar enough."""
        best = self._most_alike(words(text))
        return tuple(replace(item, expect=_bound(text, item)) for item in self.items[best]) if best else ()

    def _best(self, wanted: frozenset[str]) -> str:
        """The first of the most similar titles: only those with a word in common can be."""
        common = {title for word in wanted for title in self._titles.get(word, ())}
        alike = {title: self._likeness(wanted, self._words[title]) for title in self.items if title in common}
        best = max(alike, key=alike.__getitem__, default="")
        return best if best and alike[best] >= ENOUGH else ""

    def _likeness(self, one: frozenset[str], other: frozenset[str]) -> float:
        """From 0, nothing in common, to 1, the same words."""
        both, either = self._weight(one & other), self._weight(one | other)
        return both / either if either else 0.0

    def _weight(self, of: Iterable[str]) -> float:
        return math.fsum(self._weights.get(word, 1.0) for word in of)


@cache
def library() -> Library:
    """The items of every profile that ships."""
    return Library(item for name in checklist.builtin() for item in checklist.shipped(name))


def words(text: str) -> frozenset[str]:
    """The words of a text that say something, in lower case and without a plural's s."""
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in found if word not in _EMPTY)


def _bound(text: str, item: Item) -> expectation.Expectation | None:
    """The bound that the text states, when it is of the unit that the item's is."""
    found = _BOUND.search(text)
    if not found or not isinstance(item.expect, Bound):
        return item.expect
    unit = found["unit"].casefold()
    unit = _UNITS.get(unit.removesuffix("s"), unit)
    sign = _SIGNS.get(found["sign"].casefold(), found["sign"])
    try:
        stated = expectation.parse(f"{sign} {found['number']} {unit}".strip())
    except ExpectationError:
        return item.expect
    return stated if isinstance(stated, Bound) and stated.unit == item.expect.unit else item.expect
