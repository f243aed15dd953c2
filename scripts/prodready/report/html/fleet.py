"""Many repositories on one page: who is ready, what is broken most, what grows stale, which loans run out. No server: a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from prodready.model import Report, Status
from prodready.report import words
from prodready.report.html import charts, page
from prodready.report.past import Past, Point
from prodready.report.words import MARKS

OLD = timedelta(days=7)
"""A report older than this says little about today."""
SOON = timedelta(days=30)
_OPEN = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING)
_VERDICTS = {0: ("ready", "passed"), 3: ("unknown", "unknown"), 4: ("pending", "pending")}


def render(reports: Sequence[Report], now: datetime, pasts: Mapping[str, Past] = {}) -> str:
    """The page: the worst first."""
    ranked = sorted(latest(reports), key=lambda report: (report.decision.ready, report.score.value - report.score.pass_mark, report.subject.name))
    rows = [_row(report, now, pasts.get(report.subject.name, Past()).points) for report in ranked]
    content = {
        "rows": rows, "now": now, "ready": sum(report.decision.ready for report in ranked), "worst": _worst(ranked),
        "stale": sorted(_stale(ranked, now)), "waivers": sorted(_waivers(ranked, now)), "mark": MARKS, "points": words.points, "charts": charts,
    }  # fmt: skip
    return page("fleet.html", content)


def latest(reports: Sequence[Report]) -> tuple[Report, ...]:
    """The last report of each repository, profile and stage."""
    last: dict[tuple[str, str, str], Report] = {}
    for report in sorted(reports, key=lambda one: one.started):
        last[report.subject.name, report.checklist.id, report.stage.value] = report
    return tuple(last.values())


def _row(report: Report, now: datetime, points: Sequence[Point]) -> Mapping[str, Any]:
    counts = Counter(outcome.status for outcome in report.outcomes)
    verdict, style = _VERDICTS.get(report.decision.exit_code, ("not ready", "failed"))
    scores = [*(one.score for one in points[-30:]), report.score.value]
    return {
        "report": report, "verdict": verdict, "style": style, "old": now - report.started > OLD, "age": _age(now - report.started),
        "counts": [(status.value, MARKS[status].word, counts[status]) for status in _OPEN if counts[status]],
        "line": charts.course(scores, low=0, high=100) if len(scores) > 1 else None,
        "first": next((outcome.item.title for outcome in words.blocking(report)), ""),
    }  # fmt: skip


def _worst(reports: Sequence[Report]) -> list[tuple[str, str, int, list[str]]]:
    """Items by how many services they are open in."""
    homes: dict[str, list[str]] = defaultdict(list)
    titles: dict[str, str] = {}
    for report in reports:
        for outcome in report.outcomes:
            if outcome.status in _OPEN:
                homes[outcome.item.id].append(report.subject.name)
                titles[outcome.item.id] = outcome.item.title
    ranked = sorted(homes.items(), key=lambda one: (-len(one[1]), one[0]))
    return [(key, titles[key], len(where), where) for key, where in ranked[:15]]


def _stale(reports: Sequence[Report], now: datetime) -> Iterator[tuple[str, str, str]]:
    for report in reports:
        for outcome in report.outcomes:
            evidence = words.evidence_of(outcome)
            over = bool(evidence and evidence.expires and evidence.expires < now)
            if outcome.status is Status.STALE or (over and outcome.status.earns):
                yield report.subject.name, outcome.item.title, outcome.summary


def _waivers(reports: Sequence[Report], now: datetime) -> Iterator[tuple[int, str, str, str, str]]:
    """Days left, service, item, owner, date: those that run out soon or have."""
    for report in reports:
        for outcome in report.outcomes:
            if waiver := outcome.waiver:
                left = (waiver.until - now.date()).days
                if left <= SOON.days:
                    yield left, report.subject.name, outcome.item.title, waiver.owner, waiver.until.isoformat()


def _age(age: timedelta) -> str:
    days = max(0, age.days)
    return f"{days} d" if days else f"{max(0, int(age.total_seconds() // 3600))} h"
