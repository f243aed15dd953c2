"""Bring an account to the threshold of a kill switch, and see whether it fires there and nowhere else.

The markets are made up so that one figure stands a basis point (PSR: a hundredth) inside and beyond its threshold, and on it: profit and loss falls in
one session, a drawdown grows over ten, a PSR comes from a window of small returns. After it has fired everything must be sold, as for
``var_liquidation``, and the engine must stay stopped, through a restart too. The engine is told the one limit that is looked at; others are off.

A file that uses it:

    drill: kill_switch
    title: A loss of 5 % stops trading
    params: {engine: "desk.risk:engine", switch: pnl, at: -0.05, inclusive: true}
"""

from __future__ import annotations

from decimal import Decimal

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.risk import switches
from prodready.risk.adapters import Address
from prodready.risk.drilled import allowed, drilled, engine
from prodready.risk.switches import Switch, Threshold, tried

USUAL = {"pnl": -0.05, "psr": 0.20, "drawdown": 0.15}


class Params(Address, frozen=True, kw_only=True):
    """Which switch of which engine."""

    switch: Switch
    """pnl (profit and loss over the account's start), psr (probabilistic Sharpe ratio of the last ``window`` returns), drawdown (from the highest equity)."""
    at: float | None = None
    """The threshold as the policy states it: -0.05, 0.20, 0.15 where it is not given."""
    inclusive: bool = False
    """Whether it fires on the threshold itself; 'above 15 %' does not."""
    window: int = 60
    """Returns of a PSR."""
    liquidates: bool = True
    """Whether everything must be sold, or trading only stops."""
    fill: float = 0.6
    """Part of an order that the broker fills at once."""
    restart: bool = True
    """Kill the engine after it has stopped and start it again."""

    def __post_init__(self) -> None:
        Address.__post_init__(self)
        if not {"pnl": -1, "psr": 0.02, "drawdown": 0}[self.switch] < self.threshold.at < {"pnl": 0, "psr": 0.98, "drawdown": 1}[self.switch]:
            raise ValueError(f"at: {self.threshold.at:g} is no threshold of {self.switch}: write {USUAL[self.switch]:g} for {abs(USUAL[self.switch]):.0%}")
        if not 20 <= self.window <= 2000 or not 0.25 <= self.fill <= 1:
            raise ValueError("window is 20 to 2000 returns, fill is between 0.25 and 1")

    @property
    def threshold(self) -> Threshold:
        """The switch as the policy states it."""
        return Threshold(switch=self.switch, at=USUAL[self.switch] if self.at is None else self.at, inclusive=self.inclusive, window=self.window)


def perform(ground: Ground, params: Params) -> Drilled:
    """Replays inside, on and beyond. Raises CannotTell, ProdreadyError."""
    cases = tuple(switches.cases(params.threshold))
    allowed(ground, params, f"replay {', '.join(case.scenario.name for case in cases)}")
    with engine(ground, params) as asked:
        result = tried(asked, cases, params.threshold, fill=Decimal(str(params.fill)), restart=params.restart, liquidates=params.liquidates)
    return drilled(ground, result)


def _target(params: Params) -> str:
    """The history goes by the switch: that one fires says nothing about another."""
    return f"{params.switch} of {params.shown}"


DRILL = Drill(params=Params, perform=perform, expect="no findings", target=_target)
