"""Whether an engine sells everything when value at risk passes its limit in a crash, in time and for good, and leaves a calm market alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.model import Finding, Severity
from prodready.names import counted
from prodready.risk.forecast import METHODS, Definition, Forecasts, forecasts
from prodready.risk.protocol import Engine
from prodready.risk.replay import Day, Plan, Run
from prodready.risk.result import Result
from prodready.risk.scenario import Scenario
from prodready.risk.verdict import Expected, findings, fired_on

CAPITAL = Decimal(1_000_000)


class Rules(Struct, frozen=True, kw_only=True):
    """What must hold."""

    limit: float
    """Share of equity that value at risk may not pass."""
    definition: Definition
    tolerance: float
    """How far the engine's figure may be from ours, as a share of it: quantiles have nine definitions."""
    delay: int
    """Sessions that may pass from the breach until everything is sold."""
    within: float
    """Seconds from the prices of the breach to the engine's last word."""
    exposure: float
    """Part of the capital that is invested when the replay begins."""
    fill: float
    """Part of an order that the broker fills at once."""
    restart: bool

    @property
    def told(self) -> dict[str, Any]:
        """The limit as the engine is told."""
        of = self.definition
        return {"var": {"limit": self.limit, "method": of.method, "confidence": of.confidence, "window": of.window, "horizon": "1 session"}}


class Replayed(Struct, frozen=True, kw_only=True):
    """One scenario, what our figures say of it, and what the engine did."""

    scenario: Scenario
    ours: Forecasts
    days: tuple[Day, ...]
    expected: Expected
    restarted: bool | None
    limit: float


def liquidation(engine: Engine, scenarios: Sequence[Scenario], rules: Rules) -> Result:
    """Replays each scenario into an engine that knows nothing of the one before. Raises CannotTell."""
    replays, gaps = [], []
    for scenario in scenarios:
        held = _positions(scenario, rules)
        ours = forecasts(scenario, held, CAPITAL, rules.definition)
        expected = _expected(scenario, ours, rules)
        if isinstance(expected, str):
            gaps.append(expected)
            continue
        replays.append(_replayed(engine, scenario, held, ours, expected, rules))
    for must, words in ((True, "in which the limit is passed"), (False, "in which it is not")):
        if not any((one.expected.latest is not None) is must for one in replays):
            gaps.append(f"no market {words} was replayed: add one, so that the drill can go both ways")
    return _result(replays, gaps, rules)


def _positions(scenario: Scenario, rules: Rules) -> dict[str, Decimal]:
    """Whole units of each symbol for an equal part of what is invested. Raises CannotTell."""
    each = CAPITAL * Decimal(str(rules.exposure)) / len(scenario.prices)
    held = {symbol: each // price for symbol, price in scenario.at(scenario.first - 1).items()}
    if not all(held.values()):
        raise CannotTell(f"{scenario.name}: a price is above {each}, what can be invested in it", "give prices of single units")
    return held


def _expected(scenario: Scenario, ours: Forecasts, rules: Rules) -> Expected | str:
    """When the engine must stop; or, in words, why the scenario can show nothing. Near the limit two right figures may fall on either side."""
    method, limit, room = rules.definition.method, rules.limit, rules.tolerance
    possible, certain = ours.first_above(method, limit * (1 - room)), ours.first_above(method, limit * (1 + room))
    most = ours.most(method)
    if math.isnan(most):
        return f"{scenario.name}: value at risk by method {method} is not defined in it"
    top = f"value at risk ({method}, {rules.definition.window} returns, {rules.definition.confidence:.1%}) is at most {most:.2%}"
    if certain is None and (possible is not None or scenario.regime == "storm"):
        return f"{scenario.name}: {top}, too near to {limit:.1%} or below it, so nothing can be shown in it"
    if certain is None:
        return Expected(scenario=scenario.name, why=top)
    passed = f"value at risk passes {limit:.1%} on {ours.times[certain]} ({ours.values[method][certain]:.2%}, {method})"
    return Expected(scenario=scenario.name, why=passed, earliest=possible, latest=certain + rules.delay)


def _replayed(engine: Engine, scenario: Scenario, held: dict[str, Decimal], ours: Forecasts, expected: Expected, rules: Rules) -> Replayed:
    engine.fresh()
    plan = Plan(scenario=scenario, capital=CAPITAL, positions=held, limits=rules.told, fill=Decimal(str(rules.fill)), restart=rules.restart)
    run = Run(plan=plan, engine=engine)
    days = tuple(run.days())
    return Replayed(scenario=scenario, ours=ours, days=days, expected=expected, restarted=run.restarts, limit=rules.limit)


def _result(replays: Sequence[Replayed], gaps: Sequence[str], rules: Rules) -> Result:
    wrong = [finding for one in replays for finding in (*findings(one.days, one.expected), *_slow(one, rules), *_apart(one, rules))]
    untried = [one for one in replays if rules.restart and one.restarted is False]
    notes = [_note(one) for one in replays] + (["the engine was not restarted: it is a service, and its life is not in our hands"] if untried else [])
    return Result(
        examined=sum(len(one.days) for one in replays), findings=tuple(wrong), gaps=tuple(gaps), notes=tuple(notes),
        source=f"{counted(sum(len(one.days) for one in replays), 'session')} of {', '.join(one.scenario.name for one in replays) or 'no market'}",
        facts={"definition": rules.told["var"], "fill": rules.fill, "replays": [_fact(one) for one in replays]},
        sha256=sha256("".join(one.scenario.sha256 for one in replays).encode()).hexdigest(),
    )  # fmt: skip


def _fired(one: Replayed) -> Day | None:
    return next((day for day in one.days if day.reply.halted), None)


def _slow(one: Replayed, rules: Rules) -> Iterator[Finding]:
    day = _fired(one)
    if day is not None and one.expected.latest is not None and day.seconds > rules.within:
        message = f"{one.scenario.name}: the engine took {day.seconds:.2f} s from the prices of {day.time} to its last order, {rules.within:g} s may pass"
        yield Finding(rule="slow", message=message, severity=Severity.HIGH, fix="see what it computes before it sells", anchor=f"slow {one.scenario.name}")


def _apart(one: Replayed, rules: Rules) -> Iterator[Finding]:
    """The engine's own figure beside ours, as long as it held what the replay began with."""
    pairs = [(day, float(ours)) for day, ours in zip(one.days, one.ours.values[rules.definition.method], strict=True) if not math.isnan(ours)]
    fired = _fired(one)
    pairs = [(day, ours) for day, ours in pairs if "var" in day.figures and (fired is None or day.session <= fired.session)]
    if not pairs:
        return
    day, ours = max(pairs, key=lambda pair: abs(pair[0].figures["var"] - pair[1]) / max(abs(pair[1]), 1e-9))
    if abs(day.figures["var"] - ours) > rules.tolerance * abs(ours):
        message = f"{one.scenario.name}: the engine's value at risk on {day.time} is {day.figures['var']:.4%}, by the stated definition it is {ours:.4%}"
        fix = "compare method, confidence, window and weights; then the quantile's definition"
        yield Finding(rule="figures-differ", message=message, severity=Severity.MEDIUM, fix=fix, anchor=f"figures-differ {one.scenario.name}")


def _note(one: Replayed) -> str:
    firsts = {method: one.ours.first_above(method, one.limit) for method in METHODS}
    ours = ", ".join(f"{method} {one.ours.times[at] if at is not None else f'never (at most {one.ours.most(method):.2%})'}" for method, at in firsts.items())
    day = _fired(one)
    theirs = f"the engine stopped on {day.time}, {day.seconds:.3f} s after the prices" if day else "the engine did not stop"
    own = f"; its own figures then: {', '.join(f'{name} {value:.2%}' for name, value in day.figures.items())}" if day and day.figures else ""
    return f"{one.scenario.name}: first above the limit by {ours}; {theirs}{own}"


def _fact(one: Replayed) -> dict[str, object]:
    day = _fired(one)
    return {
        "scenario": one.scenario.name, "title": one.scenario.title, "source": one.scenario.source, "sha256": one.scenario.sha256, "sessions": len(one.days),
        "must_stop_by": one.ours.times[one.expected.latest] if one.expected.latest is not None and one.expected.latest < len(one.ours.times) else None,
        "stopped": fired_on(one.days) or None, "seconds": round(day.seconds, 4) if day else None, "engine": dict(day.figures) if day else {},
        "ours": {method: {"first_above": _day(one, method), "most": _number(one.ours.most(method))} for method in METHODS},
        "left": {symbol: str(quantity) for symbol, quantity in one.days[-1].held.items()}, "equity": str(one.days[-1].equity),
    }  # fmt: skip


def _day(one: Replayed, method: str) -> str | None:
    at = one.ours.first_above(method, one.limit)
    return None if at is None else one.ours.times[at]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
