"""What is worth a message: a verdict that changed, a waiver that is about to run out. Silence is the rule; each thing is told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prodready.model import Report
from prodready.notify.message import Message, inert
from prodready.report import words
from prodready.report.past import Past, since

SOON = 14
"""Days before a waiver's end from which on it is told."""


def messages(report: Report, past: Past, now: datetime) -> Iterator[tuple[str, Message]]:
    """What to say, each behind the key under which it is remembered as told."""
    where = report.subject.name or "this folder"
    gate = f"{report.subject.name}/{report.checklist.id}/{report.stage.value}"
    if past.points and past.points[-1].ready != report.decision.ready:
        key = f"{gate} {report.subject.commit} {report.started.isoformat()}"
        yield key, Message(
            sign=":white_check_mark:" if report.decision.ready else ":x:", headline=f"{where}: {words.headline(report).partition(':')[0]}",
            body=inert(words.headline(report)) + _delta(report, past), facts=_facts(report), small=words.origin(report),
        )  # fmt: skip
    for outcome in report.outcomes:
        if (waiver := outcome.waiver) and (left := (waiver.until - now.date()).days) <= SOON:
            ends = f"ended on {waiver.until}" if left < 0 else f"ends on {waiver.until}, in {left} days"
            said = f"the waiver of {inert(waiver.owner, 80)} for {inert(outcome.item.id, 80)} {ends}"
            told = Message(sign=":hourglass:", headline=f"{where}: a waiver {'ended' if left < 0 else 'ends'}", body=said, facts=(("Reason", waiver.reason),))
            yield f"{gate} {outcome.item.id} {waiver.until} {'ended' if left < 0 else 'soon'}", told


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    return (
        ("Score", f"{words.points(report.score.value)} of 100, pass mark {report.score.pass_mark:g}"), ("Commit", report.subject.commit[:12]),
        ("Profile", report.checklist.title), ("Stage", report.stage.value),
    )  # fmt: skip


def _delta(report: Report, past: Past) -> str:
    if past.before is None:
        return ""
    delta = since(report, past.before)
    groups = (("Broken", delta.broken), ("Mended", delta.mended))
    return "".join(f"\n{name}: {', '.join(inert(outcome.item.id, 80) for outcome in group[:8])}" for name, group in groups if group)
