"""The cheapest way to the mark: the fewest items whose pass would make the service ready."""

from __future__ import annotations

from msgspec import Struct

from prodready.model import Outcome, Report, Status
from prodready.names import counted
from prodready.report import words

OPEN = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING)


class Step(Struct, frozen=True, kw_only=True):
    """One item to mend, and what that brings."""

    outcome: Outcome
    gain: float
    """Points of the score."""
    score: float
    """The score once this and all steps before it hold."""


def way(report: Report) -> tuple[Step, ...]:
    """What must hold first, then the items that bring the most. Gains add up, so the most at each step is the fewest steps in all."""
    if report.decision.ready:
        return ()
    worth = gains(report)
    must = sorted(words.blocking(report), key=lambda outcome: -worth[outcome.item.id])
    may = sorted(words.costing(report), key=lambda outcome: -worth[outcome.item.id])
    score: float = report.score.value
    steps: list[Step] = []
    for outcome in (*must, *may):
        if len(steps) >= len(must) and score >= report.score.pass_mark - 1e-9:
            break
        score += worth[outcome.item.id]
        steps.append(Step(outcome=outcome, gain=worth[outcome.item.id], score=score))
    return tuple(steps)


def told(report: Report) -> tuple[str, tuple[str, ...]]:
    """The way in one line, and the items on it: ``3 items, from 19.5 to 80.5 of 100``; nothing where there is no way to go."""
    steps = way(report)
    if len(steps) < 2:
        return "", ()
    short = "" if steps[-1].score >= report.score.pass_mark - 1e-9 else f", not enough for {report.score.pass_mark:g}"
    said = f"{counted(len(steps), 'item')}, from {words.points(report.score.value)} to {words.points(steps[-1].score)} of 100{short}"
    return said, tuple(step.outcome.item.id for step in steps)


def gains(report: Report) -> dict[str, float]:
    """Points of the score that each open item would bring, by its id: ``100 · w_c / Σ w · weight / of_c`` (architecture.md, Score and decision)."""
    counted = {part.id: part for part in report.score.categories if part.of > 0}
    total = sum(part.weight for part in counted.values())
    home = {item.id: part.id for part in report.checklist.categories for item in part.items}
    return {
        outcome.item.id: 100 * part.weight / total * outcome.item.weight / part.of if (part := counted.get(home.get(outcome.item.id, ""))) and total else 0.0
        for outcome in report.outcomes
        if outcome.status in OPEN
    }
