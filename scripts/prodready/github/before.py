"""What the base branch had come to: the newest report that its own runs uploaded. For the comparison in the comment only; it decides nothing."""

from __future__ import annotations

from typing import Any

from prodready.errors import ProdreadyError
from prodready.github.artefact import ARCHIVE_LIMIT, Hostile, unpacked
from prodready.github.client import GitHubError, GitHubPort
from prodready.model import Report

ARTEFACT = "prodready"
NEWEST = "30"
"""Artefacts of that name that are looked through."""


def at_base(port: GitHubPort, branch: str) -> Report | None:
    """The report of the branch's newest run that left one; None where there is none or it cannot be read."""
    try:
        rows = port.read(f"/repos/{port.repository}/actions/artifacts", name=ARTEFACT, per_page=NEWEST)["artifacts"]
        for row in rows:
            if _of_branch(row, branch):
                return _read(port, row)
    except (GitHubError, ProdreadyError, Hostile, KeyError, TypeError, ValueError):
        return None
    return None


def _of_branch(row: dict[str, Any], branch: str) -> bool:
    """A fork may have a branch of that name, and its runs are listed too."""
    run = row.get("workflow_run") or {}
    ours = run.get("head_repository_id") == run.get("repository_id")
    return ours and run.get("head_branch") == branch and not row["expired"] and int(row["size_in_bytes"]) <= ARCHIVE_LIMIT


def _read(port: GitHubPort, row: dict[str, Any]) -> Report | None:
    from prodready.report import json_v1_read

    packed = port.download(f"/repos/{port.repository}/actions/artifacts/{int(row['id'])}/zip", limit=ARCHIVE_LIMIT)
    report = json_v1_read.read(unpacked(packed).decode("utf-8"))
    return report if report.subject.commit == row["workflow_run"]["head_sha"] else None
