"""Findings as annotations on the changed files: at most ten of each kind, which is all GitHub shows of one action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from prodready.github.commands import annotation
from prodready.model import Finding, Found, Measured, Outcome, Report, Status, Unseen

MOST = 10
"""Annotations of one level; the runner drops the rest of a composite action silently."""
_RANK = {"error": 0, "warning": 1, "notice": 2}
_Row = tuple[str, int, str]


def marks(report: Report, *, prefix: str = "") -> tuple[str, ...]:
    """The commands to print, worst first. ``prefix`` is the gated folder below the repository's root."""
    rows = sorted(_rows(report, prefix), key=lambda row: (_RANK[row[0]], row[1]))
    lines: list[str] = []
    for level in _RANK:
        mine = [text for at, _, text in rows if at == level]
        over = len(mine) - MOST
        lines += mine if over <= 0 else [*mine[: MOST - 1], annotation(level, f"{over + 1} more: the job summary lists them all", title="prodready")]
    return tuple(lines)


def _rows(report: Report, prefix: str) -> Iterator[_Row]:
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


def _of_outcome(outcome: Outcome, level: str, prefix: str) -> Iterator[_Row]:
    item, seen = outcome.item, outcome.observation
    counted = [found for found in seen.findings if not found.suppressed] if isinstance(seen, Measured | Found) else []
    placed = [found for found in counted if found.path]
    if outcome.status is Status.FAILED and placed:
        for found in placed:
            yield level, -found.severity, _of_finding(outcome, found, level, prefix)
        return
    remedy = seen.remedy if isinstance(seen, Unseen) else item.how
    yield level, 0 if item.required else 1, annotation(level, _lines(f"{outcome.status.value}: {outcome.summary}", remedy), title=f"{item.id}: {item.title}")


def _of_finding(outcome: Outcome, found: Finding, level: str, prefix: str) -> str:
    place, title = str(PurePosixPath(prefix) / found.path), f"{outcome.item.id} ({found.severity.word})"
    return annotation(level, _lines(f"{found.rule}: {found.message}", found.fix), title=title, file=place, line=found.line)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
