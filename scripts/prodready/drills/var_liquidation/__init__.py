"""Replay real crashes, and see whether the risk engine sells everything when value at risk passes its limit, and stays out.

Daily closes of 1987, 2008 and 2020 go to the team's own engine through an adapter, with a calm year as control, in which nothing may fire. A paper
broker fills each order only in part and keeps the positions that count: they must be 0 on the day of the breach and stay 0 to the end of the replay.
Every day after, an order to buy is tried, and the engine is killed and started again once: it must still know that it has stopped.

Value at risk is computed here too, by every method, beside the engine's own figure. The methods differ: over 250 returns the historical one passes
5 % on 9 October 2008, the parametric one on 27 October, Cornish-Fisher on 29 September; in 2020 the parametric one never does. So method, confidence
and window are stated, and a market in which the stated figure does not pass the limit shows nothing and leaves the result unknown.

A file that uses it:

    drill: var_liquidation
    title: VaR above 5 % sells everything
    params: {engine: "desk.risk:engine", limit: 0.05, method: historical, confidence: 0.99, window: 250}
"""

from __future__ import annotations

from datetime import date

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.quant.risk import Method
from prodready.risk import scenario
from prodready.risk.adapters import Address
from prodready.risk.drilled import allowed, drilled, engine
from prodready.risk.forecast import Definition
from prodready.risk.liquidation import Rules, liquidation


class Params(Address, frozen=True, kw_only=True):
    """Which engine, which markets, and what must hold in them."""

    windows: tuple[str, ...] = ("crash-1987", "crash-2008", "crash-2020", "calm-2017")
    """Markets that prodready brings along."""
    data: str = ""
    """A file of the team's own market: a column of dates, a column of prices for each symbol."""
    judged: date | None = None
    """The first day of ``data`` that is judged; without it the middle. What is before it is history."""
    limit: float = 0.05
    """Share of equity that value at risk may not pass."""
    method: Method = "historical"
    """How value at risk is estimated."""
    confidence: float = 0.99
    """Of value at risk, over one session."""
    window: int = 250
    """Returns that it is estimated from."""
    tolerance: float = 0.05
    """How far the engine's figure may be from ours, as a share of it: quantiles are defined in several ways."""
    max_delay: int = 0
    """Sessions that may pass from the breach until everything is sold."""
    within: float = 5.0
    """Seconds that the engine may take on the day of the breach, from the prices to its last order."""
    exposure: float = 1.0
    """Part of the capital that is invested when the replay begins."""
    fill: float = 0.6
    """Part of an order that the broker fills at once; the rest is cancelled, as in a market without buyers. 1 fills all."""
    restart: bool = True
    """Kill the engine after it has stopped and start it again: what it must not forget it keeps in the folder named by PRODREADY_STATE."""

    def __post_init__(self) -> None:
        Address.__post_init__(self)
        if not 0.5 <= self.confidence < 1 or self.window * (1 - self.confidence) < 1 - 1e-9:
            raise ValueError(f"{self.window} returns hold no loss beyond {self.confidence:.1%}: take a longer window or a lower confidence")
        if not 0 < self.limit < 1 or not 0 <= self.tolerance < 1 or self.max_delay < 0 or self.within <= 0:
            raise ValueError("limit and tolerance are shares below 1, max_delay counts sessions, within seconds")
        if not 0 < self.exposure <= 1 or not 0.25 <= self.fill <= 1:
            raise ValueError("exposure is a part of the capital above 0, fill is between 0.25 and 1")
        if not self.windows and not self.data:
            raise ValueError("name a market: windows or data")

    @property
    def rules(self) -> Rules:
        """What must hold."""
        return Rules(
            limit=self.limit, definition=Definition(method=self.method, confidence=self.confidence, window=self.window), tolerance=self.tolerance,
            delay=self.max_delay, within=self.within, exposure=self.exposure, fill=self.fill, restart=self.restart,
        )  # fmt: skip


def perform(ground: Ground, params: Params) -> Drilled:
    """Replays every market. Raises CannotTell, ProdreadyError."""
    markets = [scenario.shipped(name) for name in params.windows]
    if params.data:
        markets.append(scenario.own(ground.world.repo.raw(params.data), params.data, str(params.judged or "")))
    allowed(ground, params, f"replay {', '.join(market.name for market in markets)}")
    with engine(ground, params) as asked:
        result = liquidation(asked, markets, params.rules)
    return drilled(ground, result)


DRILL = Drill(params=Params, perform=perform, expect="no findings")
