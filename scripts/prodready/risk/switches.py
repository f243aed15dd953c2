"""Markets made to stand just inside, on and just beyond the threshold of a kill switch, so that its boundary is known to the last basis point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from prodready.model import Finding
from prodready.names import counted
from prodready.quant import sharpe
from prodready.quant.moments import moments
from prodready.risk.protocol import Engine
from prodready.risk.replay import Plan, Run
from prodready.risk.result import Result
from prodready.risk.scenario import Scenario
from prodready.risk.verdict import Expected, findings, fired_on

if TYPE_CHECKING:
    from prodready.quant.moments import Array

Switch = Literal["pnl", "psr", "drawdown"]
SYMBOL = "MADE-UP"
UNITS = 10_000
"""Held of it; the account is what they are worth, so that its profit is that of the price, to the last digit."""
AFTER = 3
"""Sessions after it has fired, in which it must stay out."""
STEP = {"pnl": 0.0001, "psr": 0.01, "drawdown": 0.0001}
"""How far inside and beyond the threshold is tried: a basis point, and a hundredth of probability."""


class Case(Struct, frozen=True, kw_only=True):
    """One market, and whether the switch must fire in it."""

    scenario: Scenario
    fires: bool
    why: str

    @property
    def fires_at(self) -> int:
        """The session on which it must fire."""
        return len(self.scenario.times) - 1 - AFTER

    @property
    def capital(self) -> Decimal:
        """What the account begins with, all of it invested."""
        return UNITS * self.scenario.at(self.scenario.first - 1)[SYMBOL]


class Threshold(Struct, frozen=True, kw_only=True):
    """A kill switch as the risk policy states it."""

    switch: Switch
    at: float
    """-0.05 for a loss of 5 %, 0.20 for a PSR, 0.15 for a drawdown."""
    inclusive: bool
    """Whether it fires on the threshold itself."""
    window: int
    """Returns that PSR is taken from."""

    @property
    def limits(self) -> Mapping[str, Any]:
        """As the engine is told."""
        more = {"window": self.window, "benchmark": 0.0} if self.switch == "psr" else {}
        return {self.switch: {"limit": self.at, "inclusive": self.inclusive, **more}}


def cases(of: Threshold) -> Iterator[Case]:
    """Inside, on and beyond the threshold. On it only where the figure can be met exactly, which PSR cannot."""
    beyond = STEP[of.switch] * (-1 if of.switch in ("pnl", "psr") else 1)
    yield _case(of, of.at - beyond, "inside", fires=False)
    if of.switch != "psr":
        yield _case(of, of.at, "on", fires=of.inclusive)
    yield _case(of, of.at + beyond, "beyond", fires=True)


def tried(engine: Engine, given: Sequence[Case], of: Threshold, *, fill: Decimal, restart: bool, liquidates: bool) -> Result:
    """Replays each case into an engine that knows nothing of the one before. Raises CannotTell."""
    wrong: list[Finding] = []
    notes: list[str] = []
    sessions = 0
    for case in given:
        engine.fresh()
        plan = Plan(scenario=case.scenario, capital=case.capital, positions={SYMBOL: Decimal(UNITS)}, limits=of.limits, fill=fill, restart=restart)
        days = tuple(Run(plan=plan, engine=engine).days())
        place = case.fires_at - case.scenario.first if case.fires else None
        expected = Expected(scenario=case.scenario.name, why=case.why, earliest=place, latest=place, liquidates=liquidates)
        wrong += findings(days, expected)
        sessions += len(days)
        notes.append(f"{case.scenario.name}: {case.why}; the engine {f'stopped on {fired_on(days)}' if fired_on(days) else 'did not stop'}")
    names = ", ".join(case.scenario.name for case in given)
    digest = sha256("".join(case.scenario.sha256 for case in given).encode()).hexdigest()
    facts: dict[str, object] = {"threshold": dict(of.limits), "cases": notes.copy()}
    return Result(examined=sessions, source=f"{counted(sessions, 'session')} of {names}", findings=tuple(wrong), notes=tuple(notes), facts=facts, sha256=digest)


def _case(of: Threshold, value: float, where: str, *, fires: bool) -> Case:
    made = {"pnl": _loss, "drawdown": _fall, "psr": _record}[of.switch]
    prices, first, reached = made(value, of.window)
    prices += prices[-1:] * (AFTER if fires else 0)  # days on which it must stay out
    words = {"pnl": "profit and loss", "psr": "PSR", "drawdown": "drawdown"}[of.switch]
    bound = f"{of.at:g}{' included' if of.inclusive else ''}"
    scenario = _scenario(f"{of.switch}-{where}", f"{words} {where} the threshold {bound}", prices, first)
    return Case(scenario=scenario, fires=fires, why=f"{words} is {reached:.4f}, the switch stands at {bound}")


def _loss(value: float, _: int) -> tuple[list[Decimal], int, float]:
    """Quiet at 100, then the loss in one session, then quiet: whether it is counted from the start or of the day."""
    low = Decimal(100) * (1 + Decimal(str(round(value, 6))))
    prices = [Decimal(100)] * 6 + [low]
    return prices, 1, float(low / 100 - 1)


def _fall(value: float, _: int) -> tuple[list[Decimal], int, float]:
    """Up to 100 in ten sessions, then down to the trough in ten, where it stays: no single day of it is large."""
    peak, trough = Decimal(100), Decimal(100) * (1 - Decimal(str(round(value, 6))))
    down = [(peak + (trough - peak) * step / 10).quantize(Decimal("0.0001")) for step in range(1, 10)]
    prices = [Decimal(90 + step) for step in range(11)] + down + [trough]
    return prices, 1, float(1 - trough / peak)


def _record(value: float, window: int) -> tuple[list[Decimal], int, float]:
    """A window of small returns whose PSR is the value: the last of them arrives as the first judged session."""
    import numpy as np

    noise = np.random.default_rng(7).normal(0, 0.001, window)
    low, high = -0.002, 0.002
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _psr(noise, middle) < value else (low, middle)
    levels = 100 * np.concatenate(([1.0], np.cumprod(1 + noise - noise.mean() + high)))
    prices = [Decimal(f"{level:.8f}") for level in levels]
    exact = np.array([float(price) for price in prices])
    return prices, window, sharpe.psr(moments(exact[1:] / exact[:-1] - 1))


def _psr(noise: Array, mean: float) -> float:
    return sharpe.psr(moments(noise - noise.mean() + mean))


def _scenario(name: str, title: str, prices: list[Decimal], first: int) -> Scenario:
    days = tuple(str(date(2024, 1, 1) + timedelta(days=at)) for at in range(len(prices)))
    digest = sha256(repr(prices).encode()).hexdigest()
    return Scenario(name=name, title=title, times=days, prices={SYMBOL: tuple(prices)}, first=first, source="made up by prodready", sha256=digest)
