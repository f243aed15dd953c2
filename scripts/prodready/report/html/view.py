"""What the page shows, ready for the template: every word of it already chosen, nothing left to decide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodready.judge import shown
from prodready.model import Finding, Measured, Outcome, Report, Status, Unseen
from prodready.names import counted
from prodready.report import cheapest, words
from prodready.report.escape import clip
from prodready.report.html import charts
from prodready.report.past import Past, Point, point, since
from prodready.report.plain import first_step
from prodready.report.words import MARKS

ROOM = 2_200_000
"""Characters that all findings of a page may take together; the rest is counted."""
_ROW = 60
"""Characters of markup around one finding."""
TREND = 60
"""Runs a trend shows."""
_VERDICTS = {0: "ready", 3: "unknown", 4: "pending"}
_PLAIN_ID = re.compile(r"[A-Za-z][\w.-]{0,80}")


@dataclass(slots=True)
class _Room:
    """What is left of the page."""

    left: int = ROOM
    names: Counter[str] = field(default_factory=Counter)


def of(report: Report, past: Past) -> Mapping[str, Any]:
    """The page's content."""
    worth, room = cheapest.gains(report), _Room()
    items = [_item(outcome, worth, report, room) for outcome in _ordered(report)]
    counts = Counter(outcome.status for outcome in report.outcomes)
    waived = words.having(report, Status.WAIVED)
    return {
        "report": report,
        "verdict": _VERDICTS.get(report.decision.exit_code, "not-ready"),
        "headline": words.headline(report),
        "score": words.points(report.score.value),
        "ring": min(100.0, max(0.0, report.score.value)),
        "first": first_step(report),
        "statuses": [(status.value, MARKS[status], counts[status]) for status in Status if counts[status]],
        "shares": charts.shares([(status.value, counts[status]) for status in Status if counts[status]]),
        "reasons": words.other_reasons(report),
        "waived": waived,
        "given": sum(not row.missing for row in report.signoffs),
        "sign_of": words.sign_of,
        "signs_for": words.signs_for,
        "bypasses": words.bypasses(report),
        "categories": report.score.categories,
        "way": cheapest.way(report),
        "delta": since(report, past.before) if past.before else None,
        "before": past.before,
        "trends": list(_trends(report, past.points)),
        "items": items,
        "sections": _sections(report),
        "origin": words.origin(report),
        "effort": words.effort(report),
        "duration": words.duration,
        "points": words.points,
        "counted": counted,
        "mark": MARKS,
        "charts": charts,
    }


def _ordered(report: Report) -> tuple[Outcome, ...]:
    """What blocks first, what rests last: the order of every format."""
    rest = words.having(report, Status.WAIVED, Status.PASSED), words.having(report, Status.NOT_APPLICABLE)
    return (*words.blocking(report), *words.costing(report), *rest[0], *rest[1])


def _sections(report: Report) -> list[tuple[str, str]]:
    """Categories to filter by."""
    return [(part.id, part.title) for part in report.checklist.categories if part.items]


def _item(outcome: Outcome, worth: Mapping[str, float], report: Report, room: _Room) -> Mapping[str, Any]:
    category = next((part.id for part in report.checklist.categories if outcome.item in part.items), "")
    return {
        "outcome": outcome, "item": outcome.item, "status": outcome.status.value, "mark": MARKS[outcome.status], "anchor": _anchor(outcome, room),
        "category": category, "gain": worth.get(outcome.item.id, 0.0), "open": outcome.status in cheapest.OPEN,
        "remedy": words.remedy(outcome) if outcome.status in cheapest.OPEN else "", "again": words.again(outcome),
        "facts": list(_facts(outcome)), "notes": () if isinstance(outcome.observation, Unseen) else outcome.observation.notes,
        "gaps": words.gaps(outcome), "found": len(words.findings(outcome)), **_groups(outcome, room),
    }  # fmt: skip


def _anchor(outcome: Outcome, room: _Room) -> str:
    """A name that links to the item stay good with, from run to run."""
    name = outcome.item.id if _PLAIN_ID.fullmatch(outcome.item.id) else "unnamed"
    room.names[name] += 1
    return f"item-{name}" + (f"-{room.names[name]}" if room.names[name] > 1 else "")


def _facts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What the verdict on an item rests on, name by name; what is not known is left out."""
    seen, item = outcome.observation, outcome.item
    evidence = words.evidence_of(outcome)
    yield "Expected", outcome.expect
    if isinstance(seen, Measured):
        yield "Measured", shown(seen)
    yield "Examined", f"{words.examined(outcome):,}" if words.examined(outcome) else ""
    if evidence:
        yield "Evidence", evidence.source
        yield "Tool", evidence.tool
        yield "sha256", evidence.sha256
        yield "Collected", f"{evidence.collected:%Y-%m-%d %H:%M} UTC" if evidence.collected else ""
        yield "Good until", f"{evidence.expires:%Y-%m-%d %H:%M} UTC" if evidence.expires else ""
    yield "May be as old as", item.max_age
    yield "Check", item.check
    yield "Owner", item.owner
    yield "Due", item.due
    yield "Section", item.section
    yield "Stage", item.stage.value
    yield "Took", words.duration(outcome.seconds) if outcome.seconds else ""


def _groups(outcome: Outcome, room: _Room) -> Mapping[str, Any]:
    """Findings that share rule, severity and remedy, under one heading: the worst first."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    cut = 0
    for finding in words.findings(outcome):
        cost = len(finding.message[:300]) + len(finding.path[:160]) + _ROW
        if cost > room.left:
            cut += 1
            continue
        room.left -= cost
        groups.setdefault((bool(finding.suppressed), -finding.severity, finding.rule, finding.fix, finding.suppressed), []).append(finding)
    return {"groups": list(groups.values()), "cut": cut, "place": _place}


def _place(finding: Finding) -> str:
    return f"{clip(finding.path, 150)}:{finding.line}" if finding.path and finding.line else finding.path


def _trends(report: Report, points: tuple[Point, ...]) -> Iterator[Mapping[str, Any]]:
    """The score, then what was measured: drills' times to recover are among it."""
    every = (*points[-TREND + 1 :], point(report))
    if len(every) < 2:
        return
    scores = [one.score for one in every]
    yield {
        "title": "Score", "line": charts.course(scores, low=0, high=100, mark=report.score.pass_mark), "last": words.points(scores[-1]), "unit": "of 100",
        "first": every[0].when, "until": every[-1].when, "runs": len(every), "bound": f"pass mark {report.score.pass_mark:g}",
    }  # fmt: skip
    titles = {outcome.item.id: outcome for outcome in report.outcomes}
    for key, _, unit in point(report).measured[:12]:
        course = [(one.when, value) for one in every for name, value, its in one.measured if name == key and its == unit]
        if len(course) > 1:
            yield {
                "title": titles[key].item.title, "line": charts.course([value for _, value in course]), "last": f"{course[-1][1]:.4g}", "unit": unit,
                "first": course[0][0], "until": course[-1][0], "runs": len(course), "bound": f"expected {titles[key].expect}",
            }  # fmt: skip
