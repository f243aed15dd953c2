"""Something is sent, and must come out at the other end: looked for at a fixed rate from before it was sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.outage import Span, reached
from prodready.engine.watch import Down, Watch

FIRST = 60.0
"""Seconds within which the first look must end."""


class Arrival(Struct, frozen=True, kw_only=True):
    """How long it took."""

    took: Span
    """Seconds from the act to the first look that saw it; its end is infinite for never."""
    why: str
    """Why it did not arrive; empty when it did."""


def arrival(act: Callable[[], str], look: Callable[[], str], *, limit: float, interval: float, times: int = 1) -> Arrival:
    """Acts, and waits until ``look`` finds it ``times`` in a row. Both give what is wrong, empty when nothing is.

    Raises CannotTell when it is there before, or could not be looked for before: then its arrival would prove nothing.
    """
    sent: list[float] = []

    def probe(timeout: float) -> str:
        try:
            wrong = look()
        except CannotTell as unable:
            if not sent:
                raise
            wrong = unable.reason
        if wrong:
            raise Down(wrong)
        return ""

    with Watch(probe, interval) as watch:
        if not watch.until(bool, time.monotonic() + FIRST):
            raise CannotTell("the first look did not end", "see why the other end takes so long to answer")
        if watch.samples[0].ok:
            raise CannotTell("it was there before anything was sent, so its arrival would prove nothing", "look for what only this drill sends: ${DRILL}")
        begin = time.monotonic()
        sent.append(begin)
        if wrong := act():
            return Arrival(took=Span(time.monotonic() - begin, math.inf), why=wrong)
        watch.until(lambda samples: reached(samples, begin, times=times) is not None, begin + limit + interval)
        took = reached(watch.samples, begin, times=times)
        if took is None:
            last = next((sample.detail for sample in reversed(watch.samples) if not sample.ok), "no look ended")
            return Arrival(took=Span(time.monotonic() - begin, math.inf), why=f"not within {limit:g} s: {last}")
        return Arrival(took=took, why="")
