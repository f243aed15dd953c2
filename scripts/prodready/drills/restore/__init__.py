"""Lose a database on purpose and restore it, timed; and count what of the acknowledged writes did not come back.

A client of the drill writes numbered rows and keeps when each was acknowledged. Then ``destroy`` is done, which must show: the database does not answer
any more, else nothing was proven. ``restore`` is the procedure of the runbook. The time to recover (RTO) lasts from the disaster until the restored one is
written to and read again. What is lost (RPO) is the time from the last acknowledged row that came back, before the first that did not, to the last of all: only
the client can know it. More than ``rpo``, or a step of ``verify`` that does not hold, and the restoration has not succeeded. Write (``load``) for longer than
the archive takes, or nothing can have come back.

A file that uses it:

    drill: restore
    title: RTO below 1 h and RPO below 15 min
    params:
      target: postgresql://app:$PGPASSWORD@localhost:5432/app
      destroy: [{run: [./destroy-staging.sh]}]
      restore: [{run: [./restore-latest.sh], timeout: 1 h}]
      verify: [{get: "http://localhost:8080/orders/count", matches: '[1-9]'}]
      limit: 1 h
      rpo: 15 min
      load: 2 min
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, timed
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.incident import PROVE
from prodready.engine.ledger import Ledger, Loss
from prodready.engine.outage import Sample, Span, Struck, outage
from prodready.engine.procedure import acted, broken, cleaned_up
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Down, Watch
from prodready.probes import Address, module, parse, token


class Params(Struct, frozen=True, kw_only=True):
    """What is lost, how it comes back, and what that may cost."""

    target: str
    """The database, as its clients reach it: ``postgresql://``; passwords as ``$VARIABLE``."""
    destroy: tuple[Step, ...]
    """The disaster."""
    restore: tuple[Step, ...]
    """The procedure that restores. It is also run when the drill is killed between disaster and restoration."""
    restored: str = ""
    """Where the restored one is reached; empty for the same address."""
    verify: tuple[Step, ...] = ()
    """What must hold of it: counts, checksums, a request that users make."""
    post: tuple[Step, ...] = ()
    """What cleans up."""
    rpo: Duration = 900.0
    """How much may be lost, in time."""
    limit: Duration = 3600.0
    """How long it may take (RTO); the drill waits no longer."""
    load: Duration = 10.0
    """How long is written before the disaster: longer than the archive takes."""
    rate: float = 50.0
    """Rows a second."""
    interval: Duration = 0.5
    """Time between two probes, and the most that one may take."""

    def __post_init__(self) -> None:
        for target in filter(None, (self.target, self.restored)):
            if not parse(target, lambda name: name).scheme.startswith("postgres"):
                raise ValueError("restore writes to postgresql://; for anything else write a drill 'timed'")
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        if not self.destroy or not self.restore:
            raise ValueError("a restoration needs steps in 'destroy' and in 'restore'")
        if not 0.005 <= interval <= limit / 10 or not 0 < self.rate <= 1000 or seconds(self.load, "load") < 1 or seconds(self.rpo, "rpo") < 0:
            raise ValueError("interval is at most a tenth of limit, rate 1 to 1000 rows a second, load at least a second")


def perform(ground: Ground, params: Params) -> Drilled:
    """Destroys, restores, counts. Raises CannotTell, ProdreadyError."""
    address = parse(params.target, ground.secret)
    steps = Steps(ground=ground, word=token())
    ground.permit.require(address.host)
    for step in (*params.destroy, *params.restore):
        ground.permit.require(step.host or address.host)
    restored = parse(params.restored, ground.secret) if params.restored else address
    with Ledger(address, 1 / params.rate) as ledger:
        took, wrong = _recovered(ground, steps, params, ledger, restored)
        loss = Loss(len(ledger.acknowledged), 0, 0.0, all_lost=False)
        if math.isfinite(took.high):
            loss = ledger.loss(ledger.rows(restored))
            wrong += _lost(loss, seconds(params.rpo))
            wrong += [f"afterwards {step}: {told}" for step in params.verify if (told := steps.wrong_within(step, seconds(params.interval)))]
            ledger.tidy(restored)
            module(restored).tidy(restored)
    words = f"{address.shown}: restored after {took.high:.1f} s; {loss.lost} of {loss.acknowledged} acknowledged rows lost, {loss.seconds:.2f} s of them"
    facts = {"acknowledged": loss.acknowledged, "lost": loss.lost, "lost_seconds": round(loss.seconds, 3), "recovery_seconds": took.plain}
    for claim in wrong or [words]:
        ground.journal.note("recovered" if not wrong else "observe", claim)
    return timed(ground, took, broken(wrong), told=words, facts=facts)


def _recovered(ground: Ground, steps: Steps, params: Params, ledger: Ledger, restored: Address) -> tuple[Span, list[str]]:
    """How long it took, and which act failed. Raises CannotTell when the disaster was none."""
    interval, limit = seconds(params.interval), seconds(params.limit)
    before = _steady(ground, params, ledger)
    ground.disturb("; ".join(map(str, params.destroy)), at=ledger.address.host)
    undone = [Undo(what=str(step), argv=tuple(map(steps.filled, step.run)), if_down=True) for step in reversed(params.restore) if step.run]
    with cleaned_up(steps, params.post), Watch(module(restored).probe(restored), interval) as watch:
        ground.guard.arm(undone)
        try:
            struck = _destroyed(steps, params, ledger)
        finally:
            ground.guard.disarm()  # from here on the drill restores by itself, and only what was lost
        wrong = acted(steps, params.restore)
        watch.until(lambda samples: _back(samples, struck, before) is not None, struck.before + (0.0 if wrong else limit + interval))
        took = _back(watch.samples, struck, before) or Span(time.monotonic() - struck.after, math.inf)
        detail = watch.samples[-1].detail
    if math.isinf(took.high) and not wrong:
        ground.journal.note("observe", f"not restored within {limit:g} s: {detail}")
    return took, wrong


def _steady(ground: Ground, params: Params, ledger: Ledger) -> str:
    """Who answers before. Raises CannotTell when the load does not come about."""
    load, wanted = seconds(params.load), seconds(params.load) * params.rate / 4
    time.sleep(load)
    if len(ledger.acknowledged) < max(2, wanted) or time.monotonic() - ledger.acknowledged[-1] > 5:
        raise CannotTell(f"only {len(ledger.acknowledged)} rows were acknowledged in {load:g} s", "see that the database takes writes, or lower 'rate'")
    ground.journal.note("baseline", f"{len(ledger.acknowledged)} rows acknowledged in {load:g} s")
    return module(ledger.address).probe(ledger.address)(10.0)


def _destroyed(steps: Steps, params: Params, ledger: Ledger) -> Struck:
    """The disaster. Raises CannotTell when it failed, and when the database survived it."""
    begin = time.monotonic()
    if wrong := acted(steps, params.destroy):
        raise CannotTell(f"the disaster did not come about: {wrong[0]}", "mend 'destroy'")
    struck = Struck(before=begin, after=time.monotonic())
    ledger.stop()
    end = time.monotonic() + min(PROVE, seconds(params.limit))
    with contextlib.suppress(Down, OSError, EOFError):
        while time.monotonic() < end:
            module(ledger.address).probe(ledger.address)(5.0)
            time.sleep(0.05)
        raise CannotTell(f"the fault was not observed: {ledger.address.shown} still answers", "see whether 'destroy' and 'target' mean the same database")
    steps.ground.journal.note("inject", "done: it does not answer any more", at=struck.after)
    return struck


def _back(samples: Sequence[Sample], struck: Struck, before: str) -> Span | None:
    seen = outage(samples, struck, identity=before, good=3, renews=True)
    return seen.lasted if seen.recovered else None


def _lost(loss: Loss, rpo: float) -> Iterator[str]:
    """What is wrong about the loss. Raises CannotTell when nobody can say how long it is."""
    if loss.seconds > rpo:
        more = " or more" if loss.all_lost else ""
        yield f"{loss.lost} of {loss.acknowledged} acknowledged rows did not come back: {loss.seconds:.2f} s of writes{more}, {rpo:g} s may"
    elif loss.all_lost:
        raise CannotTell(
            f"not one of {loss.acknowledged} rows came back, so more than {loss.seconds:.1f} s is lost, and nobody can say how much more",
            "let 'load' be longer than your archive takes, or see whether it works at all",
        )


DRILL = Drill(params=Params, perform=perform, expect="<= 1 h", bound=lambda params: f"<= {seconds(params.limit):g} s")
