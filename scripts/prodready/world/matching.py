"""Which files patterns choose (gitignore syntax). A run asks more than a hundred times, mostly for names that no file bears."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

_PLAIN = re.compile(r"(?:\*\.)?\w[\w.-]*", re.ASCII)
"""A name, or an ending after a star."""


class Names:
    """Sorted files, found by the names in their paths: only those with a name that a pattern ends in are held against the patterns."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._below: dict[str, list[int]] = {}
        for number, path in enumerate(files):
            for part in set(path.split("/")):
                self._below.setdefault(part, []).append(number)

    def matching(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """The files that match any of the patterns."""
        ends = {pattern: last_name(pattern.removeprefix("!")) for pattern in patterns}
        if not all(ends.values()):
            return tuple(filter(matcher(patterns), self._files))
        near = self._bearing(end for pattern, end in ends.items() if not pattern.startswith("!"))
        return tuple(filter(matcher(patterns), near)) if near else ()

    def _bearing(self, ends: Iterable[str]) -> list[str]:
        parts = {part for end in ends for part in self._parts(end)}
        return [self._files[number] for number in sorted({number for part in parts for number in self._below[part]})]

    def _parts(self, end: str) -> Iterator[str]:
        if "*" not in end and "?" not in end:
            yield from {end} & self._below.keys()
        elif end.startswith("*") and "*" not in end[1:] and "?" not in end:
            yield from (part for part in self._below if part.endswith(end[1:]))
        else:
            yield from filter(re.compile(fnmatch.translate(end)).match, self._below)


def last_name(pattern: str) -> str:
    """What a pattern ends in: a file that it matches, or a folder above it, bears that name. Empty where this cannot be said so simply."""
    while pattern.endswith(("/", "/**")):
        pattern = pattern.removesuffix("/").removesuffix("/**")
    last = pattern.rpartition("/")[2]
    return "" if pattern != pattern.strip() or set(last) <= {"*"} or set(pattern) & set("[]\\") else last


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path matches any of the patterns (gitignore syntax)."""
    lines = tuple(patterns)
    if all(map(_PLAIN.fullmatch, lines)):
        return _by_name(lines)
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(lines).match_file


def _by_name(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Patterns of names and endings only, which most are, without the general machinery: a file matches by its own name or that of a folder above it."""
    ends = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*"))
    names = frozenset(pattern for pattern in patterns if not pattern.startswith("*"))
    return lambda path: any(part in names or part.endswith(ends) for part in path.split("/"))
