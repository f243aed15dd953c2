"""Replay markets whose regime is known, and see what the risk engine calls them.

Each window has days between which nobody doubts what it was: from 19 October 1987, 29 September 2008 and 2 March 2020 on a storm, all of 2017 calm. The
engine's word in its answer to each day's prices is counted: how many sessions until it said so first, and on how many of the sessions from then on.

A file that uses it:

    drill: regime_detection
    params: {engine: "desk.risk:engine", calm: Calm, storm: Storm}
"""

from __future__ import annotations

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.risk import scenario
from prodready.risk.adapters import Address
from prodready.risk.drilled import allowed, drilled, engine
from prodready.risk.regimes import watched


class Params(Address, frozen=True, kw_only=True):
    """Which engine, its words, and how sure it must be."""

    windows: tuple[str, ...] = ("crash-1987", "crash-2008", "crash-2020", "calm-2017")
    """Markets that prodready brings along."""
    calm: str = "calm"
    """The engine's word for a calm market."""
    storm: str = "storm"
    """Its word for a crash."""
    share: float = 0.9
    """Part of the sessions from its first right word on that it must call right."""
    max_delay: int = 5
    """Sessions that may pass until its first right word."""

    def __post_init__(self) -> None:
        Address.__post_init__(self)
        if not self.windows or not 0 < self.share <= 1 or self.max_delay < 0 or self.calm == self.storm:
            raise ValueError("name windows, two different words, a share above 0 and a delay in sessions")


def perform(ground: Ground, params: Params) -> Drilled:
    """Replays every market. Raises CannotTell, ProdreadyError."""
    markets = [scenario.shipped(name) for name in params.windows]
    allowed(ground, params, f"replay {', '.join(params.windows)}")
    with engine(ground, params) as asked:
        result = watched(asked, markets, {"calm": params.calm, "storm": params.storm}, share=params.share, delay=params.max_delay)
    return drilled(ground, result)


DRILL = Drill(params=Params, perform=perform, expect="no findings")
