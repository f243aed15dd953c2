"""One step of a launch: what is done and what must hold at its time. 'prodready launch' takes the steps one after the other.

A step is looked at from its time on, and not later than ``late`` after it: what was healthy at T+3h says nothing about T+5min, and a step that was
missed is unknown. Before the first step acts, everything in ``go`` must hold, or it is a no-go and nothing is done. Claims are steps as in a timed
drill, each with its own ``within``; ``checks`` are checks of prodready with their bounds. Whatever does not hold stops the launch and names the
command that rolls back.

A file that uses it:

    drill: launch
    title: Verify all services healthy
    params:
      launch: desk 2.4.0
      at: T+5min
      began: "2026-11-25T10:00:00Z"
      claims: [{get: "http://localhost:8080/health"}]
      checks: [{check: prometheus_targets, params: {url: "http://localhost:9090"}}]
      rollback: docker stack deploy -c rollback.yml desk
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct, field

from prodready import check as checks
from prodready import expectation, launching
from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, judged
from prodready.engine.duration import seconds
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.judge import judge
from prodready.launching import Asked, utc
from prodready.model import Item, Status
from prodready.plan import Job, bind
from prodready.probes import token
from prodready.run import guarded


class Params(Struct, frozen=True, kw_only=True):
    """A step of the timeline."""

    launch: str
    """Which launch: its name and when it began."""
    at: str
    """When: ``T-0``, ``T+5min``, ``T+24h``, ``T+7d``."""
    began: str = ""
    """When T-0 was, in UTC; empty for T-0 itself."""
    go: tuple[Step, ...] = ()
    """What must hold before anything is done."""
    act: tuple[Step, ...] = ()
    """What is done."""
    claims: tuple[Step, ...] = ()
    """What must hold then."""
    checks: tuple[Asked, ...] = ()
    """Checks that must pass."""
    review: bool = False
    """Whether it may be looked at however late: people are waited for."""
    file: str = ""
    """sha256 of the timeline that it comes from."""
    late: str = ""
    """How late it may be looked at; empty takes a quarter of the time since T-0, at least 15 minutes."""
    rollback: str = ""
    """The command that people are told when it does not hold."""
    by: str = ""
    """Who started it."""
    decision: Literal["", "go-on", "abort"] = ""
    """What people decided about the step, instead of taking it."""
    reason: str = ""
    """Why."""

    def __post_init__(self) -> None:
        launching.offset(self.at)
        if self.late:
            seconds(self.late, "late")
        for asked in self.checks:
            if asked.check not in checks.known():
                raise ValueError(f"there is no check {asked.check!r}: 'prodready list checks'")
            if asked.expect:
                expectation.parse(asked.expect)
        if not (self.act or self.claims or self.checks or self.decision):
            raise ValueError(f"the step {self.at} neither does nor claims anything")


def perform(ground: Ground, params: Params) -> Drilled:
    """Takes the step. Raises CannotTell, ProdreadyError."""
    history = ground.world.repo.history
    facts: dict[str, object] = {"launch": params.launch, "by": params.by, "commit": history.head if history else ""}
    if params.decision:
        ground.journal.note("note", f"{params.by or 'somebody'} decides: {params.decision}: {params.reason}")
        return judged(ground, (), examined=1, told=f"{params.decision}: {params.reason}", facts=facts)
    _in_time(ground, params)
    seen = _Seen(steps=Steps(ground=ground, word=token()), params=params)
    seen.take()
    back = f"; roll back: {params.rollback}" if params.rollback else ""
    claims = [claim("launch-step", ground.journal.masked(f"{words}{back}"), "roll back, or mend it and repeat the step") for words in seen.wrong]
    examined = len(params.go) + len(params.act) + len(params.claims) + len(params.checks)
    return judged(ground, claims, gaps=seen.gaps, examined=examined, told=f"{params.launch} at {params.at}", facts=facts)


def _in_time(ground: Ground, params: Params) -> None:
    """Raises CannotTell when it is not due yet, or not any more."""
    if not params.began or params.review:
        return
    due = datetime.fromisoformat(params.began) + timedelta(seconds=launching.offset(params.at))
    now, late = ground.journal.begun, launching.late(params.at, params.late)
    if now < due:
        raise CannotTell(f"{params.at} is not due before {utc(due)}", "let 'prodready launch' take the steps")
    if now > due + timedelta(seconds=late):
        raise CannotTell(f"{params.at} was due at {utc(due)} and was not looked at within {late / 60:g} min", "run the launch more often, or with --wait")


class _Seen(Struct, frozen=True, kw_only=True):
    """Takes a step, and keeps what does not hold and what cannot be told."""

    steps: Steps
    params: Params
    wrong: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def take(self) -> None:
        """Nothing is done after a no-go, and nothing is claimed after an act that failed. Raises CannotTell, ProdreadyError."""
        self.hold(self.params.go, "no-go, nothing was done")
        if self.wrong or not self.acted():
            return
        self.hold(self.params.claims, self.params.at)
        for asked in self.params.checks:
            self.judge(asked)

    def hold(self, claims: Sequence[Step], what: str) -> None:
        self.wrong.extend(f"{what}: {step}: {wrong}" for step in claims if (wrong := self.steps.wrong_within(step, 1.0)))

    def acted(self) -> bool:
        """Acts up to the first that fails; whether none did."""
        for step in self.params.act:
            name = self.params.launch.rpartition(" ")[0]
            self.steps.ground.disturb(str(step), at=step.host or name, here=not step.host)
            if wrong := self.steps.wrong(step):
                self.wrong.append(f"{self.params.at}: {step}: {wrong}")
                return False
        return True

    def judge(self, asked: Asked) -> None:
        ground, found = self.steps.ground, checks.load(asked.check)
        expect = expectation.parse(asked.expect) if asked.expect else None
        item = Item(id=asked.check, title=asked.check, check=asked.check, params=asked.params, expect=expect)
        job = Job(check_id=asked.check, check=found, params=bind(asked.check, asked.params, where=f"{self.params.at} {asked.check}"), items=(item,))
        seen = guarded(lambda job: job.check.observe(ground.world, job.params), job)
        outcome = judge(item, seen, usual=expectation.parse(found.usual(job.params)), now=ground.journal.begun)
        ground.journal.note("observe", f"{asked.check} {outcome.status}: {outcome.summary}")
        if outcome.status is not Status.PASSED:
            (self.wrong if outcome.status is Status.FAILED else self.gaps).append(f"{self.params.at}: {asked.check}: {outcome.summary}")


def _target(params: Params) -> str:
    return f"{params.at} {params.decision}".strip()


DRILL = Drill(params=Params, perform=perform, expect="no findings", target=_target)
