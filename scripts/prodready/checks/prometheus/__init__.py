"""A PromQL query gives a value that keeps the bound.

No series, NaN, several series, a warning (an answer in part) and an error of the query are no values: the item is unknown. A quantile that lies in
the last bucket of its histogram is unknown too: Prometheus then answers with that bucket's lower edge, however slow the requests were.
``samples`` is a second query that counts what the value rests on: with ``min_samples``, a prober that was down for a week is no week of uptime.

An item that uses it:

    - id: slo.latency
      title: p95 of the API is below 200 ms
      check: prometheus
      params:
        url: prometheus
        query: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[24h])))
        samples: sum(increase(http_request_duration_seconds_count[24h]))
        min_samples: 1000
        unit: s
      expect: < 200 ms
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from prodready import promql
from prodready.check import CannotTell, Check
from prodready.checks.prometheus import quantile
from prodready.context import Context
from prodready.model import Evidence, Measured
from prodready.service import Service, Where, service

_REDUCE: dict[str, Callable[[list[float]], float]] = {"one": max, "max": max, "min": min, "sum": math.fsum, "avg": statistics.fmean}


class Params(Struct, frozen=True, kw_only=True):
    """What is asked, and of whom."""

    query: str
    """PromQL that gives one value now."""
    url: Where = "prometheus"
    """Address of Prometheus, or the name of a target."""
    reduce: Literal["one", "max", "min", "sum", "avg"] = "one"
    """What becomes of several series; with ``one`` they are refused."""
    samples: str = ""
    """PromQL that counts what the value rests on."""
    min_samples: float = 1
    """Below this many ``samples`` nothing can be told."""
    unit: str = ""
    """Unit of the value: s, ms, %, B or none."""


def observe(ctx: Context, params: Params) -> Measured:
    """The value now. Raises CannotTell."""
    prometheus = service(ctx, params.url, kind="Prometheus")
    rests_on = _support(prometheus, params)
    found = promql.vector(prometheus, params.query) if params.reduce != "one" else ()
    samples = found or (promql.one(prometheus, params.query),)
    value = float(_REDUCE[params.reduce]([promql.number(sample, params.query) for sample in samples]))
    notes = quantile.looked_at(prometheus, params.query, value)
    series = "the one series" if len(samples) == 1 else f"the {params.reduce} of {len(samples)} series"
    source = f"{series} of {params.query} at {prometheus.name}{rests_on}"
    asked = datetime.fromtimestamp(samples[0].at, UTC)
    return Measured(value=value, unit=params.unit, examined=len(samples), evidence=Evidence(source=source, collected=asked), notes=notes)


def _support(prometheus: Service, params: Params) -> str:
    if not params.samples:
        return ""
    count = promql.number(promql.one(prometheus, params.samples), params.samples)
    if count < params.min_samples:
        words = f"the value rests on {count:g} ({params.samples}), and at least {params.min_samples:g} are needed"
        raise CannotTell(words, "see whether what feeds it was down, or judge it over a longer time")
    return f", resting on {count:g} samples"


CHECK = Check(params=Params, observe=observe, expect="> 0", domain="observability", deadline=60)
