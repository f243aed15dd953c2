"""The rate limit of Bybit is watched all the way: header, metric, alert, receiver.

A signed question that only reads is asked of Bybit's testnet, and must tell ``X-Bapi-Limit-Status``. The running Prometheus must have the metric of
that endpoint, fresh, and with the limit that the header tells; an alert on it that fires beyond ``threshold`` must be loaded and healthy, Prometheus
must know an Alertmanager, and that one's routes must take the alert to a receiver that notifies somebody. A key that may trade is found: a probe needs
none. What ``prodready monitor bybit`` ships satisfies all of it.

An item that uses it:

    - id: bybit.limits
      title: Bybit's rate limit is measured, and somebody is told at 70 %
      check: bybit_limits
      params: {url: bybit, prometheus: prometheus, alertmanager: alertmanager}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from prodready import durations, promql
from prodready.check import CannotTell, Check
from prodready.checks import alert_routes
from prodready.checks.alert_rules import live
from prodready.checks.alert_rules.rule import Rule
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.monitors.bybit.limits import Limit
from prodready.monitors.bybit.probe import TESTNET, Probe
from prodready.names import few
from prodready.service import Service, Where, credential, named, secret_for, service

METRIC = "bybit_api_limit_utilisation_ratio"
_METRIC = re.compile(METRIC + r"(?:\{[^}]*\})?(?:\[(\w+)\])?")
"""The metric in an expression, with its selector and, in a group, its range."""


class Venue(Struct, frozen=True, kw_only=True):
    """Bybit, under ``targets:``."""

    url: str = TESTNET
    """Its address."""
    key: str = "PRODREADY_BYBIT_KEY"
    """Variable that holds the key, of one that only reads."""
    secret: str = "PRODREADY_BYBIT_SECRET"  # noqa: S105 - the name of a variable
    """Variable that holds its secret."""

    def __post_init__(self) -> None:
        credential(self.key)
        credential(self.secret)


class Params(Struct, frozen=True, kw_only=True):
    """Where each of the four is."""

    url: str | Venue = "bybit"
    """Address or target of Bybit."""
    prometheus: Where = "prometheus"
    """Address or target of the Prometheus that collects the metric."""
    alertmanager: Where = "alertmanager"
    """Address or target of the Alertmanager that it sends to."""
    endpoint: Literal["/v5/user/query-api", "/v5/order/realtime"] = "/v5/user/query-api"
    """What is asked."""
    threshold: float = 0.70
    """The use beyond which somebody must be told."""
    fresh: str = "2m"
    """How old the metric may be."""
    receivers: tuple[str, ...] = ()
    """Receivers of which one must be reached; empty takes any that notifies."""

    def __post_init__(self) -> None:
        durations.seconds(self.fresh)
        if not 0 < self.threshold < 1:
            raise ValueError("threshold is a part of the limit, between 0 and 1")


def observe(ctx: Context, params: Params) -> Found:
    """What is missing on the way. Raises CannotTell."""
    limit, trades = _header(ctx, params)
    prometheus = service(ctx, params.prometheus, kind="Prometheus")
    rules = [rule for rule in live.read(prometheus, ctx.now) if METRIC in rule.query]
    findings = [*trades, *_metric(prometheus, params, limit), *_alert(prometheus, rules, params)]
    notified = _receiver(ctx, rules, params) if rules else ()
    source = f"{params.endpoint}: {limit.limit - limit.remaining} of {limit.limit} used; the alert {few([rule.name for rule in rules]) or 'is missing'}"
    return Found(examined=4, findings=(*findings, *notified), evidence=Evidence(source=source))


def _header(ctx: Context, params: Params) -> tuple[Limit, list[Finding]]:
    venue = params.url if isinstance(params.url, Venue) else named(ctx, params.url, Venue)
    asked = Probe(http=ctx.http, url=venue.url, key=secret_for(ctx, venue.key, venue.url), secret=ctx.secret(venue.secret))
    limit, result = asked.ask(params.endpoint)
    if str(result.get("readOnly", 1)) != "0":
        return limit, []
    return limit, [_finding("key-may-trade", "the key of the probe may trade", "make a key that is read only, and delete this one", Severity.CRITICAL)]


def _metric(prometheus: Service, params: Params, limit: Limit) -> Iterator[Finding]:
    own = f'{{endpoint="{params.endpoint}"}}'
    if not promql.vector(prometheus, f"{METRIC}{own}"):
        yield _finding("no-metric", f"Prometheus has no {METRIC} of {params.endpoint}", "run 'prodready monitor bybit', and scrape it")
        return
    for sample in promql.vector(prometheus, "time() - max(bybit_api_limit_last_push_timestamp_seconds)"):
        if not sample.value <= durations.seconds(params.fresh):
            yield _finding("stale-metric", f"the metric was fed {sample.value:.0f} s ago, at most {params.fresh} is wanted", "see why the exporter stopped")
    told = {sample.value for sample in promql.vector(prometheus, f"bybit_api_limit{own}")}
    if told and limit.limit not in told:
        message = f"the metric says a limit of {max(told):g}, the header says {limit.limit}"
        yield _finding("wrong-limit", message, "export X-Bapi-Limit of the same account")


def _alert(prometheus: Service, rules: Sequence[Rule], params: Params) -> Iterator[Finding]:
    if not rules:
        yield _finding("no-alert", f"no alert looks at {METRIC}", "load bybit.rules.yml: 'prodready monitor bybit --write monitoring'")
    elif not any(_fires(prometheus, rule, params.threshold + 0.01) and not _fires(prometheus, rule, params.threshold) for rule in rules):
        message = f"{few([rule.name for rule in rules])} does not fire at a use of {params.threshold + 0.01:g}, or not only beyond {params.threshold:g}"
        yield _finding("wrong-threshold", message, f"compare with > {params.threshold:g}; use is 1 - status / limit, not status / limit")
    for rule in rules:
        if rule.trouble:
            yield _finding("unhealthy-alert", f"the alert {rule.name} {rule.trouble}", "look at it in the page Alerts of Prometheus")
    data = promql.api(prometheus, "alertmanagers")
    if not isinstance(data, dict) or not data.get("activeAlertmanagers"):
        yield _finding("no-alertmanager", "Prometheus sends its alerts to nobody", "name the Alertmanager under 'alerting:' of its configuration")


def _fires(prometheus: Service, rule: Rule, use: float) -> bool:
    """Whether the rule's expression holds for a use, by Prometheus itself: the use stands in the place of the metric."""
    return bool(promql.vector(prometheus, _METRIC.sub(lambda found: f"vector({use:g})" + (f"[{found[1]}:1s]" if found[1] else ""), rule.query)))


def _receiver(ctx: Context, rules: Sequence[Rule], params: Params) -> tuple[Finding, ...]:
    paths = tuple(alert_routes.Path(labels={"alertname": rule.name, **rule.labels}, receivers=params.receivers) for rule in rules)
    try:
        return alert_routes.observe(ctx, alert_routes.Params(routes=paths, url=params.alertmanager)).findings
    except CannotTell as unable:
        raise CannotTell(f"header, metric and alert were seen, the receiver was not: {unable.reason}", unable.remedy) from None


def _finding(rule: str, message: str, fix: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, fix=fix, anchor=rule)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=90)
