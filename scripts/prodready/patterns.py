"""Regular expressions that come from a profile: checked when the profile is read, and never allowed to run for long."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from prodready.check import CannotTell

if TYPE_CHECKING:
    import regex

DEADLINE = 5.0
"""Seconds one pattern may take on one text."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern; ``^`` and ``$`` match at each line. Raises ValueError that says what is wrong with it."""
    import regex

    try:
        return regex.compile(pattern, regex.MULTILINE)
    except regex.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


def matches(pattern: str, text: str, *, name: str, deadline: float = DEADLINE) -> Iterator[regex.Match[str]]:
    """Every match, in order. Raises CannotTell when the pattern takes too long on the text called ``name``."""
    try:
        yield from compiled(pattern).finditer(text, timeout=deadline)
    except TimeoutError:
        raise CannotTell(f"the pattern {pattern!r} took longer than {deadline:g} s on {name}", "write it without nested repetition such as (a+)+") from None


def first(pattern: str, text: str, *, name: str, deadline: float = DEADLINE) -> regex.Match[str] | None:
    """The first match. Raises CannotTell likewise."""
    return next(matches(pattern, text, name=name, deadline=deadline), None)
