"""What came before a report: the run it is compared with, and the course of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from prodready.model import Outcome, Report


class Point(Struct, frozen=True, kw_only=True):
    """One earlier run of the same gate."""

    when: datetime
    commit: str
    score: float
    pass_mark: float
    ready: bool
    measured: tuple[tuple[str, float, str], ...] = ()
    """Numbers that drills and checks measured: item id, value, unit."""


class Past(Struct, frozen=True, kw_only=True):
    """What a renderer may say about the time before."""

    before: Report | None = None
    """The report of the base, or else of the last run."""
    points: tuple[Point, ...] = ()
    """Oldest first, this run not among them."""


NOTHING = Past()


class Delta(Struct, frozen=True, kw_only=True):
    """What changed between two reports of one gate."""

    points: float
    broken: tuple[Outcome, ...]
    """Held before, and holds no more."""
    mended: tuple[Outcome, ...]
    added: tuple[Outcome, ...]
    removed: tuple[Outcome, ...]
    new_findings: int
    gone_findings: int
    same_profile: bool

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.broken or self.mended or self.added or self.removed or self.new_findings or self.gone_findings or abs(self.points) >= 0.05)


def since(report: Report, before: Report) -> Delta:
    """What changed since."""
    was, now = _by_id(before), _by_id(report)
    both = [(was[key], now[key]) for key in now if key in was]
    old, new = set(_fingerprints(before)), set(_fingerprints(report))
    return Delta(
        points=report.score.value - before.score.value,
        broken=tuple(after for first, after in both if first.status.earns and after.status.counts and not after.status.earns),
        mended=tuple(after for first, after in both if after.status.earns and first.status.counts and not first.status.earns),
        added=tuple(now[key] for key in now if key not in was),
        removed=tuple(was[key] for key in was if key not in now),
        new_findings=len(new - old), gone_findings=len(old - new), same_profile=report.checklist.sha256 == before.checklist.sha256,
    )  # fmt: skip


def point(report: Report) -> Point:
    """What the history keeps of a report for its trends."""
    return Point(
        when=report.started, commit=report.subject.commit, score=report.score.value, pass_mark=report.score.pass_mark,
        ready=report.decision.ready, measured=tuple(_measured(report)),
    )  # fmt: skip


def _measured(report: Report) -> Iterator[tuple[str, float, str]]:
    from prodready.model import Measured

    for outcome in report.outcomes:
        seen = outcome.observation
        if isinstance(seen, Measured) and isinstance(seen.value, int | float) and not isinstance(seen.value, bool):
            yield outcome.item.id, float(seen.value), seen.unit


def _by_id(report: Report) -> dict[str, Outcome]:
    return {outcome.item.id: outcome for outcome in report.outcomes}


def _fingerprints(report: Report) -> Iterator[str]:
    from prodready.report import words

    for outcome in report.outcomes:
        for finding in words.findings(outcome):
            if not finding.suppressed:
                yield finding.fingerprint
