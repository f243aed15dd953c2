"""Patterns that come from a profile: regular expressions checked when the profile is read, and never allowed to run for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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


def anycase(paths: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path matches any of the gitignore patterns, letter case aside: ``Readme.md`` is the README."""
    import pathspec

    spec = pathspec.GitIgnoreSpec.from_lines(pattern.casefold() for pattern in paths)
    return lambda path: spec.match_file(path.casefold())


def matches(pattern: str, text: str, *, name: str, deadline: float = DEADLINE) -> Iterator[regex.Match[str]]:
    """Every match, in order. Raises CannotTell when the pattern takes too long on the text called ``name``."""
    try:
        yield from compiled(pattern).finditer(text, timeout=deadline)
    except TimeoutError:
        raise CannotTell(f"the pattern {pattern!r} took longer than {deadline:g} s on {name}", "write it without nested repetition such as (a+)+") from None


def first(pattern: str, text: str, *, name: str, deadline: float = DEADLINE) -> regex.Match[str] | None:
    """The first match. Raises CannotTell likewise."""
    return next(matches(pattern, text, name=name, deadline=deadline), None)
