"""Findings as annotations on the changed files: at most ten commands of each kind, which is all GitHub shows of one action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from prodready.github.commands import annotation
from prodready.model import Finding, Found, Measured, Outcome, Report, Status, Unseen

MOST = 10
"""Annotations of one level; the runner drops the rest of a composite action silently."""
_RANK = {"error": 0, "warning": 1, "notice": 2}


class Mark(Struct, frozen=True, kw_only=True):
    """One annotation, its words as foreign as what they quote."""

    level: str
    """``error``, ``warning`` or ``notice``."""
    rank: int
    message: str
    title: str
    path: str = ""
    line: int | None = None

    @property
    def command(self) -> str:
        """The workflow command that makes it."""
        return annotation(self.level, self.message, title=self.title, file=self.path, line=self.line)


def marks(report: Report, *, prefix: str = "") -> tuple[str, ...]:
    """The commands to print, worst first. ``prefix`` is the gated folder below the repository's root."""
    every = ranked(report, prefix=prefix)
    lines: list[str] = []
    for level in _RANK:
        mine = [mark.command for mark in every if mark.level == level]
        over = len(mine) - MOST
        lines += mine if over <= 0 else [*mine[: MOST - 1], annotation(level, f"{over + 1} more: the job summary lists them all", title="prodready")]
    return tuple(lines)


def ranked(report: Report, *, prefix: str = "") -> tuple[Mark, ...]:
    """Every annotation, worst first."""
    return tuple(sorted(_marks(report, prefix), key=lambda mark: (_RANK[mark.level], mark.rank)))


def _marks(report: Report, prefix: str) -> Iterator[Mark]:
    for outcome in report.outcomes:
        level = _level(outcome)
        if level:
            yield from _of_outcome(outcome, level, prefix)


def _level(outcome: Outcome) -> str:
    match outcome.status:
        case Status.FAILED:
            return "error" if outcome.item.required else "warning"
        case Status.UNKNOWN | Status.STALE:
            return "warning"
        case Status.PENDING:
            return "notice"
    return ""


def _of_outcome(outcome: Outcome, level: str, prefix: str) -> Iterator[Mark]:
    item, seen = outcome.item, outcome.observation
    counted = [found for found in seen.findings if not found.suppressed] if isinstance(seen, Measured | Found) else []
    placed = [found for found in counted if found.path]
    if outcome.status is Status.FAILED and placed:
        for found in placed:
            yield _of_finding(outcome, found, level, prefix)
        return
    remedy = seen.remedy if isinstance(seen, Unseen) else item.how
    message = _lines(f"{outcome.status.value}: {outcome.summary}", remedy)
    yield Mark(level=level, rank=0 if item.required else 1, message=message, title=f"{item.id}: {item.title}")


def _of_finding(outcome: Outcome, found: Finding, level: str, prefix: str) -> Mark:
    place, title = str(PurePosixPath(prefix) / found.path), f"{outcome.item.id} ({found.severity.word})"
    return Mark(level=level, rank=-found.severity, message=_lines(f"{found.rule}: {found.message}", found.fix), title=title, path=place, line=found.line)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
