"""A procedure, timed from its first act until a condition holds that did not hold before, while users are watched."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drilled, claim, timed
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Sample, Span, reached
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Probe, Watch, probed
from prodready.model import Finding

FIRST = 60.0
"""Seconds that the first look may take."""


class Procedure(Struct, frozen=True, kw_only=True):
    """What is done, and what must come of it. Times in seconds."""

    target: str
    """What is disturbed, in a word or two: the history goes by it."""
    acts: Sequence[Step]
    until: Probe
    """Raises Down while the condition does not hold."""
    limit: float
    interval: float
    times: int = 3
    """How often in a row the condition must hold."""
    meanwhile: Sequence[Step] = ()
    """What users need all the time."""
    budget: int = 0
    """How often that may fail."""
    pre: Sequence[Step] = ()
    """Controls that must hold before."""
    post: Sequence[Step] = ()
    """What cleans up."""
    claims: Callable[[], Iterable[str]] = tuple
    """What does not hold afterwards, in words."""


class _Seen(Struct, frozen=True, kw_only=True):
    """What the looks say."""

    took: Span
    failures: tuple[Sample, ...]
    """Of ``meanwhile``."""
    wrong: tuple[str, ...]
    """Acts and claims that failed."""


def carry_out(steps: Steps, told: Procedure) -> Drilled:
    """Acts and times. A claim that does not hold makes it endless. Raises CannotTell when a control failed, ProdreadyError when it is not allowed."""
    ground = steps.ground
    _controls(steps, told)
    for step in told.acts:
        ground.permit.require(step.host or told.target, here=not step.host)
    ground.disturb("; ".join(map(str, told.acts)), at=told.acts[0].host or told.target, here=not told.acts[0].host)
    with cleaned_up(steps, told.post):
        seen = _timed(steps, told)
    return _drilled(ground, told, seen)


@contextmanager
def cleaned_up(steps: Steps, post: Sequence[Step]) -> Iterator[None]:
    """Takes the steps at the end; programs among them also when the drill is killed."""
    steps.ground.guard.arm([Undo(what=str(step), argv=tuple(map(steps.filled, step.run))) for step in reversed(post) if step.run])
    try:
        yield
    finally:
        for step in post:
            if not step.run:
                steps.ground.journal.note("restore", f"{step}: {steps.wrong(step) or 'done'}")


def _controls(steps: Steps, told: Procedure) -> None:
    """Raises CannotTell when a control does not hold, or the condition does already."""
    for step in told.pre:
        if wrong := steps.wrong(step):
            raise CannotTell(f"a control before the act does not hold: {step}: {wrong}", "mend the control, or bring the system into the state it tells of")
    if probed(told.until, told.interval).ok:
        raise CannotTell("the condition held before anything was done, so the act would have proven nothing", "mend 'until', or undo the last drill")
    steps.ground.journal.note("baseline", f"{len(told.pre)} controls hold, and the condition does not yet")


def _timed(steps: Steps, told: Procedure) -> _Seen:
    def serves(timeout: float) -> str:
        steps.all_hold(told.meanwhile)
        return ""

    with ExitStack() as watches:
        condition = watches.enter_context(Watch(told.until, told.interval))
        users = watches.enter_context(Watch(serves, told.interval)) if told.meanwhile else None
        if not condition.until(bool, time.monotonic() + FIRST) or (users and not users.until(bool, time.monotonic() + FIRST)):
            raise CannotTell("the first look did not end", "see why the steps of 'until' and 'meanwhile' take so long")
        if users and not users.samples[0].ok:
            raise CannotTell(f"what users need did not work before anything was done: {users.samples[0].detail}", "mend 'meanwhile', or the service")
        begin = time.monotonic()
        wrong = acted(steps, told.acts)
        patience = 0.0 if wrong else told.limit + told.interval  # what an act that failed might still bring about is no success
        condition.until(lambda samples: reached(samples, begin, times=told.times) is not None, begin + patience)
        took = reached(condition.samples, begin, times=told.times) or Span(time.monotonic() - begin, math.inf)
        words = wrong[0] if wrong else "the condition holds" if math.isfinite(took.high) else f"not within {told.limit:g} s: {condition.samples[-1].detail}"
        steps.ground.journal.note("observe", words)
        claims = () if wrong else tuple(told.claims())
        failures = tuple(sample for sample in users.samples if not sample.ok) if users else ()
    return _Seen(took=took, failures=failures, wrong=(*wrong, *(f"afterwards {words}" for words in claims)))


def acted(steps: Steps, acts: Sequence[Step]) -> list[str]:
    """Acts up to the first that fails; what failed. Raises CannotTell."""
    for step in acts:
        if wrong := steps.wrong(step):
            return [f"the act itself failed: {step}: {wrong}"]
    return []


def _drilled(ground: Ground, told: Procedure, seen: _Seen) -> Drilled:
    wrong = list(seen.wrong)
    if len(seen.failures) > told.budget:
        wrong.append(f"users noticed: {len(seen.failures)} of their requests failed, {told.budget} may ({seen.failures[0].detail})")
    took = seen.took.outward
    words = f"{told.target}, known to {took.width:.2g} s" if math.isfinite(took.high) else f"{told.target}: the condition never held"
    return timed(ground, took, broken(wrong), told=words, facts={"failed_meanwhile": len(seen.failures)})


def broken(wrong: Iterable[str]) -> list[Finding]:
    """The claims of a procedure that do not hold, each a finding."""
    return [claim("drill-claim", words, "mend the procedure, then repeat the drill") for words in wrong]
