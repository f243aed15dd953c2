"""Do something, and time how long until a condition holds: the drill that a team writes itself, in ten lines of YAML.

``pre`` are controls that must hold before anything is done, else nothing was proven. ``until`` must **not** hold before ``act`` and must hold
afterwards, ``times`` in a row; it is asked at a fixed rate from before the act on. ``meanwhile`` is asked all the time, and may fail ``budget``
times: what users notice. ``assert`` are claims about the time after. ``post`` cleans up, always, also when the drill itself is killed (its
programs). The measure is the time from the first act to the first of the good answers; an act or a claim that fails makes it endless.

A file that uses it:

    drill: timed
    title: A rollback is served by every replica in under 30 s
    params:
      target: desk on staging
      pre: [{get: "http://localhost:8080/version", matches: '2[.]4[.]0'}]
      act: [{run: [git, tag, -f, prod-rollback, v2.3.9]}, {run: [docker, stack, deploy, -c, rollback.yml, desk], timeout: 60 s}]
      until: [{run: [./replicas-serve, v2.3.9]}]
      meanwhile: [{get: "http://localhost:8080/health"}]
      assert: [{get: "http://localhost:8080/orders", status: [200]}]
      limit: 30 s
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Sample, Span, reached
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Watch
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.probes import token


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What is done, and what must come of it."""

    target: str
    """What is disturbed, in a word or two: the history goes by it."""
    act: tuple[Step, ...]
    """What is done, one step after the other."""
    until: tuple[Step, ...]
    """What must hold in the end and must not hold before."""
    pre: tuple[Step, ...] = ()
    """Controls that must hold before."""
    assert_: tuple[Step, ...] = ()
    """Claims about the time after; each is given its own ``within`` to come true."""
    post: tuple[Step, ...] = ()
    """What cleans up."""
    meanwhile: tuple[Step, ...] = ()
    """What users need all the time."""
    budget: int = 0
    """How often ``meanwhile`` may fail."""
    times: int = 3
    """How often in a row ``until`` must hold."""
    limit: Duration = 60.0
    """How long it may take; the drill waits no longer."""
    interval: Duration = 0.25
    """Time between two looks."""

    def __post_init__(self) -> None:
        if not self.act or not self.until:
            raise ValueError("a timed drill needs steps in 'act' and in 'until'")
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        if not 0.005 <= interval <= limit / 10:
            raise ValueError(f"interval {interval:g} s does not fit limit {limit:g} s: take at most a tenth of it")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the looks say."""

    took: Span
    failures: tuple[Sample, ...]
    """Of ``meanwhile``."""
    wrong: tuple[str, ...]
    """Acts and claims that failed."""


def perform(ground: Ground, params: Params) -> Drilled:
    """Acts and times. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    _controls(steps, params)
    for step in params.act:
        ground.permit.require(step.host or params.target, here=not step.host)
    ground.disturb("; ".join(map(str, params.act)), at=params.act[0].host or params.target, here=not params.act[0].host)
    ground.guard.arm(
        [Undo(what=str(step), argv=tuple(map(steps.filled, step.run))) for step in reversed(params.post) if step.run]
    )  # fmt: skip
    try:
        seen = _timed(steps, params)
    finally:
        for step in params.post:
            if not step.run:
                ground.journal.note("restore", f"{step}: {steps.wrong(step) or 'done'}")
    return _drilled(ground, params, seen)


def _controls(steps: Steps, params: Params) -> None:
    """Raises CannotTell when a control does not hold, or the condition does already."""
    for step in params.pre:
        if wrong := steps.wrong(step):
            raise CannotTell(f"a control before the act does not hold: {step}: {wrong}", "mend the control, or bring the system into the state it tells of")
    if not any(steps.wrong(step) for step in params.until):
        raise CannotTell("the condition held before anything was done, so the act would have proven nothing", "mend 'until', or undo the last drill")
    steps.ground.journal.note("baseline", f"{len(params.pre)} controls hold, and the condition does not yet")


def _timed(steps: Steps, params: Params) -> _Seen:
    def holds(timeout: float) -> str:
        steps.all_hold(params.until)
        return ""

    def serves(timeout: float) -> str:
        steps.all_hold(params.meanwhile)
        return ""

    interval, limit = seconds(params.interval), seconds(params.limit)
    with ExitStack() as watches:
        condition = watches.enter_context(Watch(holds, interval))
        users = watches.enter_context(Watch(serves, interval)) if params.meanwhile else None
        if not condition.until(bool, time.monotonic() + 60) or (users and not users.until(bool, time.monotonic() + 60)):
            raise CannotTell("the first look did not end", "see why the steps of 'until' and 'meanwhile' take so long")
        if users and not users.samples[0].ok:
            raise CannotTell(f"what users need did not work before anything was done: {users.samples[0].detail}", "mend 'meanwhile', or the service")
        begin = time.monotonic()
        wrong = _acted(steps, params.act)
        condition.until(lambda samples: reached(samples, begin, times=params.times) is not None, begin + limit + interval)
        took = reached(condition.samples, begin, times=params.times) or Span(time.monotonic() - begin, math.inf)
        steps.ground.journal.note("observe", "the condition holds" if math.isfinite(took.high) else f"not within {limit:g} s: {condition.samples[-1].detail}")
        claims = [] if wrong else [f"{step}: {told}" for step in params.assert_ if (told := steps.wrong_within(step, interval))]
        failures = tuple(sample for sample in users.samples if not sample.ok) if users else ()
    return _Seen(took=took, failures=failures, wrong=(*wrong, *(f"afterwards {claim}" for claim in claims)))


def _acted(steps: Steps, acts: Sequence[Step]) -> list[str]:
    """Acts up to the first that fails; what failed."""
    for step in acts:
        if wrong := steps.wrong(step):
            return [f"the act itself failed: {step}: {wrong}"]
    return []


def _drilled(ground: Ground, params: Params, seen: _Seen) -> Drilled:
    wrong = list(seen.wrong)
    if len(seen.failures) > params.budget:
        wrong.append(f"users noticed: {len(seen.failures)} of their requests failed, {params.budget} may ({seen.failures[0].detail})")
    took = (Span(seen.took.low, math.inf) if wrong else seen.took).outward
    told = f"{params.target}, known to {took.width:.2g} s" if math.isfinite(took.high) else f"{params.target}: the condition never held"
    source = wrong[0] if wrong else told
    measured = Measured(
        value=took.high, unit="s", evidence=Evidence(source=ground.journal.masked(source), collected=ground.journal.begun),
        findings=tuple(_finding(ground.journal.masked(words)) for words in wrong),
    )  # fmt: skip
    return Drilled(seen=measured, target=params.target, interval=took, facts={"failed_meanwhile": len(seen.failures)})


def _finding(words: str) -> Finding:
    return Finding(rule="drill-claim", message=words, severity=Severity.HIGH, fix="mend the procedure, then repeat the drill")


DRILL = Drill(params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s")
