"""The verdict once more, from what was kept: the policy's text and what each check saw. No file, program or network is touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from msgspec import field
from msgspec.structs import replace

from prodready import checklist
from prodready.check import CannotTell
from prodready.context import History, Repo
from prodready.model import Checklist, Observation, Outcome, Report, Status
from prodready.pipeline import Choice, People, assess
from prodready.plan import Job
from prodready.profile import PolicyText
from prodready.progress import Silent
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes


def replay(report: Report, profile: PolicyText, own: PolicyText | None, choice: Choice) -> Report:
    """The report that this policy gives on what the kept one saw. Times are the kept ones: a replay takes none. Raises ProdreadyError."""
    policy = checklist.load(profile, own)
    again = assess(policy, _world(report, policy), choice, Silent(), people=People(signoffs=report.signoffs), looks=False)
    return _with_times(again, report)


def _world(report: Report, policy: Checklist) -> World:
    seen = {outcome.item.id: outcome.observation for outcome in report.outcomes}
    repo, processes = cast("Repo", _KeptRepo(report, policy)), Processes(cache=Path("/nonexistent"), offline=True)
    return _Kept(
        name=report.subject.repository, repo=repo, processes=processes, http=RealHttp(offline=True), now=report.started, offline=True,
        targets=policy.targets, seen=seen,
    )  # fmt: skip


class _Kept(World, frozen=True, kw_only=True):
    """A world in which each check has already looked."""

    seen: dict[str, Observation] = field(default_factory=dict)

    def prepare(self, tools: object) -> None:
        """No program is needed."""

    def observe(self, job: Job) -> Observation:
        """What the check saw then. Raises CannotTell for an item the report does not hold."""
        for item in job.items:
            if item.id in self.seen:
                return self.seen[item.id]
        raise CannotTell("the kept report does not hold this item", "bundle the report of the whole run")


class _KeptRepo:
    """The files as far as the report tells of them: whether those an item's rule asks for were there."""

    def __init__(self, report: Report, policy: Checklist) -> None:
        subject = report.subject
        self.root, self.notes = Path("/nonexistent"), ()
        self.history = History(
            toplevel=self.root, prefix=subject.folder, head=subject.commit, base=subject.base, shallow=False, dirty=subject.dirty
        ) if subject.commit else None  # fmt: skip
        absent = {outcome.item.id for outcome in report.outcomes if outcome.status is Status.NOT_APPLICABLE}
        self._absent = {item.when.files for item in policy.items if item.id in absent}

    def files(self, *patterns: str) -> tuple[str, ...]:
        """One file where the rule applied, none where it did not."""
        return () if patterns in self._absent else ("kept",)

    def __getattr__(self, name: str) -> object:
        raise CannotTell("a replay has no files", "run the gate on a checkout")


def _with_times(again: Report, kept: Report) -> Report:
    """What says when and how long, by what and beside what it ran: the same by definition."""
    seconds = {outcome.item.id: outcome.seconds for outcome in kept.outcomes}
    checks = {check.id: check.seconds for check in kept.checks}
    return replace(
        again, version=kept.version, started=kept.started, seconds=kept.seconds, notes=kept.notes, claims=kept.claims,
        outcomes=tuple(replace(outcome, seconds=seconds.get(outcome.item.id, 0.0)) for outcome in again.outcomes),
        checks=tuple(replace(check, seconds=checks.get(check.id, 0.0)) for check in again.checks),
    )  # fmt: skip


def differences(first: Report, second: Report) -> Sequence[str]:
    """Where two reports differ, in words: what an auditor asks next."""
    old, new = _by_id(first), _by_id(second)
    moved = [key for key in old if key in new and old[key].status != new[key].status]
    lines = [f"{key}: {old[key].status.value} was reported, {new[key].status.value} comes of it" for key in moved]
    lines += [f"{key}: is in one of the two only" for key in sorted(set(old) ^ set(new))]
    if first.score != second.score:
        lines.append(f"score: {first.score.value:.2f} was reported, {second.score.value:.2f} comes of it")
    if first.decision != second.decision:
        lines.append(f"decision: {_said(first)} was reported, {_said(second)} comes of it")
    return lines or ["the words differ, not the verdict"]


def _by_id(report: Report) -> dict[str, Outcome]:
    return {outcome.item.id: outcome for outcome in report.outcomes}


def _said(report: Report) -> str:
    return "ready" if report.decision.ready else f"not ready (exit code {report.decision.exit_code})"
