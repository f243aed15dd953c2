"""Everything that Prometheus should scrape is scraped, lately, without error, and gives samples.

A job without any target is found, since nothing alerts on what is not there. A target is late when its last scrape is older than three intervals.

An item that uses it:

    - id: metrics.scraped
      title: The desk and its Kafka exporter are scraped
      check: prometheus_targets
      params: {url: prometheus, jobs: [desk, kafka]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from prodready import durations, promql
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.service import Service, Where, service
from prodready.stamps import instant


class Params(Struct, frozen=True, kw_only=True):
    """Which jobs."""

    url: Where = "prometheus"
    """Address of Prometheus, or the name of a target."""
    jobs: tuple[str, ...] = ()
    """Jobs that must have targets; empty looks at all there are."""
    at_least: int = 1
    """Targets that each of these jobs must have."""


class Scraped(Struct, frozen=True, kw_only=True):
    """One active target."""

    job: str
    instance: str
    health: str
    error: str
    age: float
    """Seconds since the last scrape."""
    interval: float
    samples: float | None
    """How many it gave at the last scrape; None when nobody recorded it."""


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with each target. Raises CannotTell."""
    prometheus = service(ctx, params.url, kind="Prometheus")
    targets = [target for target in _targets(prometheus) if not params.jobs or target.job in params.jobs]
    waiting = tuple(f"{target.instance} of job {target.job} was not scraped yet" for target in targets if target.health == "unknown")
    findings = [*_missing(params, targets), *(found for target in targets for found in _wrong(target))]
    source = f"{len(targets)} targets of {few(sorted({target.job for target in targets})) or 'no job'} at {prometheus.name}"
    return Found(examined=len(targets), findings=tuple(findings), gaps=waiting, evidence=Evidence(source=source))


def _targets(prometheus: Service) -> list[Scraped]:
    data = promql.api(prometheus, "targets", {"state": "active"})
    counts = {(one.labels.get("job", ""), one.labels.get("instance", "")): one.value for one in promql.vector(prometheus, "scrape_samples_scraped")}
    if not counts and not (isinstance(data, dict) and data.get("activeTargets")):
        raise CannotTell(f"{prometheus.name} scrapes nothing at all", "see that the tenant ('tenant:' of the target) is right, and that it has scrape_configs")
    now = promql.one(prometheus, "time()").value
    try:
        return [_scraped(row, now, counts) for row in data["activeTargets"]]
    except (KeyError, TypeError, ValueError):
        raise CannotTell(f"{prometheus.name} answered with targets that are none", "see that it is Prometheus 2.26 or newer") from None


def _scraped(row: dict[str, Any], now: float, counts: dict[tuple[str, str], float]) -> Scraped:
    job, instance = str(row["labels"].get("job", "")), str(row["labels"].get("instance", ""))
    last = instant(str(row["lastScrape"])).timestamp() if row["health"] != "unknown" else now
    return Scraped(
        job=shown(job), instance=shown(instance), health=str(row["health"]), error=shown(str(row.get("lastError", "")))[:200],
        age=now - last, interval=durations.seconds(row["scrapeInterval"]), samples=counts.get((job, instance)),
    )  # fmt: skip


def _missing(params: Params, targets: list[Scraped]) -> Iterator[Finding]:
    for job in params.jobs:
        count = sum(target.job == job for target in targets)
        if count < params.at_least:
            message = f"the job {shown(job)} has {count} targets, expected at least {params.at_least}"
            yield Finding(rule="job-without-targets", message=message, severity=Severity.HIGH, fix="see its scrape_configs and service discovery", anchor=job)


def _wrong(target: Scraped) -> Iterator[Finding]:
    where, fix = f"{target.instance} of job {target.job}", "look at it in the page Status > Targets of Prometheus"
    if target.health == "down":
        yield Finding(rule="target-down", message=f"{where} is down: {target.error or 'no reason given'}", severity=Severity.HIGH, fix=fix, anchor=where)
    elif target.health == "up" and target.age > max(3 * target.interval, 5):
        message = f"{where} was last scraped {target.age:.0f} s ago, at an interval of {target.interval:g} s"
        yield Finding(rule="late-scrape", message=message, severity=Severity.HIGH, fix=fix, anchor=where)
    if target.health == "up" and target.samples == 0:
        yield Finding(rule="no-samples", message=f"{where} gives no samples", severity=Severity.HIGH, fix="see what its page exposes", anchor=where)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=60)
