"""Day by day through a scenario: prices to the engine, its orders to the broker, what they became back to it. Nothing is judged here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec import Struct

from prodready.risk.broker import Broker, Fill
from prodready.risk.protocol import Engine, Order, Reply, accepted, reply
from prodready.risk.scenario import Scenario

ROUNDS = 40
"""Times that an engine may answer fills with new orders within one session."""


class Plan(Struct, frozen=True, kw_only=True):
    """What is replayed, and how."""

    scenario: Scenario
    capital: Decimal
    positions: Mapping[str, Decimal]
    """At the start."""
    limits: Mapping[str, Any]
    """The limits that hold, for an engine that is told; those not named are off."""
    fill: Decimal = Decimal(1)
    """The part of an order that is filled at once."""
    restart: bool = True
    """Whether the engine is restarted once it has stopped, to see whether it still knows."""
    sessions: int = 0
    """How many are replayed; 0 takes all."""


class Day(Struct, frozen=True, kw_only=True):
    """One session, after everything that was sent has been filled or refused."""

    session: int
    time: str
    equity: Decimal
    reply: Reply
    """The engine's last word of the session."""
    figures: Mapping[str, float]
    """The engine's own figures, as it answered the prices."""
    held: Mapping[str, Decimal]
    """What the broker holds."""
    ordered: int
    seconds: float
    """From the prices to the engine's last word."""
    let_in: bool | None = None
    """Whether an order to buy was let through; None when none was tried."""
    kept: bool | None = None
    """Where the engine was restarted before this session: whether it still knew that it had stopped."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A replay on its way."""

    plan: Plan
    engine: Engine
    broker: Broker = field(init=False)
    restarts: bool | None = None
    """Whether the engine could be restarted; None when it was not tried."""

    def __post_init__(self) -> None:
        prices = self.plan.scenario.at(self.plan.scenario.first - 1)
        invested = sum((quantity * prices[symbol] for symbol, quantity in self.plan.positions.items()), Decimal(0))
        self.broker = Broker(cash=self.plan.capital - invested, share=self.plan.fill, positions=dict(self.plan.positions))

    def days(self) -> Iterator[Day]:
        """The sessions, one after the other. Raises CannotTell when the engine cannot be understood."""
        sessions = self.plan.scenario.sessions
        halted = self.begin(sessions[0], resumed=False).halted
        for session in sessions[: self.plan.sessions or None]:
            kept = self.again(session) if halted and self.plan.restart and self.restarts is None else None
            day = self.day(session, probe=halted, kept=kept)
            halted = halted or day.reply.halted
            yield day

    def again(self, session: int) -> bool | None:
        """Restarts the engine: whether it still knows that it has stopped; None where it cannot be restarted."""
        self.restarts = self.engine.restart()
        return self.begin(session, resumed=True).halted if self.restarts else None

    def begin(self, session: int, *, resumed: bool) -> Reply:
        """Tells the engine of the account and of the market until then."""
        scenario = self.plan.scenario
        history = {symbol: [str(price) for price in prices[:session]] for symbol, prices in scenario.prices.items()}
        account = {"capital": str(self.plan.capital), "cash": str(self.broker.cash), "positions": _texts(self.broker.held), "limits": dict(self.plan.limits)}
        past = {"times": list(scenario.times[:session]), "prices": history}
        start = {"type": "start", "protocol": 1, "scenario": scenario.name, "resumed": resumed, **account, "history": past}
        return reply(self.engine.ask(start))

    def day(self, session: int, *, probe: bool, kept: bool | None) -> Day:
        """One session; ``probe`` tries to buy at its end, which an engine that has stopped must not let through."""
        scenario, prices = self.plan.scenario, self.plan.scenario.at(session)
        moment, begin = scenario.times[session], time.monotonic()
        mark = {"type": "mark", "time": moment, "prices": _texts(prices), "equity": str(self.broker.equity(prices)), "positions": _texts(self.broker.held)}
        first = last = reply(self.engine.ask(mark))
        ordered = 0
        for _ in range(ROUNDS):
            if not last.orders:
                break
            ordered += len(last.orders)
            last = reply(self.engine.ask(self.filled(moment, self.broker.execute(last.orders, prices))))
        seconds = time.monotonic() - begin
        return Day(
            session=session, time=moment, equity=self.broker.equity(prices), reply=last, figures=first.figures, held=self.broker.held, ordered=ordered,
            seconds=seconds, let_in=self.tried(session, prices) if probe else None, kept=kept,
        )  # fmt: skip

    def filled(self, moment: str, fills: tuple[Fill, ...]) -> dict[str, Any]:
        """What the broker did, as it is told to the engine."""
        rows = [{**fill.order.message(), "filled": str(fill.quantity), "price": str(fill.price)} for fill in fills]
        return {"type": "fills", "time": moment, "fills": rows, "positions": _texts(self.broker.held)}

    def tried(self, session: int, prices: Mapping[str, Decimal]) -> bool:
        """Whether an order to buy one unit would be let through."""
        symbol = next(iter(prices))
        order = Order(id=f"strategy-{session}", symbol=symbol, side="buy", quantity=Decimal(1), limit=prices[symbol])
        return accepted(self.engine.ask({"type": "order", "time": self.plan.scenario.times[session], "order": order.message()}))


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
