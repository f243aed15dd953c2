"""Reads ``report.json`` back: strictly, bounded, from hands we do not trust (a partial report is a file that a pull request may have written)."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any, NoReturn

from msgspec.structs import asdict

from prodready import model
from prodready.decode import DecodeError, decode, nearest
from prodready.errors import ProdreadyError
from prodready.report import wire

MAX_CHARACTERS = 32_000_000
MAX_LIST = 10_001
"""Entries of one list."""

_SHAPES = (
    wire.Report, wire.Tool, wire.Subject, wire.Profile, wire.Decision, wire.CategoryScore, wire.Score, wire.Evidence, wire.Waiver,
    wire.Signoff, wire.Finding, wire.Item, wire.CheckRun,
)  # fmt: skip
_KEYS = frozenset(name for shape in _SHAPES for name in shape.__struct_fields__)
_NEVER_NEGATIVE = frozenset(("seconds", "examined", "weight", "earned", "of", "percent", "line", "exit_code", "value"))
_REMEDY = "write it with prodready of this version: 'prodready run --format json'"


def read(text: str) -> model.Report:
    """The report that ``render`` wrote. Raises ProdreadyError naming the key that is wrong."""
    if len(text) > MAX_CHARACTERS:
        _refuse(f"has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant)
        return _report(decode(data, wire.Report))
    except RecursionError:
        _refuse("is nested too deeply")
    except json.JSONDecodeError as error:
        _refuse(f"is no JSON: line {error.lineno}: {error.msg}")
    except DecodeError as error:
        shown = "; ".join(str(DecodeError([mistake])) for mistake in error.mistakes[:5])
        _refuse(shown + (f"; and {len(error.mistakes) - 5} more" if len(error.mistakes) > 5 else ""))


def _refuse(what: str) -> NoReturn:
    raise ProdreadyError(f"the report {what}" if not what.startswith("at ") else f"the report: {what}", _REMEDY) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key not in _KEYS:
            _refuse(f"has {key[:60]!r}, which is no key of it; {nearest(key[:60], sorted(_KEYS))}")
        if key in found:
            _refuse(f"has {key!r} twice in one place")
        if isinstance(value, list) and len(value) > MAX_LIST:
            _refuse(f"has {len(value):,} entries under {key!r}, more than {MAX_LIST:,}")
        if key in _NEVER_NEGATIVE and isinstance(value, int | float) and value < 0:
            _refuse(f"has {value!r} under {key!r}, which is never negative")
        found[key] = value
    return found


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _constant(text)


def _int(text: str) -> int:
    return int(text) if len(text) <= 301 else _refuse(f"has the number {text[:20]}…, which is too long")


def _constant(text: str) -> NoReturn:
    _refuse(f"has {text[:20]}, which is no JSON number")


def _report(data: wire.Report) -> model.Report:
    outcomes = tuple(_outcome(item, f"items[{index}]") for index, item in enumerate(data.items))
    return model.Report(
        version=data.tool.version,
        subject=model.Subject(**asdict(data.subject)),
        checklist=_checklist(data, outcomes),
        stage=data.stage,
        started=_time(data.started, "started"),
        seconds=data.seconds,
        outcomes=outcomes,
        checks=tuple(_check(check) for check in data.checks),
        score=_score(data.score),
        decision=_decision(data.decision),
        signoffs=tuple(_signoff(row, f"signoffs[{at}]") for at, row in enumerate(data.signoffs)),
        notes=data.notes,
        claims=data.claims,
    )


def _checklist(data: wire.Report, outcomes: tuple[model.Outcome, ...]) -> model.Checklist:
    """What the report still knows of its checklist: the items it holds, in their categories."""
    members: dict[str, list[model.Item]] = {part.id: [] for part in data.score.categories}
    for item, outcome in zip(data.items, outcomes, strict=True):
        members.setdefault(item.category, []).append(outcome.item)
    known = {part.id: part for part in data.score.categories}
    categories = tuple(
        model.Category(id=key, title=known[key].title if key in known else key, weight=known[key].weight if key in known else 0.0, items=tuple(items))
        for key, items in members.items()
    )
    return model.Checklist(
        id=data.profile.id, title=data.profile.title, pass_mark=data.score.pass_mark, categories=categories, sha256=data.profile.sha256,
        source=data.profile.source, bypasses=data.bypasses, waivers=tuple(outcome.waiver for outcome in outcomes if outcome.waiver),
    )  # fmt: skip


def _decision(data: wire.Decision) -> model.Decision:
    if data.ready != (data.exit_code == 0):
        _refuse(f"has decision.ready {data.ready} beside decision.exit_code {data.exit_code}: one of them is wrong")
    return model.Decision(ready=data.ready, exit_code=data.exit_code, reasons=data.reasons, missing_signoffs=data.missing_signoffs)


def _signoff(data: wire.Signoff, key: str) -> model.Signoff:
    return model.Signoff(
        role=data.role, who=data.who, how=data.how, commit=data.commit, at=_time(data.at, f"{key}.at") if data.at else None,
        missing=data.missing, untold=data.untold, about=data.about,
    )  # fmt: skip


def _score(data: wire.Score) -> model.Score:
    categories = tuple(model.CategoryScore(id=part.id, title=part.title, weight=part.weight, earned=part.earned, of=part.of) for part in data.categories)
    return model.Score(value=data.value, without_waivers=data.without_waivers, pass_mark=data.pass_mark, categories=categories)


def _check(data: wire.CheckRun) -> model.CheckRun:
    return model.CheckRun(id=data.id, ran=data.ran, why_not=data.why_not, tool=data.tool, examined=data.examined, seconds=data.seconds)


def _outcome(data: wire.Item, key: str) -> model.Outcome:
    item = model.Item(
        id=data.id, title=data.title, check=data.check, stage=data.stage, required=data.required, weight=data.weight, section=data.section,
        owner=data.owner, due=data.due, max_age=data.max_age, why=data.why, how=data.how, off=data.off,
    )  # fmt: skip
    return model.Outcome(
        item=item, status=data.status, summary=data.summary, observation=_observation(data, key), expect=data.expect, seconds=data.seconds,
        waiver=_waiver(data, key),
    )  # fmt: skip


def _observation(data: wire.Item, key: str) -> model.Observation:
    if data.observation == "unseen":
        _unclaimed(data, key)
        return model.Unseen(reason=data.reason, remedy=data.remedy, awaits=data.awaits, lapsed=data.lapsed)
    evidence, findings = _evidence(data.evidence, f"{key}.evidence"), tuple(_finding(finding) for finding in data.findings)
    if data.observation == "found":
        return model.Found(examined=data.examined, evidence=evidence, findings=findings, gaps=data.gaps, notes=data.notes)
    if data.measured is None:
        _refuse(f"has no {key}.measured, though {key}.observation says so")
    return model.Measured(value=data.measured, evidence=evidence, unit=data.unit, examined=data.examined, findings=findings, gaps=data.gaps, notes=data.notes)


def _unclaimed(data: wire.Item, key: str) -> None:
    """What nobody saw cannot have passed, nor carry findings."""
    if data.status.earns or data.findings or data.measured is not None or data.examined:
        _refuse(f"says that {key} was not seen, and yet claims a result for it")


def _evidence(data: wire.Evidence, key: str) -> model.Evidence:
    return model.Evidence(
        source=data.source,
        tool=data.tool,
        sha256=data.sha256,
        collected=None if data.collected is None else _time(data.collected, f"{key}.collected"),
        expires=None if data.expires is None else _time(data.expires, f"{key}.expires"),
    )


def _finding(data: wire.Finding) -> model.Finding:
    return model.Finding(
        rule=data.rule, message=data.message, severity=model.Severity[data.severity.upper()], path=data.path, line=data.line, fix=data.fix,
        anchor=data.anchor, suppressed=data.suppressed, newly=data.newly,
    )  # fmt: skip


def _waiver(data: wire.Item, key: str) -> model.Waiver | None:
    if data.waiver is None:
        return None
    try:
        until = date.fromisoformat(data.waiver.until)
    except ValueError:
        _refuse(f"has {data.waiver.until[:40]!r} under {key}.waiver.until, which is no date (2026-01-31)")
    given = data.waiver
    return model.Waiver(item=data.id, owner=given.owner, reason=given.reason, until=until, ticket=given.ticket, approver=given.approver)


def _time(text: str, key: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        _refuse(f"has {text[:40]!r} under {key}, which is no time (2026-01-31T12:00:00Z)")
    return moment if moment.tzinfo else _refuse(f"has {text[:40]!r} under {key} without a zone: write 2026-01-31T12:00:00Z")
