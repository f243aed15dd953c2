"""Take the primary of a database away, time how long until the standby takes writes, and bring the old one back: it must refuse them.

Before, the standby must follow (a row written to the primary is read there) and refuse writes, else nothing would be proven. ``act`` ends the primary, which
must show. ``promote`` is what people or nobody do: leave it empty where a manager decides. Then the rows that the client of the drill had been acknowledged are
counted on the new primary. ``revive`` starts the old one as its machine or supervisor would: during ``settle`` it must not take a single write, since two
primaries are worse than none, and the new one must go on taking them.

A file that uses it:

    drill: failover
    title: The standby takes over within 60 s
    params:
      primary: postgresql://app:$PGPASSWORD@10.0.0.1:5432/app
      standby: postgresql://app:$PGPASSWORD@10.0.0.2:5432/app
      act: [{run: [ssh, db1, systemctl, kill, -s, KILL, postgresql]}]
      promote: [{run: [ssh, db2, pg_ctlcluster, "15", main, promote]}]
      revive: [{run: [ssh, db1, systemctl, start, postgresql], code: [0, 1]}]
"""

from __future__ import annotations

import math
import time

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, timed
from prodready.engine.acts import waited
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.incident import PROVE
from prodready.engine.ledger import Ledger
from prodready.engine.outage import Span, reached
from prodready.engine.procedure import acted, broken, cleaned_up
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Probe, Watch, probed
from prodready.probes import Address, module, parse, plain, token


class Params(Struct, frozen=True, kw_only=True):
    """Who takes over from whom, how, and what it may cost."""

    primary: str
    """The primary: ``postgresql://``; passwords as ``$VARIABLE``."""
    standby: str
    """The one that takes over."""
    act: tuple[Step, ...]
    """What ends the primary."""
    promote: tuple[Step, ...] = ()
    """What promotes the standby; empty where that happens by itself."""
    revive: tuple[Step, ...]
    """What starts the old primary again, as it would start by itself."""
    post: tuple[Step, ...] = ()
    """What cleans up."""
    lose: int = 0
    """How many acknowledged rows may be lost; with asynchronous replication some may."""
    settle: Duration = 10.0
    """How long the old primary is tried after it was started again."""
    limit: Duration = 60.0
    """How long it may take; the drill waits no longer."""
    load: Duration = 3.0
    """How long is written before."""
    rate: float = 50.0
    """Rows a second."""
    interval: Duration = 0.25
    """Time between two probes, and the most that one may take."""

    def __post_init__(self) -> None:
        for target in (self.primary, self.standby):
            if not parse(target, lambda name: name).scheme.startswith("postgres"):
                raise ValueError("failover writes to postgresql://; for anything else write a drill 'timed'")
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        if not self.act or not self.revive:
            raise ValueError("a failover needs steps in 'act' and in 'revive'")
        if not 0.005 <= interval <= limit / 10 or not 0 < self.rate <= 1000 or seconds(self.load, "load") <= 0:
            raise ValueError("interval is at most a tenth of limit, rate 1 to 1000 rows a second")


class _Pair(Struct, frozen=True, kw_only=True):
    """Both servers, and the client."""

    steps: Steps
    params: Params
    primary: Address
    standby: Address
    ledger: Ledger

    def writes(self, address: Address) -> Probe:
        """Writes and reads on that one."""
        return module(address).probe(address)


def perform(ground: Ground, params: Params) -> Drilled:
    """Fails over. Raises CannotTell, ProdreadyError."""
    primary, standby = parse(params.primary, ground.secret), parse(params.standby, ground.secret)
    for host in (primary.host, standby.host, *(step.host for step in (*params.act, *params.promote, *params.revive) if step.host)):
        ground.permit.require(host)
    steps = Steps(ground=ground, word=token())
    with Ledger(primary, 1 / params.rate) as ledger:
        pair = _Pair(steps=steps, params=params, primary=primary, standby=standby, ledger=ledger)
        _follows(pair)
        ground.disturb("; ".join(map(str, params.act)), at=primary.host)
        with cleaned_up(steps, params.post):
            took, wrong = _taken_over(pair)
            lost = ledger.loss(ledger.rows(standby)).lost if math.isfinite(took.high) else 0
            if lost > params.lose:
                wrong.append(f"{lost} of {len(ledger.acknowledged)} acknowledged rows are not on the new primary, {params.lose} may be missing")
            wrong += _two_primaries(pair) if math.isfinite(took.high) else []
            if math.isfinite(took.high):
                ledger.tidy(standby)
                module(standby).tidy(standby)
    words = f"{standby.shown} took over after {took.high:.2f} s, {lost} of {len(ledger.acknowledged)} acknowledged rows lost; the old primary takes no writes"
    for claim in wrong or [words]:
        ground.journal.note("observe", claim)
    facts: dict[str, object] = {"acknowledged": len(ledger.acknowledged), "lost": lost, "took_over_seconds": took.plain}
    return timed(ground, took, broken(wrong), told=words, facts=facts)


def _follows(pair: _Pair) -> None:
    """The standby is one. Raises CannotTell."""
    time.sleep(seconds(pair.params.load))
    written = len(pair.ledger.acknowledged)
    if written < 2 or not probed(pair.writes(pair.primary), 10.0).ok:
        raise CannotTell(f"the primary acknowledged {written} rows", "see that it takes writes")
    if probed(pair.writes(pair.standby), 10.0).ok:
        raise CannotTell(f"{pair.standby.shown} takes writes already, so it is no standby", "name the server that follows the primary")
    if not waited(lambda: written in pair.ledger.rows(pair.standby), 15.0):
        raise CannotTell(f"{pair.standby.shown} does not follow: row {written} did not come within 15 s", "mend the replication first")
    pair.steps.ground.journal.note("baseline", f"{written} rows acknowledged; the standby follows and takes no writes")


def _taken_over(pair: _Pair) -> tuple[Span, list[str]]:
    """How long until the standby took writes. Raises CannotTell when the primary did not end."""
    params, interval, limit = pair.params, seconds(pair.params.interval), seconds(pair.params.limit)
    with Watch(pair.writes(pair.standby), interval) as watch:
        begin = time.monotonic()
        if wrong := acted(pair.steps, params.act):
            raise CannotTell(f"the primary was not ended: {wrong[0]}", "mend 'act'")
        pair.ledger.stop()
        if not waited(lambda: not probed(pair.writes(pair.primary), 5.0).ok, min(PROVE, limit)):
            raise CannotTell(f"the fault was not observed: {pair.primary.shown} still takes writes", "see whether 'act' and 'primary' mean the same server")
        pair.steps.ground.journal.note("inject", "done: the primary does not answer any more")
        wrong = acted(pair.steps, params.promote)
        watch.until(lambda samples: reached(samples, begin, times=3) is not None, begin + (0.0 if wrong else limit + interval))
        return reached(watch.samples, begin, times=3) or Span(time.monotonic() - begin, math.inf), wrong


def _two_primaries(pair: _Pair) -> list[str]:
    """What the old primary does once it is back."""
    settle = seconds(pair.params.settle)
    with Watch(pair.writes(pair.primary), seconds(pair.params.interval)) as old:
        if wrong := acted(pair.steps, pair.params.revive):
            return [f"the old primary could not be tried: {wrong[0]}"]
        if old.until(lambda samples: any(sample.ok for sample in samples), time.monotonic() + settle):
            return ["two primaries: the old one is back and takes writes"]
        pair.steps.ground.journal.note("observe", f"the old primary takes no writes: {old.samples[-1].detail}")
    last = probed(pair.writes(pair.standby), 10.0)
    return [] if last.ok else [f"with the old primary back the new one takes no writes any more: {last.detail}"]


DRILL = Drill(
    params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: plain(params.primary)
)  # fmt: skip
