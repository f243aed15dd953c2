r"""Text that must be there, or must not be: a regular expression over files of the repository.

With ``mode: forbid`` each match is a finding with its line. With ``mode: require`` a file without a match is a finding, or, with
``each: false``, only the whole set without one, be it because there is no such file. ``^`` and ``$`` match at line ends. Binary files are
skipped and counted in a note; a text file that does not decode, and a pattern that takes longer than a few seconds, leave the item unknown.
Matched text is never shown unless ``echo: true``, since it may be a secret. A required pattern proves that the words are written, not that they are true.

An item that uses it:

    - id: code.no-debugger
      title: No debugger is left in the code
      check: text_pattern
      params: {files: ["*.py"], pattern: '\b(?:breakpoint|set_trace)\(', message: a debugger call is left, fix: remove it}
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.patterns import compiled, matches

MOST = 200
"""Findings of one file; more say nothing new."""


class Params(Struct, frozen=True, kw_only=True):
    """What to look for, and where."""

    files: tuple[str, ...]
    """Which files are searched (gitignore patterns)."""
    pattern: str
    """The regular expression; write ``(?i)`` in front to ignore case."""
    mode: Literal["forbid", "require"] = "forbid"
    """Whether a match is wrong, or a file without one is."""
    each: bool = True
    """For ``require``: whether each file needs a match, or one of them is enough."""
    message: str = ""
    """What a finding says; a sentence about the pattern when empty."""
    fix: str = ""
    """What to write or run to mend it."""
    severity: Literal["note", "low", "medium", "high", "critical"] = "medium"
    """How bad a finding is."""
    echo: bool = False
    """Whether the matched text is shown; leave it off for anything that could be a secret."""

    def __post_init__(self) -> None:
        compiled(self.pattern)


class Searched(Struct, frozen=True, kw_only=True):
    """One text file and what was found in it."""

    path: str
    findings: tuple[Finding, ...]


def observe(ctx: Context, params: Params) -> Found:
    """Searches every file; what cannot be read is a gap."""
    searched, gaps, binary = list[Searched](), list[str](), 0
    for path in ctx.repo.files(*params.files):
        try:
            text = _text(ctx, path)
            if text is None:
                binary += 1
            else:
                searched.append(Searched(path=path, findings=tuple(_matches(path, text, params))))
        except CannotTell as unable:
            gaps.append(unable.reason)
    return Found(
        examined=len(searched),
        evidence=Evidence(source=f"{counted(len(searched), 'text file')} of {few(params.files)}" if searched else f"no file matches {few(params.files)}"),
        findings=_missing(searched, params, gaps) if params.mode == "require" else tuple(finding for file in searched for finding in file.findings),
        gaps=tuple(gaps),
        notes=(f"not searched: {counted(binary, 'binary file')}",) if binary else (),
    )


def _text(ctx: Context, path: str) -> str | None:
    """The text, None for a binary file: one with a zero byte near its start that is not UTF-16."""
    start = ctx.repo.head(path)
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    return ctx.repo.text(path)


def _matches(path: str, text: str, params: Params) -> Iterator[Finding]:
    found = islice(matches(params.pattern, text, name=shown(path)), MOST)
    for index, match in enumerate(found):
        line = text.count("\n", 0, match.start()) + 1
        yield _finding(params, path, line, _words(params, match[0]), f"{params.pattern}#{index}")


def _words(params: Params, matched: str) -> str:
    words = params.message or f"the forbidden pattern {params.pattern!r} matches"
    return f"{words}: {shown(matched[:80])}" if params.echo else words


def _missing(searched: list[Searched], params: Params, gaps: list[str]) -> tuple[Finding, ...]:
    words = params.message or f"nothing matches the required pattern {params.pattern!r}"
    without = [file for file in searched if not file.findings]
    if params.each:
        return tuple(_finding(params, file.path, None, words) for file in without)
    path = without[0].path if without else ""
    return (_finding(params, path, None, words),) if len(without) == len(searched) and not gaps else ()


def _finding(params: Params, path: str, line: int | None, words: str, anchor: str = "") -> Finding:
    rule = "forbidden-text" if params.mode == "forbid" else "missing-text"
    severity = Severity[params.severity.upper()]
    return Finding(rule=rule, message=words, severity=severity, path=shown(path), line=line, fix=params.fix, anchor=anchor)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="repository")
