"""The whole story: checklist -> plan -> run -> judge -> score -> gate -> report."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from prodready import due, expectation, hidden, version, waivers
from prodready.boxes import outline
from prodready.boxes.evidence import backed, claims
from prodready.check import CannotTell
from prodready.gate import decide
from prodready.hidden import Hidden
from prodready.judge import judge
from prodready.model import Checklist, CheckRun, Evidence, Found, Item, Measured, Observation, Outcome, Report, Signoff, Stage, Status, Subject, Unseen
from prodready.plan import Job, Plan, Settled, nothing, plan, without
from prodready.progress import Progress
from prodready.run import Ran, run
from prodready.score import score
from prodready.world import World


class Choice(Struct, frozen=True, kw_only=True):
    """Which part of a checklist a run holds, and how hard it works."""

    stage: Stage = Stage.PR
    only: Collection[str] = ()
    domains: Collection[str] = ()
    jobs: int = 4
    deadline: float = 1800.0
    """Seconds for the whole run."""
    fail_on: str = "gate"
    """``failed`` and ``unknown`` block on more than the profile asks for."""

    @property
    def is_part(self) -> bool:
        """Whether items of the stage are left out."""
        return bool(self.only or self.domains)


@dataclass(slots=True)
class Agreement:
    """Those who may let a change hide something; asked once, and only when it does."""

    ask: Callable[[], tuple[Signoff, ...]] | None = None
    """None where nobody can agree."""
    rows: tuple[Signoff, ...] | None = None
    """Their rows, once they were asked."""

    @property
    def given(self) -> bool:
        """Whether all of them have signed."""
        if self.ask is None:
            return False
        self.rows = self.ask() if self.rows is None else self.rows
        return not any(row.missing for row in self.rows)


class People(Struct, frozen=True, kw_only=True):
    """How the roles stand, and what somebody tampered with."""

    signoffs: tuple[Signoff, ...] = ()
    tampering: tuple[str, ...] = ()
    candidate: Checklist | None = None
    """The policy that would hold after the merge."""
    agreement: Agreement = field(default_factory=Agreement)


NOBODY = People()


class _Bench(Struct, frozen=True, kw_only=True):
    """What every outcome of a run is judged by."""

    checklist: Checklist
    world: World
    hidden: Hidden
    agreement: Agreement

    def seen(self, ran: Ran) -> Ran:
        """The run with all that the change hides counted again."""
        return replace(ran, observation=self.hidden.mark(ran.job.check_id, ran.observation))

    def outcomes(self, ran: Ran) -> list[Outcome]:
        """The outcome of each item that rests on the run."""
        return [self._outcome(item, ran) for item in ran.job.items]

    def judged(self, runs: Sequence[Ran]) -> dict[str, Outcome]:
        """All outcomes by item."""
        return {outcome.item.id: outcome for ran in runs for outcome in self.outcomes(ran)}

    def _outcome(self, item: Item, ran: Ran) -> Outcome:
        usual = expectation.parse(ran.job.check.usual(ran.job.params))
        hold = partial(judge, item, usual=usual, now=self.world.now, waivers=self.checklist.waivers, seconds=ran.seconds)
        counted = hold(ran.observation)
        if counted.status.earns or not hidden.contested(ran.observation) or not self.agreement.given:
            return counted
        return hold(hidden.agreed(ran.observation))


def assess(
    checklist: Checklist,
    world: World,
    choice: Choice,
    progress: Progress,
    *,
    notes: Sequence[str] = (),
    given: Mapping[str, Observation] = {},
    people: People = NOBODY,
    looks: bool = True,
) -> Report:
    """The verdict on the world by the checklist. ``given`` are observations other runs of the same commit made, by item id.

    ``looks`` is off for a replay: what a change hides was told when there were files.
    """
    begin = time.monotonic()
    planned = without(plan(checklist, world.repo, stage=choice.stage, only=choice.only, domains=choice.domains), given)
    held = _Bench(checklist=checklist, world=world, hidden=Hidden(world.repo, looks=looks), agreement=people.agreement)
    ran = [held.seen(Ran(job=job, observation=given[item.id], seconds=0.0)) for job, item in planned.given]
    judged = {settled.item.id: _settled(settled) for settled in planned.settled} | held.judged(ran)
    world.prepare({tool for job in planned.jobs for tool in job.check.tools})
    progress.planned(len(planned.jobs))
    with progress:
        for jobs in planned.waves:
            before = None if choice.is_part else tuple(judged.values())
            more = _run(jobs, replace(world, outcomes=before), choice, held, progress)
            ran, judged = ran + more, judged | held.judged(more)
    outcomes = {item.id: judged[item.id] for item in checklist.items if item.id in judged}
    total, today = score(checklist, outcomes), world.now.date()
    loans = () if choice.is_part else waivers.faults(checklist, people.candidate, outcomes, total, today)
    signoffs = (*people.signoffs, *(row for row in people.agreement.rows or () if row not in people.signoffs))
    return Report(
        version=version(), subject=_subject(world), checklist=checklist, stage=choice.stage, started=world.now,
        seconds=time.monotonic() - begin, outcomes=tuple(outcomes.values()), checks=_checks(planned, ran),
        score=total, signoffs=signoffs,
        decision=decide(checklist, outcomes, total, fail_on=choice.fail_on, signoffs=signoffs, tampering=people.tampering, loans=loans),
        notes=(*_mind(held, outcomes.values(), notes), *_limits(planned, choice, world)),
        claims=_claims(checklist, outcomes.values(), world),
    )  # fmt: skip


def _mind(held: _Bench, outcomes: Collection[Outcome], notes: Sequence[str]) -> tuple[str, ...]:
    """What stands beside the verdict: what is hidden, what the policy says of itself, which loans end, what is overdue."""
    now = held.world.now
    return (*held.hidden.notes(outcomes, now), *notes, *waivers.ending(held.checklist, now.date()), *due.overdue(outcomes, now.date()))


def _run(jobs: Sequence[Job], world: World, choice: Choice, held: _Bench, progress: Progress) -> list[Ran]:
    runs = []
    for ran in run(jobs, world.observe, workers=choice.jobs, deadline=choice.deadline, started=lambda job: progress.started(job.label)):
        runs.append(held.seen(ran))
        progress.finished(ran.job.label, held.outcomes(runs[-1])[0], ran.seconds)
    return runs


def _claims(checklist: Checklist, outcomes: Iterable[Outcome], world: World) -> tuple[str, ...]:
    """What somebody ticked by hand, beside what was seen."""
    paths = world.repo.files(*checklist.markdown) if checklist.markdown else ()
    lines: list[str] = []
    for path in paths:
        try:
            lines += claims(path, backed(outline.read(world.repo.text(path)), outcomes))
        except CannotTell as unable:
            lines.append(f"not read: {unable.reason}")
    return tuple(lines)


def _settled(settled: Settled) -> Outcome:
    status = Status.UNKNOWN if settled.unseen else Status.NOT_APPLICABLE
    return Outcome(item=settled.item, status=status, summary=settled.reason, observation=settled.unseen or nothing(settled.reason))


def _checks(planned: Plan, runs: Sequence[Ran]) -> tuple[CheckRun, ...]:
    """Every enabled check exactly once: what ran, and why the rest did not."""
    rows: dict[str, CheckRun] = {}
    for ran in runs:
        row = _check_run(ran)
        rows[row.id] = _joined(rows[row.id], row) if row.id in rows else row
    for settled in planned.settled:
        rows.setdefault(settled.item.check, CheckRun(id=settled.item.check, ran=False, why_not=settled.reason))
    return tuple(rows[check_id] for check_id in sorted(rows))


def _check_run(ran: Ran) -> CheckRun:
    seen = ran.observation
    if isinstance(seen, Unseen):
        return CheckRun(id=ran.job.check_id, ran=False, why_not=seen.reason, seconds=ran.seconds)
    return CheckRun(id=ran.job.check_id, ran=True, tool=seen.evidence.tool, examined=seen.examined, seconds=ran.seconds)


def _joined(first: CheckRun, second: CheckRun) -> CheckRun:
    """Two runs of one check with other parameters: it ran only if each did."""
    return replace(
        first,
        ran=first.ran and second.ran,
        why_not=first.why_not or second.why_not,
        tool=first.tool or second.tool,
        examined=first.examined + second.examined,
        seconds=first.seconds + second.seconds,
    )


def _subject(world: World) -> Subject:
    history = world.repo.history
    if history is None:
        return Subject(repository=world.name, commit="", base="", dirty=False)
    return Subject(repository=world.name, commit=history.head, base=history.base, dirty=history.dirty, folder=history.prefix.rstrip("/"))


def _limits(planned: Plan, choice: Choice, world: World) -> tuple[str, ...]:
    lines = list(world.limits)
    if choice.is_part:
        chosen = ", ".join((*(f"--only {item}" for item in choice.only), *(f"--domain {domain}" for domain in choice.domains)))
        lines.append(f"a part of the checklist only ({chosen}): {planned.left_out} items were left out")
    return (*lines, *world.repo.notes)


def evidence_of(outcome: Outcome) -> Evidence | None:
    """What the outcome rests on; None when nothing was seen."""
    return outcome.observation.evidence if isinstance(outcome.observation, Measured | Found) else None


def by_id(outcomes: Sequence[Outcome]) -> Mapping[str, Outcome]:
    """Outcomes by the id of their item."""
    return {outcome.item.id: outcome for outcome in outcomes}
