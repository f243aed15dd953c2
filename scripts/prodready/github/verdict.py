"""The verdict in the words of GitHub: the output, the commit status and the name both carry."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from prodready.errors import Exit
from prodready.model import Report, Status
from prodready.settings import Settings

CONTEXT = "prodready/gate"
"""The status a branch rule requires. The job must have another name: a check and a status of one name are both required."""
DESCRIPTION_LIMIT = 140
"""Characters of a status description; GitHub refuses longer ones."""


class Verdict(Struct, frozen=True, kw_only=True):
    """One way to end, in GitHub's words."""

    word: str
    """The output ``verdict``."""
    state: str
    """The commit status; never success for what could not be told."""


_BY_CODE = {
    Exit.READY: Verdict(word="ready", state="success"),
    Exit.NOT_READY: Verdict(word="not-ready", state="failure"),
    Exit.UNKNOWN: Verdict(word="unknown", state="error"),
    Exit.PENDING: Verdict(word="pending", state="pending"),
}
ERROR = Verdict(word="error", state="error")


def of(report: Report) -> Verdict:
    """The verdict by exit code; success only when the decision itself says ready."""
    found = _BY_CODE.get(Exit(report.decision.exit_code), ERROR) if report.decision.exit_code in tuple(Exit) else ERROR
    return ERROR if (found.state == "success") != report.decision.ready else found


def description(report: Report) -> str:
    """One line for the commit status, numbers only: ``not ready: 2 failed, 1 unknown; 61.0 of 100, needs 90``."""
    statuses = [outcome.status for outcome in report.outcomes]
    counts = [f"{statuses.count(status)} {status.value}" for status in (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING) if status in statuses]
    missing = len(report.decision.missing_signoffs)
    parts = [*counts, *([f"{missing} sign-off{'s' if missing > 1 else ''} missing"] if missing else [])]
    score = f"{report.score.value:.1f} of 100, needs {report.score.pass_mark:g}"
    line = f"{of(report).word.replace('-', ' ')}: {'; '.join([*([', '.join(parts)] if parts else []), score])}"
    return line[:DESCRIPTION_LIMIT]


def context(settings: Settings) -> str:
    """The name of this gate: ``prodready/gate``, or ``prodready/gate (path services/a)``.

    Gates of other folders, stages or profiles say so, or the last one to end would overwrite the verdict of the others.
    """
    given = {name: settings.inputs.get(name, "").strip() for name in _USUAL}
    unusual = [f"{name} {text}" for name, text in given.items() if text not in _USUAL[name]]
    if not unusual:
        return CONTEXT
    exact = ", ".join(unusual)
    readable = _UNPRINTED.sub("_", exact)[:80]
    # Any character may be in a path: what people see is readable, what tells two gates apart is exact.
    mark = "" if readable == exact else " " + hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{CONTEXT} ({readable}{mark})"


_USUAL = {"profile": ("", "starter"), "path": ("", ".", "./"), "stage": ("", "pr")}
_UNPRINTED = re.compile(r"[^A-Za-z0-9._/, -]")
