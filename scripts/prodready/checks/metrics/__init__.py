"""The metrics that the team relies on are exposed, collected, finite, within sense, and moving.

``endpoint`` is the page of the service: it must answer as Prometheus text or OpenMetrics. ``prometheus`` is where they are collected: each metric must
have a sample of the last five minutes there. With both, a metric must be in both. One with ``moving`` must have changed within ``within``, or, where
only the page is looked at, between two looks: a gauge that nobody sets any more looks healthy for ever.

An item that uses it:

    - id: metrics.key
      title: The key metrics are exposed and collected
      check: metrics
      params:
        endpoint: http://localhost:8080/metrics
        prometheus: prometheus
        metrics:
          - {name: intent_to_ack_latency_ms, type: histogram, moving: true}
          - {name: max_drawdown_current, must: between 0 and 1}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from prodready import durations, expectation
from prodready.check import Check
from prodready.checks.metrics import collected, exposed
from prodready.checks.metrics.reading import Reading
from prodready.context import Context
from prodready.expectation import Between, Bound
from prodready.model import Evidence, Finding, Found, Severity
from prodready.service import Where, service


class Metric(Struct, frozen=True, kw_only=True):
    """One metric, and what is known of it."""

    name: str
    """Of the family: a histogram's without ``_bucket``."""
    type: Literal["", "counter", "gauge", "histogram", "summary"] = ""
    """What it must be declared as."""
    moving: bool = False
    """Whether it must have changed."""
    must: str = ""
    """A bound that each of its values must keep, such as ``>= 0``."""

    def __post_init__(self) -> None:
        if not isinstance(expectation.parse(self.must or ">= 0"), Bound | Between):
            raise ValueError(f"{self.must!r} bounds no number: write for example '>= 0' or 'between 0 and 1'")  # noqa: TRY004 - read by the decoder


class Params(Struct, frozen=True, kw_only=True):
    """Which metrics, and where they are looked for."""

    metrics: tuple[Metric, ...]
    """The metrics that must be there."""
    endpoint: Where | None = None
    """Address or target of the page with metrics."""
    prometheus: Where | None = None
    """Address or target of the Prometheus that collects them."""
    within: str = "15m"
    """Time within which a moving metric must have changed."""
    pause: float = 1.0
    """Seconds between two looks at the page, up to 60, when only that can tell whether a metric moves."""

    def __post_init__(self) -> None:
        durations.seconds(self.within)
        if not self.endpoint and not self.prometheus:
            raise ValueError("name the endpoint, the prometheus, or both")
        if not self.metrics or not 0 < self.pause <= 60:
            raise ValueError("list at least one metric, and a pause of up to 60 s")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with each metric. Raises CannotTell."""
    names = [metric.name for metric in params.metrics]
    moving = [metric.name for metric in params.metrics if metric.moving]
    findings: list[Finding] = []
    sources = []
    if params.endpoint:
        page = service(ctx, params.endpoint, kind="the page of metrics")
        readings = exposed.read(ctx, page, names, pause=params.pause if moving and not params.prometheus else 0)
        findings += _findings(params, readings, "exposed", moves=not params.prometheus)
        sources.append(page.name)
    if params.prometheus:
        store = service(ctx, params.prometheus, kind="Prometheus")
        readings = collected.read(store, names, moving, params.within)
        findings += _findings(params, readings, "collected", moves=True)
        sources.append(store.name)
    return Found(examined=len(names), findings=tuple(findings), evidence=Evidence(source=f"{len(names)} metrics of {' and '.join(sources)}"))


def _findings(params: Params, readings: dict[str, Reading], where: str, *, moves: bool) -> Iterator[Finding]:
    for metric in params.metrics:
        reading = readings.get(metric.name)
        if reading is None:
            yield _finding(metric, f"not-{where}", f"{metric.name} is not {where}", "see that the service sets it, and that Prometheus scrapes it")
            continue
        if metric.type and reading.kind not in ("", metric.type):
            yield _finding(metric, "wrong-type", f"{metric.name} is a {reading.kind}, expected a {metric.type}", f"declare it as a {metric.type}")
        if reading.odd:
            yield _finding(metric, "not-finite", f"{metric.name} is {reading.odd}", "set it only when there is a value")
        if metric.must and (broken := _broken(metric.must, reading)) is not None:
            yield _finding(metric, "out-of-bounds", f"{metric.name} is {broken:g}, expected {metric.must}", "look at what sets it: sign, unit, reset")
        if metric.moving and moves and reading.moved is False:
            yield _finding(metric, "not-moving", f"{metric.name} did not change", "see whether what sets it still runs")


def _broken(must: str, reading: Reading) -> float | None:
    bound = expectation.parse(must)
    assert isinstance(bound, Bound | Between)  # noqa: S101 - Metric has seen to it
    return next((value for value in reading.values if not bound.met_by(value, bound.unit if isinstance(bound, Bound) else bound.low.unit)), None)


def _finding(metric: Metric, rule: str, message: str, fix: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, fix=fix, anchor=metric.name)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=180)
