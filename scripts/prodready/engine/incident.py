"""One fault from steady state to steady state: baseline, inject, prove, observe, recovered, cool-down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Outage, Sample, Span, Struck, outage, wider
from prodready.engine.watch import Probe, Watch

STEADY = 15.0
"""Seconds within which a steady state must show."""
PROVE = 10.0
"""Seconds within which a fault must show."""


class Fault(Protocol):
    """A way to disturb. Everything that can fail does so in ``prepare``, before anything is disturbed."""

    @property
    def about(self) -> str:
        """What ``strike`` does, in words: ``kill -9 process 4711 (redis-server)``."""

    @property
    def renews(self) -> bool:
        """Whether whoever answers afterwards must be another one than before."""

    def prepare(self) -> Sequence[Undo]:
        """Finds what will be struck; gives the steps that restore it. Raises CannotTell."""

    def strike(self) -> Struck:
        """Disturbs, and sees that it did. Raises CannotTell."""

    def identity(self) -> str:
        """Who is there now, as the machine tells (a process and its start time); empty where it does not."""


class Rules(Struct, frozen=True, kw_only=True):
    """When steady is steady. Times in seconds."""

    interval: float
    limit: float
    baseline: int = 5
    """Good probes before the fault, all from the same one."""
    good: int = 3
    """Good probes in a row that count as service."""
    cooldown: float = 1.0
    """How long service must hold after them."""
    steady: float = STEADY
    """How long the good probes before the fault may take to come about."""


class Incident(Struct, frozen=True, kw_only=True):
    """What one fault did."""

    fault: str
    struck: float
    """Seconds since the drill began; the other times count from here."""
    proof: str
    before: str
    """Who answered before."""
    after: str
    """Who answers since; empty while nobody does."""
    detected: Span | None
    lasted: Span
    """``high`` is infinite when it did not recover within the limit."""
    probes: tuple[tuple[float, float, bool], ...]
    """Start, end (seconds since the fault) and whether it was good."""
    errors: tuple[str, ...]
    """The different ways in which probes failed."""
    late: str = ""
    """Why the time is known less exactly than to two periods, and which probes were answered late; empty when none was."""


def suffer(ground: Ground, probe: Probe, fault: Fault, rules: Rules, *, host: str) -> Incident:
    """Runs one incident. Raises CannotTell without a steady state before the fault, and when the fault is not proven."""
    steps = fault.prepare()
    with Watch(probe, rules.interval) as watch:
        before = _baseline(watch, rules)
        ground.journal.note("baseline", f"{rules.baseline} good probes{f', answered by {before}' if before else ''}")
        was = fault.identity()
        ground.disturb(fault.about, at=host)
        ground.guard.arm(steps)
        struck = fault.strike()
        ground.journal.note("inject", "done", at=struck.after)
        seen = _observe(ground, watch, struck, before, fault, rules)
        samples = watch.samples
    # A service without an identity of its own has the one of its process.
    late = _late(seen, samples, struck, rules.interval)
    return _incident(ground, fault, struck, seen, samples, before or was, seen.identity or fault.identity(), late)


def _baseline(watch: Watch, rules: Rules) -> str:
    """Who answers the last probes, all alike. Raises CannotTell when that does not come about."""

    def steady(samples: Sequence[Sample]) -> bool:
        last = samples[-rules.baseline :]
        return len(last) == rules.baseline and all(sample.ok for sample in last) and len({sample.identity for sample in last}) == 1

    if not watch.until(steady, time.monotonic() + max(rules.steady, 5 * rules.baseline * rules.interval)):
        wrong = next((sample.detail for sample in reversed(watch.samples) if not sample.ok), "the answers come from changing servers")
        raise CannotTell(f"there was no steady state before the fault: {wrong}", "see that the target is up and reachable with these credentials")
    return watch.samples[-1].identity


def _observe(ground: Ground, watch: Watch, struck: Struck, before: str, fault: Fault, rules: Rules) -> Outage:
    def look(samples: Sequence[Sample]) -> Outage:
        return outage(samples, struck, identity=before, good=rules.good, renews=fault.renews)

    held: list[Outage] = []

    def settled(samples: Sequence[Sample]) -> bool:
        seen = look(samples)
        if seen.recovered and samples[-1].end >= seen.settled + rules.cooldown:
            held.append(seen)  # what comes after the cool-down is no part of it
        return bool(held)

    if not watch.until(lambda samples: bool(look(samples).proof), struck.after + max(min(PROVE, rules.limit), 5 * rules.interval)):
        raise CannotTell(
            f"the fault was not observed: {fault.about}, and yet every probe was answered by the same one",
            "see whether target and fault are the same service, and whether something answers in its place",
        )
    first = look(watch.samples)
    ground.journal.note("observe", first.proof, at=struck.before + (first.detected.high if first.detected else 0.0))
    if not watch.until(lambda samples: look(samples).recovered, struck.before + rules.limit + rules.interval):
        return look(watch.samples)
    watch.until(settled, time.monotonic() + 3 * rules.cooldown + rules.limit)
    return held[0] if held else look(watch.samples)


def _incident(
    ground: Ground, fault: Fault, struck: Struck, seen: Outage, samples: Sequence[Sample], before: str, after: str, late: str
) -> Incident:  # fmt: skip
    lasted = seen.lasted or Span(0.0, 0.0)
    if seen.recovered:
        words = f"service is back after {lasted.low:.3f} to {lasted.high:.3f} s{f', answered by {seen.identity}' if seen.identity else ''}"
        ground.journal.note("recovered", words, at=struck.before + lasted.high)
        if late:
            ground.journal.note("observe", late)
    else:
        lasted = Span(max(lasted.low, samples[-1].end - struck.after if not samples[-1].ok else lasted.low), lasted.high)
        ground.journal.note("observe", f"no service for {lasted.low:.1f} s; nobody waits longer")
    shown = [sample for sample in samples if sample.end > struck.before - 2.0]
    return Incident(
        fault=fault.about, struck=max(0.0, struck.before - ground.journal.origin), proof=seen.proof, before=before, after=after if seen.recovered else "",
        detected=seen.detected, lasted=lasted,
        probes=tuple((round(one.start - struck.before, 4), round(one.end - struck.before, 4), one.ok) for one in shown),
        errors=tuple(dict.fromkeys(ground.journal.masked(one.detail) for one in shown if not one.ok)), late=late,
    )  # fmt: skip


def _late(seen: Outage, samples: Sequence[Sample], struck: Struck, interval: float) -> str:
    words = [wider(seen, samples, struck, interval)]
    if seen.slow:
        words.append(f"{seen.slow} lone probe{'s' if seen.slow > 1 else ''} got no answer in time, while the same one answered before and after")
    return "; ".join(filter(None, words))


def repeat(rounds: int, once: Callable[[], Incident]) -> tuple[Incident, ...]:
    """That many incidents, or up to the first that did not recover: what is down is not struck again."""
    incidents: list[Incident] = []
    for _ in range(rounds):
        incidents.append(once())
        if incidents[-1].lasted.high == float("inf"):
            break
    return tuple(incidents)
