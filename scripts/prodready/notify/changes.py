"""What is worth a message: a verdict that changed, a waiver that is about to run out. Silence is the rule; each thing is told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prodready.model import Report
from prodready.report import words
from prodready.report.escape import line
from prodready.report.past import Past, since

SOON = 14
"""Days before a waiver's end from which on it is told."""


def messages(report: Report, past: Past, now: datetime) -> Iterator[tuple[str, str]]:
    """What to say, each behind the key under which it is remembered as told."""
    where = _slack(report.subject.repository or "this folder", 120)
    gate = f"{report.subject.repository}/{report.checklist.id}/{report.stage.value}"
    if past.points and past.points[-1].ready != report.decision.ready:
        key = f"{gate} {report.subject.commit} {report.started.isoformat()}"
        yield key, f"{_sign(report)} *{where}*: {_slack(words.headline(report))}{_delta(report, past)}"
    for outcome in report.outcomes:
        if (waiver := outcome.waiver) and (left := (waiver.until - now.date()).days) <= SOON:
            ends = f"ended on {waiver.until}" if left < 0 else f"ends on {waiver.until}, in {left} days"
            told = f":hourglass: *{where}*: the waiver of {_slack(waiver.owner, 80)} for {_slack(outcome.item.id, 80)} {ends}"
            yield f"{gate} {outcome.item.id} {waiver.until} {'ended' if left < 0 else 'soon'}", told


def _sign(report: Report) -> str:
    return ":white_check_mark:" if report.decision.ready else ":x:"


def _delta(report: Report, past: Past) -> str:
    if past.before is None:
        return ""
    delta = since(report, past.before)
    groups = (("Broken", delta.broken), ("Mended", delta.mended))
    return "".join(f"\n{name}: {', '.join(_slack(outcome.item.id, 80) for outcome in group[:8])}" for name, group in groups if group)


def _slack(text: str, limit: int = 400) -> str:
    """Words that Slack takes for words: no mention, link or channel (api.slack.com, formatting text)."""
    plain = line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.translate({ord(sign): f"{sign}\u200b" for sign in "*_~`@#"})
