"""The report as OSCAL assessment results (pages.nist.gov/OSCAL): an observation for each item, and a finding for each that counts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from prodready.model import Outcome, Report, Status
from prodready.report import words
from prodready.report.inert import dumped, filled

VERSION = "1.2.1"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:prodready:oscal")
MOST = 200
"""Findings of one item told as evidence; report.json has all."""
_REASONS = {Status.PASSED: "pass", Status.FAILED: "fail"}


def render(report: Report) -> str:
    """The document; its identifiers come from what it tells, so the same report gives the same bytes."""
    basis = f"{report.subject.repository}\0{report.subject.commit}\0{report.checklist.sha256}\0{_moment(report.started)}"

    def name(*parts: object) -> str:
        return str(uuid.uuid5(NAMESPACE, "\0".join((basis, *map(str, parts))).encode("utf-8", "replace").decode()))

    document = {
        "uuid": name("document"),
        "metadata": {
            "title": filled(f"Production readiness of {report.subject.repository or 'this folder'}"), "last-modified": _moment(report.started),
            "version": filled(report.subject.commit[:12] or "no commit"), "oscal-version": VERSION,
            "props": [_prop("tool", f"prodready {report.version}"), _prop("profile-sha256", report.checklist.sha256)],
        },
        "import-ap": {"href": "#profile", "remarks": filled(f"profile {report.checklist.id} ({report.checklist.source}), sha256 {report.checklist.sha256}")},
        "results": [_result(report, name)],
    }  # fmt: skip
    return dumped({"assessment-results": document}) + "\n"


def _result(report: Report, name: Callable[..., str]) -> dict[str, Any]:
    indexed = list(enumerate(report.outcomes))
    found = [_finding(outcome, name("finding", index), name("observation", index)) for index, outcome in indexed if outcome.status.counts]
    return {
        "uuid": name("result"), "title": filled(report.checklist.title), "description": words.headline(report),
        "start": _moment(report.started), "end": _moment(report.started + timedelta(seconds=min(report.seconds, 10**6))),
        "props": [
            _prop("ready", str(report.decision.ready).lower()), _prop("score", f"{report.score.value:.2f}"),
            _prop("pass-mark", f"{report.score.pass_mark:g}"), _prop("stage", report.stage.value),
        ],
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
        **({"observations": [_observation(outcome, name("observation", index), report) for index, outcome in indexed]} if indexed else {}),
        **({"findings": found} if found else {}),
        "remarks": filled(" ".join((*report.decision.reasons[:20], *words.bypasses(report)[:20], *report.notes[:20])), 4000, blank="nothing to remark"),
    }  # fmt: skip


def _observation(outcome: Outcome, identifier: str, report: Report) -> dict[str, Any]:
    evidence = words.evidence_of(outcome)
    collected = evidence.collected if evidence and evidence.collected else report.started
    found = words.findings(outcome)[:MOST]
    rest = [filled(f"{finding.severity.word}: {finding.path or 'no file'}:{finding.line or 0}: {finding.message}") for finding in found]
    return {
        "uuid": identifier, "title": filled(outcome.item.title), "description": filled(outcome.summary), "methods": ["TEST"],
        "props": [_prop("item", outcome.item.id), _prop("check", outcome.item.check), _prop("status", outcome.status.value)],
        "relevant-evidence": [{"description": text} for text in (filled(_evidence(outcome)), *rest)], "collected": _moment(collected),
        **({"expires": _moment(evidence.expires)} if evidence and evidence.expires else {}),
    }  # fmt: skip


def _evidence(outcome: Outcome) -> str:
    evidence = words.evidence_of(outcome)
    digest = f", sha256 {evidence.sha256}" if evidence and evidence.sha256 else ""
    return f"{words.rests_on(outcome)}{digest}" if evidence else f"nothing was seen: {outcome.summary}"


def _finding(outcome: Outcome, identifier: str, observation: str) -> dict[str, Any]:
    status = {
        "state": "satisfied" if outcome.status is Status.PASSED else "not-satisfied", "reason": _REASONS.get(outcome.status, "other"),
        "remarks": outcome.status.value,
    }  # fmt: skip
    return {
        "uuid": identifier, "title": filled(outcome.item.title), "description": filled(outcome.summary),
        "target": {"type": "objective-id", "target-id": _token(outcome.item.id), "status": status},
        "related-observations": [{"observation-uuid": observation}],
    }  # fmt: skip


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": "urn:prodready:oscal", "value": filled(value)}


def _token(text: str) -> str:
    """The id as OSCAL takes it: a letter first, then letters, digits, dots and dashes."""
    token = re.sub(r"[^A-Za-z0-9._-]", "-", text)[:100]
    return token if token[:1].isalpha() or token[:1] == "_" else f"_{token}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}+00:00" if moment.year >= 1000 else "1000-01-01T00:00:00+00:00"
