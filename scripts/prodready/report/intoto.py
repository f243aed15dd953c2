"""The verdict as an in-toto statement, bound to the commit and to report.json (in-toto.io/Statement/v1, predicate test-result v0.1)."""

from __future__ import annotations

import hashlib
from typing import Any

from prodready.model import Report, Status
from prodready.report import json_v1, words
from prodready.report.escape import line
from prodready.report.inert import dumped, filled

PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def render(report: Report) -> str:
    """The statement; ``prodready bundle`` signs it."""
    return dumped(statement(report)) + "\n"


def statement(report: Report) -> dict[str, Any]:
    """Who reads it needs no prodready: passed, waived (warned) and all other items by their ids."""
    digest = hashlib.sha256(json_v1.render(report).encode()).hexdigest()
    commit = report.subject.commit
    repository = [{"name": filled(report.subject.repository, 200), "digest": {"gitCommit": line(commit, 64)}}] if commit else []
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [*repository, {"name": "report.json", "digest": {"sha256": digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _result(report),
            "configuration": [{"name": filled(f"profile {report.checklist.id}", 200), "digest": {"sha256": line(report.checklist.sha256, 64)}}],
            "passedTests": _ids(report, Status.PASSED),
            "warnedTests": _ids(report, Status.WAIVED),
            "failedTests": _ids(report, Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING),
        },
    }


def _result(report: Report) -> str:
    if not report.decision.ready:
        return "FAILED"
    return "WARNED" if words.having(report, Status.WAIVED) else "PASSED"


def _ids(report: Report, *statuses: Status) -> list[str]:
    return [line(outcome.item.id, 200) for outcome in words.having(report, *statuses)]
