"""How long data was on its way, by the times at which the exchange sent and we received it: as good as the clock, and so never without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.data_quality import clock
from prodready.checks.data_quality.columns import SECOND, opened
from prodready.context import Context
from prodready.model import Measured
from prodready.table.frame import Kind

if TYPE_CHECKING:
    from prodready.checks.data_quality import Params

LEAST = 100
"""Rows below which a quantile says little."""


def latency(ctx: Context, params: Params) -> Measured:
    """The quantile of received minus sent, and the clock's error on top: it is not longer than that. Raises CannotTell without a clock that is right."""
    import numpy as np

    right = clock.offset(ctx, params.clock)
    file = opened(ctx, params)
    frame = file.read({file.require(params.time): Kind.STAMP, file.require(params.received): Kind.STAMP})
    if len({frame.zoned[params.time], frame.zoned[params.received]}) > 1:
        raise CannotTell(f"{file.path}: one of the two times says its zone, the other does not", "write both in UTC, ending in Z")
    way = (frame.columns[params.received] - frame.columns[params.time]) / SECOND
    error = float(right.value)
    if way.size < LEAST:
        raise CannotTell(f"{file.path} has {way.size} rows, too few for a quantile", f"give at least {LEAST}")
    if float(way.min()) < -error:
        first = frame.line(int(np.argmin(way)))
        raise CannotTell(f"{first} was received {-float(way.min()):.3g} s before it was sent: a clock is wrong by more than it says", "set the clocks by NTP")
    longest = float(np.quantile(way, params.quantile, method="higher"))
    source = f"quantile {params.quantile:g} of {way.size} rows in {file.path} is {longest:.4g} s, the clock may be {error:.2g} s off"
    evidence = replace(right.evidence, source=f"{source} ({right.evidence.source})", sha256=file.sha256)
    return Measured(value=longest + error, unit="s", examined=int(way.size), evidence=evidence, notes=file.notes)
