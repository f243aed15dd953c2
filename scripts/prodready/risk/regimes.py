"""Whether an engine calls a market what it was: calm through a calm year, stormy through a crash, and soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256

from msgspec import Struct, to_builtins

from prodready.check import CannotTell
from prodready.model import Finding, Severity
from prodready.names import counted
from prodready.risk.protocol import Engine
from prodready.risk.replay import Day, Plan, Run
from prodready.risk.result import Result
from prodready.risk.scenario import Scenario


class Seen(Struct, frozen=True, kw_only=True):
    """What the engine called a window."""

    scenario: str
    wanted: str
    """The engine's own word for what the window is."""
    delay: int | None
    """Sessions until it first said so; None when it never did."""
    share: float
    """Of the sessions from then on that it called so."""
    sessions: int


def watched(engine: Engine, markets: Sequence[Scenario], words: Mapping[str, str], *, share: float, delay: int) -> Result:
    """Replays each market for an account that holds nothing. ``words`` are the engine's own for calm and storm. Raises CannotTell."""
    wrong: list[Finding] = []
    told: list[Seen] = []
    for market in markets:
        engine.fresh()
        days = tuple(Run(plan=Plan(scenario=market, capital=Decimal(1_000_000), positions={}, limits={}), engine=engine).days())
        told.append(seen(market, days, words[market.regime]))
        wrong += judged(told[-1], share=share, delay=delay)
    notes = tuple(f"{one.scenario}: {one.wanted} after {one.delay} sessions, then on {one.share:.0%} of them" for one in told if one.delay is not None)
    total = sum(one.sessions for one in told)
    source = f"{counted(total, 'session')} of {', '.join(one.scenario for one in told)}"
    digest = sha256("".join(market.sha256 for market in markets).encode()).hexdigest()
    return Result(examined=total, source=source, findings=tuple(wrong), notes=notes, facts={"windows": [to_builtins(one) for one in told]}, sha256=digest)


def seen(scenario: Scenario, days: Sequence[Day], wanted: str) -> Seen:
    """Its words between the window's ``from`` and ``to``. Raises CannotTell when it says none."""
    labelled = [day.reply.regime for day in days if scenario.start <= day.time <= scenario.end]
    if not any(labelled):
        raise CannotTell(f"the engine named no regime in {scenario.name}", "answer regime: NAME to each mark")
    delay = next((at for at, word in enumerate(labelled) if word == wanted), None)
    later = labelled[delay:] if delay is not None else labelled
    return Seen(scenario=scenario.name, wanted=wanted, delay=delay, share=later.count(wanted) / len(later), sessions=len(labelled))


def judged(of: Seen, *, share: float, delay: int) -> Iterator[Finding]:
    """What is wrong with it."""
    if of.delay is None:
        yield _finding("regime-missed", of, f"never called it {of.wanted} in {of.sessions} sessions")
    elif of.delay > delay:
        yield _finding("regime-late", of, f"called it {of.wanted} after {of.delay} sessions, {delay} may pass")
    if of.delay is not None and of.share < share:
        yield _finding("regime-unsteady", of, f"called it {of.wanted} on {of.share:.0%} of the sessions from then on, {share:.0%} are wanted")


def _finding(rule: str, of: Seen, message: str) -> Finding:
    fix = "look at the window and the thresholds of the detector: limits follow the regime"
    return Finding(rule=rule, message=f"{of.scenario}: the engine {message}", severity=Severity.HIGH, fix=fix, anchor=f"{rule} {of.scenario}")
