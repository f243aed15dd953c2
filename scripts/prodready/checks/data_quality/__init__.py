"""Whether market data can be trusted: complete, fresh, in order, without wild values, by a clock that is right.

``completeness`` is the share of expected times that are there with every required cell filled, in percent. ``freshness`` is the age of the newest
row in seconds; with a calendar, time during which the exchange is closed does not count. ``disorder`` counts rows that are earlier than the one before
or repeat it. ``outliers`` is the share of changes more than ``limit`` robust deviations from the middle, in percent. ``ntp_offset`` is the clock's
error in seconds, from the output of ``chronyc -c tracking``. ``latency`` is the quantile of the times from ``time`` (sent) to ``received``, in seconds, with
the clock's error on top; without a right clock it is unknown.

An item that uses it:

    - id: data.complete
      title: At least 99 % of the sessions are there
      check: data_quality
      params: {file: data/spy.csv, measure: completeness, calendar: XNYS}
      expect: ">= 99 %"
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from prodready.check import Check
from prodready.checks.data_quality import clock, columns, latency
from prodready.context import Context
from prodready.model import Measured

BOUNDS = {"completeness": ">= 99 %", "freshness": "<= 60 s", "disorder": "<= 0", "outliers": "<= 0.1 %", "ntp_offset": "<= 10 ms", "latency": "<= 100 ms"}


class Params(Struct, frozen=True, kw_only=True):
    """Which data, and what is measured of it."""

    measure: Literal["completeness", "freshness", "disorder", "outliers", "ntp_offset", "latency"]
    """What is measured."""
    file: str = ""
    """CSV, Parquet or Arrow file, or the JSON of a query result (a list of objects); for ntp_offset the saved output of chronyc, empty asks chronyc itself."""
    time: str = "time"
    """Column of times."""
    value: str = "value"
    """Column that outliers are looked for in."""
    required: tuple[str, ...] = ()
    """Columns that must not be empty for a row to count as there."""
    calendar: str = ""
    """Exchange whose sessions are expected: XNYS, 24/7."""
    every: str = ""
    """Expected distance of rows (``1 min``, ``1 d``); empty expects one a session of the calendar."""
    start: str = ""
    """First day expected (2020-01-01); empty takes the first that is there."""
    end: str = ""
    """Last day expected; empty takes the last that is there."""
    zone: str = ""
    """Zone of times that do not say theirs."""
    limit: float = 10.0
    """Robust deviations beyond which a change is an outlier."""
    received: str = "received"
    """Column of the times at which data arrived, for latency."""
    quantile: float = 0.95
    """Which of the sorted latencies counts."""
    clock: str = ""
    """For latency, the saved output of chronyc; empty asks chronyc itself."""

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError("quantile is between 0 and 1: 0.95")


def observe(ctx: Context, params: Params) -> Measured:
    """The measure. Raises CannotTell."""
    match params.measure:
        case "completeness":
            return columns.completeness(ctx, params)
        case "freshness":
            return columns.freshness(ctx, params)
        case "disorder":
            return columns.disorder(ctx, params)
        case "outliers":
            return columns.outliers(ctx, params)
        case "ntp_offset":
            return clock.offset(ctx, params.file)
        case "latency":
            return latency.latency(ctx, params)


CHECK = Check(params=Params, observe=observe, expect=">= 99 %", bound=lambda params: BOUNDS[params.measure], domain="data")
