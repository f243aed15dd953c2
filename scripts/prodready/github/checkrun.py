"""A check run beside the commit status, for those who want every finding on the changed lines: fifty annotations a request, as many as there are.

It reports and blocks nothing: GitHub puts a check run of a workflow's token into the suite of any workflow, so that the required context stays the status.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from prodready.github import verdict
from prodready.github.annotations import Mark, ranked
from prodready.github.client import GitHubPort, Unreachable
from prodready.model import Report
from prodready.names import shown
from prodready.report.escape import line as inert

NAME = "prodready report"
AT_ONCE = 50
"""Annotations GitHub takes in one request."""
MOST = 500
"""Annotations in all: ten requests."""
SUMMARY_BYTES = 65_000
"""GitHub refuses a summary of more than 65 535 bytes."""
_CONCLUSIONS = {"success": "success", "failure": "failure", "error": "failure", "pending": "action_required"}
"""Never neutral or skipped: a required check passes on both."""
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}


def leave(report: Report, port: GitHubPort, *, head: str, prefix: str, url: str) -> str:
    """Writes the check run; what to say about it, empty when all is there. Raises GitHubError."""
    from prodready.report import markdown

    placed = [mark for mark in ranked(report, prefix=prefix) if mark.path]
    output = {"title": verdict.description(report), "summary": markdown.render(report, budget_bytes=SUMMARY_BYTES)}
    first, *others = list(_parts(placed[:MOST])) or [[]]
    body = {"name": NAME, "head_sha": head, "external_id": secrets.token_hex(16), "status": "completed", "conclusion": _CONCLUSIONS[verdict.of(report).state]}
    made = _create(port, {**body, **({"details_url": url} if url else {}), "output": {**output, "annotations": first}}, head)
    for part in others:
        port.write("PATCH", f"/repos/{port.repository}/check-runs/{int(made['id'])}", {"output": {**output, "annotations": part}})
    return f"the check run shows {MOST} of {len(placed)} annotations; report.json has all" if len(placed) > MOST else ""


def _create(port: GitHubPort, body: dict[str, Any], head: str) -> Any:
    """Creates it once: after a lost answer it may exist, and is looked for before it is written again.

    By a word that nobody could know before: the same name may stand for an earlier run of this commit, or for whatever another job says, and the
    conclusion of those is not ours.
    """
    try:
        return port.write("POST", f"/repos/{port.repository}/check-runs", body)
    except Unreachable:
        found = port.read(f"/repos/{port.repository}/commits/{head}/check-runs", check_name=NAME, filter="latest")["check_runs"]
        mine = [run for run in found if run.get("external_id") == body["external_id"]]
        return mine[0] if mine else port.write("POST", f"/repos/{port.repository}/check-runs", body)


def _parts(marks: Sequence[Mark]) -> Iterator[list[dict[str, Any]]]:
    for at in range(0, len(marks), AT_ONCE):
        yield [_annotation(mark) for mark in marks[at : at + AT_ONCE]]


def _annotation(mark: Mark) -> dict[str, Any]:
    at = mark.line or 1
    return {
        "path": shown(mark.path), "start_line": at, "end_line": at, "annotation_level": _LEVELS[mark.level], "title": inert(mark.title, 255),
        "message": inert(mark.message, 8000),
    }  # fmt: skip
