"""``report.json``, version 1: the contract that other programs read. Its schema is ``schema/report-v1.schema.json``."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace

from prodready import expectation, model
from prodready.report import wire
from prodready.report.inert import dumped
from prodready.report.json_v1_read import read

__all__ = ["item_json", "read", "render"]

MAX_TEXT = 20_000
"""Characters of one text; longer ones are cut with an ellipsis."""
MAX_FINDINGS = 10_000
"""Findings of one item; more are counted in its notes."""

SCHEMA_FILE = Path(__file__).parent / "schema" / "report-v1.schema.json"

_TEXTS = ("rule", "message", "path", "fix", "anchor", "suppressed", "newly")
"""Of a finding."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(report: model.Report) -> str:
    """The report as JSON; the same report gives the same bytes."""
    return dumped(_report(report)) + "\n"


def item_json(outcome: model.Outcome, **around: object) -> str:
    """One outcome in the shape of an item, without the keys that a profile gives, after the keys ``around`` it."""
    item = _item(outcome, "", Counter())
    return dumped({**around, **{name: value for name, value in asdict(item).items() if name not in wire.PROFILE_KEYS}})


def _report(report: model.Report) -> wire.Report:
    category = {item.id: part.id for part in report.checklist.categories for item in part.items}
    seen: Counter[str] = Counter()
    return wire.Report(
        schema=wire.SCHEMA,
        tool=wire.Tool(name="prodready", version=_text(report.version)),
        subject=_subject(report.subject),
        profile=_profile(report.checklist),
        stage=report.stage,
        started=_time(report.started),
        seconds=_seconds(report.seconds),
        decision=_decision(report.decision),
        score=_score(report.score),
        items=tuple(_item(outcome, category.get(outcome.item.id, ""), seen) for outcome in report.outcomes),
        checks=tuple(_check(check) for check in report.checks),
        notes=_texts(report.notes),
        signoffs=tuple(map(_signoff, report.signoffs)),
        bypasses=_texts(report.checklist.bypasses),
        claims=_texts(report.claims),
    )


def _subject(subject: model.Subject) -> wire.Subject:
    return wire.Subject(
        repository=_text(subject.repository), commit=_text(subject.commit), base=_text(subject.base), dirty=subject.dirty, folder=_text(subject.folder)
    )


def _profile(checklist: model.Checklist) -> wire.Profile:
    return wire.Profile(id=_text(checklist.id), title=_text(checklist.title), sha256=_text(checklist.sha256), source=_text(checklist.source))


def _decision(decision: model.Decision) -> wire.Decision:
    return wire.Decision(
        ready=decision.ready,
        exit_code=int(decision.exit_code),
        reasons=_texts(decision.reasons),
        missing_signoffs=_texts(decision.missing_signoffs),
    )


def _signoff(row: model.Signoff) -> wire.Signoff:
    return wire.Signoff(
        role=_text(row.role), who=_text(row.who), how=_text(row.how), commit=_text(row.commit), at=_time(row.at) if row.at else None,
        missing=_text(row.missing), untold=row.untold, about=_text(row.about),
    )  # fmt: skip


def _score(score: model.Score) -> wire.Score:
    categories = tuple(
        wire.CategoryScore(
            id=_text(part.id), title=_text(part.title), weight=_number(part.weight),
            earned=_number(part.earned), of=_number(part.of), percent=_number(part.percent),
        )
        for part in score.categories
    )  # fmt: skip
    return wire.Score(value=_number(score.value), without_waivers=_number(score.without_waivers), pass_mark=_number(score.pass_mark), categories=categories)


def _check(check: model.CheckRun) -> wire.CheckRun:
    return wire.CheckRun(
        id=_text(check.id), ran=check.ran, why_not=_text(check.why_not), tool=_text(check.tool),
        examined=max(0, check.examined), seconds=_seconds(check.seconds),
    )  # fmt: skip


def _item(outcome: model.Outcome, category: str, seen: Counter[str]) -> wire.Item:
    item = outcome.item
    return replace(
        _observed(outcome.observation, seen),
        id=_text(item.id), title=_text(item.title), category=_text(category), section=_text(item.section), stage=item.stage,
        status=outcome.status, required=item.required, check=_text(item.check), expect=_text(outcome.expect), summary=_text(outcome.summary),
        seconds=_seconds(outcome.seconds), waiver=_waiver(outcome.waiver), weight=_number(item.weight), owner=_text(item.owner), due=_text(item.due),
        max_age=_text(item.max_age), why=_text(item.why), how=_text(item.how), off=_text(item.off),
    )  # fmt: skip


_BLANK = wire.Item(
    id="", title="", category="", section="", stage=model.Stage.PR, status=model.Status.UNKNOWN, required=False, check="", expect="",
    measured=None, examined=0, summary="", seconds=0.0, evidence=wire.Evidence(source="", tool="", sha256="", collected=None, expires=None),
    waiver=None, findings=(), observation="unseen", unit="", reason="", remedy="", awaits=False, lapsed=False, gaps=(), notes=(), weight=1.0, owner="",
    due="", max_age="", why="", how="", off="",
)  # fmt: skip


def _observed(seen: model.Observation, fingerprints: Counter[str]) -> wire.Item:
    """The keys of an item that its observation fills."""
    if isinstance(seen, model.Unseen):
        return replace(_BLANK, reason=_text(seen.reason), remedy=_text(seen.remedy), awaits=seen.awaits, lapsed=seen.lapsed)
    row = replace(
        _BLANK, observation="found", examined=max(0, seen.examined), evidence=_evidence(seen.evidence),
        findings=_findings(seen.findings, fingerprints), gaps=_texts(seen.gaps), notes=_notes(seen),
    )  # fmt: skip
    if isinstance(seen, model.Found):
        return row
    return replace(row, observation="measured", measured=_value(seen.value), unit=_text(seen.unit))


def _notes(seen: model.Measured | model.Found) -> tuple[str, ...]:
    left_out = len(seen.findings) - MAX_FINDINGS
    return (*_texts(seen.notes), *([f"{left_out} more findings were left out of this report"] if left_out > 0 else []))


def _evidence(evidence: model.Evidence) -> wire.Evidence:
    return wire.Evidence(
        source=_text(evidence.source),
        tool=_text(evidence.tool),
        sha256=_text(evidence.sha256),
        collected=_time(evidence.collected) if evidence.collected else None,
        expires=_time(evidence.expires) if evidence.expires else None,
    )


def _findings(findings: tuple[model.Finding, ...], fingerprints: Counter[str]) -> tuple[wire.Finding, ...]:
    return tuple(_finding(finding, fingerprints) for finding in findings[:MAX_FINDINGS])


def _finding(finding: model.Finding, fingerprints: Counter[str]) -> wire.Finding:
    clean = _clean(finding)
    fingerprint = clean.fingerprint
    fingerprints[fingerprint] += 1
    count = fingerprints[fingerprint]
    return wire.Finding(
        rule=clean.rule, message=clean.message, severity=clean.severity.word, path=clean.path,  # type: ignore[arg-type]
        line=clean.line if clean.line and clean.line > 0 else None, fix=clean.fix,
        fingerprint=fingerprint + (f"-{count}" if count > 1 else ""), suppressed=clean.suppressed, anchor=clean.anchor,
        newly=clean.newly,
    )  # fmt: skip


def _clean(finding: model.Finding) -> model.Finding:
    together = f"{finding.rule}{finding.message}{finding.path}{finding.fix}{finding.anchor}{finding.suppressed}{finding.newly}"
    if len(together) <= MAX_TEXT and (together.isascii() or not _SURROGATE.search(together)):
        return finding  # as nearly all are
    texts: dict[str, Any] = {name: text for name in _TEXTS if (text := _text(getattr(finding, name))) is not getattr(finding, name)}
    return replace(finding, **texts) if texts else finding


def _waiver(waiver: model.Waiver | None) -> wire.Waiver | None:
    if waiver is None:
        return None
    return wire.Waiver(
        owner=_text(waiver.owner), reason=_text(waiver.reason), until=waiver.until.isoformat(), ticket=_text(waiver.ticket), approver=_text(waiver.approver)
    )


def _text(text: str) -> str:
    """The text, bounded, with undecodable bytes spelt out: what every JSON reader accepts."""
    short = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return short if short.isascii() else _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", short)


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_text, texts))


def _number(number: float) -> float:
    return float(number) if math.isfinite(number) else 0.0


def _seconds(seconds: float) -> float:
    return round(max(0.0, _number(seconds)), 3)


def _value(value: expectation.Value) -> expectation.Value:
    """A number stays one, unless JSON has no such number: then its name."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return value if abs(value) < 10**300 else ("over 1e300" if value > 0 else "under -1e300")


def _time(moment: datetime) -> str:
    """RFC 3339 in UTC; a time without a zone is taken as UTC."""
    if moment.tzinfo is not None:
        with suppress(OverflowError):  # on the first and last day of the calendar
            moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"
