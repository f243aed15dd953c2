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

from msgspec import Struct

from prodready.drill import Drill, Drilled
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.procedure import Procedure, carry_out
from prodready.engine.steps import Step, Steps
from prodready.probes import token


class Params(Struct, frozen=True, kw_only=True):
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


def perform(ground: Ground, params: Params) -> Drilled:
    """Acts and times. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    interval = seconds(params.interval)

    def holds(timeout: float) -> str:
        steps.all_hold(params.until)
        return ""

    def claims() -> list[str]:
        return [f"{step}: {told}" for step in params.assert_ if (told := steps.wrong_within(step, interval))]

    told = Procedure(
        target=params.target, acts=params.act, until=holds, limit=seconds(params.limit), interval=interval, times=params.times,
        meanwhile=params.meanwhile, budget=params.budget, pre=params.pre, post=params.post, claims=claims,
    )  # fmt: skip
    return carry_out(steps, told)


DRILL = Drill(params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s")
