"""How workflows ended on a branch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Forge
from prodready.model import Evidence, Measured
from prodready.names import counted, shown

MOST = 100
"""Runs that are looked at: one page of GitHub's."""
WORST = ("startup_failure", "timed_out", "failure", "action_required", "stale", "cancelled", "neutral", "skipped", "success")
"""Conclusions, the worst first."""
PASSED_OVER = frozenset(("cancelled", "skipped", "neutral", "action_required", "stale"))
"""Conclusions that say nothing about the code."""


def newest(forge: Forge, branch: str, workflow: str, without: Collection[str]) -> Measured:
    """The worst conclusion among the newest finished run of each workflow."""
    last: dict[object, Any] = {}
    for run in reversed(finished(forge, branch, workflow)):
        last[run["workflow_id"]] = run
    runs = sorted((run for run in last.values() if run["path"].rpartition("/")[2] not in without), key=lambda run: _rank(run["conclusion"]))
    if not runs:
        raise CannotTell(f"on {shown(branch)} only workflows have run that are passed over", "let a workflow test that branch")
    worst = runs[0]
    notes = tuple(f"{_name(run)} was {run['conclusion']} on {run['head_sha'][:12]}" for run in runs)
    if forge.head and worst["head_sha"] != forge.head:
        notes = (*notes, f"the commit under the gate is {forge.head[:12]}")
    return Measured(
        value=worst["conclusion"], examined=len(runs), notes=notes,
        evidence=Evidence(source=f"{_name(worst)}: {worst['html_url']}", collected=min(_moment(run) for run in runs)),
    )  # fmt: skip


def success_rate(forge: Forge, branch: str, workflow: str, last: int) -> Measured:
    """The share of the newest runs that ended well, in percent."""
    told = [run for run in finished(forge, branch, workflow) if run["conclusion"] not in PASSED_OVER][:last]
    if len(told) < last:
        raise CannotTell(f"{counted(len(told), 'finished run')} of {last} are there on {shown(branch)}", "wait for more of them, or ask for fewer by 'last'")
    good = sum(run["conclusion"] == "success" for run in told)
    evidence = Evidence(source=f"{good} of {last} runs on {shown(branch)}", collected=_moment(told[0]))
    return Measured(value=100 * good / last, unit="%", examined=last, evidence=evidence)


def finished(forge: Forge, branch: str, workflow: str) -> Sequence[Any]:
    """The runs from the newest on: of the branch itself, and not of somebody's branch of that name. Raises CannotTell when there is none."""
    path = f"/actions/workflows/{quote(workflow, safe='')}/runs" if workflow else "/actions/runs"
    listed = forge.get(path, branch=branch, status="completed", per_page=str(MOST))["workflow_runs"]
    own = [run for run in listed if not run["event"].startswith("pull_request") and run["head_repository"]["full_name"] == run["repository"]["full_name"]]
    if not own:
        raise CannotTell(f"no finished run of {shown(workflow) or 'any workflow'} is there on {shown(branch)}", "let the workflow run on that branch")
    return sorted(own, key=lambda run: str(run["created_at"]), reverse=True)


def _rank(conclusion: str) -> int:
    return WORST.index(conclusion) if conclusion in WORST else 0


def _moment(run: Any) -> datetime:
    return datetime.fromisoformat(run["updated_at"])


def _name(run: Any) -> str:
    return f"{shown(str(run['name']))} #{run['run_number']}"
