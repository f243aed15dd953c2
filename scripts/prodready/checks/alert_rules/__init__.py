"""Alert rules: enough of them, healthy, with severity and runbook, and each proven by a test to fire and to keep silent.

They are read from the running Prometheus (``url``), from files, or both; with both, a rule of the files that is not loaded is found. Rules that are
constant (``vector(1)``) do not count. A runbook must lead to a file of the repository and, with ``#anchor``, to one of its headings. ``tests`` are
unit tests of ``promtool test rules``: they are run, with a copy of the files and a test planted that must fail, and each alert needs a case in which
it fires and one in which it does not.

An item that uses it:

    - id: alerts.rules
      title: At least ten alerts, each with severity, runbook and test
      check: alert_rules
      params: {files: [deploy/*.rules.yml], tests: [deploy/*.test.yml], at_least: 10}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.alert_rules import live, runbooks, unit_tests, written
from prodready.checks.alert_rules.rule import Rule
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few
from prodready.service import Where, service


class Params(Struct, frozen=True, kw_only=True):
    """Which rules, and what each must have."""

    url: Where | None = None
    """Address or target of the Prometheus that has loaded them."""
    files: tuple[str, ...] = ()
    """Rule files (gitignore patterns)."""
    tests: tuple[str, ...] = ()
    """Files of unit tests for promtool; with them every alert of ``files`` needs its tests."""
    at_least: int = 1
    """How many different alerts there must be."""
    labels: tuple[str, ...] = ("severity",)
    """Labels that each alert must set."""
    annotations: tuple[str, ...] = ("summary", "runbook_url")
    """Annotations that each alert must set."""
    severities: tuple[str, ...] = ()
    """The values that ``severity`` may have; empty takes any."""
    runbooks: Literal["repository", "present"] = "repository"
    """Whether ``runbook_url`` must lead to a file here, or only be there."""

    def __post_init__(self) -> None:
        if not self.url and not self.files:
            raise ValueError("name the url of Prometheus, the files, or both")
        if self.tests and not self.files:
            raise ValueError("'tests' are of rule files: name them in 'files'")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the alerts. Raises CannotTell."""
    filed = written.read(ctx, params.files) if params.files else ()
    loaded = live.read(service(ctx, params.url, kind="Prometheus"), ctx.now) if params.url else ()
    rules = filed or loaded
    findings = [*_count(rules, params), *(found for rule in rules for found in _wrong(ctx, rule, params)), *_health(loaded)]
    if params.url and params.files:
        findings += _unloaded(filed, loaded)
    notes: tuple[str, ...] = ()
    if params.tests:
        findings += unit_tests.proven(ctx, filed, params.files, params.tests)
        notes = (f"unit tests run by {unit_tests.PROGRAM}",)
    where = few(params.files) if params.files else "the running Prometheus"
    return Found(examined=len(rules), findings=tuple(findings), notes=notes, evidence=Evidence(source=f"{len(rules)} alert rules of {where}"))


def _count(rules: tuple[Rule, ...], params: Params) -> Iterator[Finding]:
    if not rules:
        raise CannotTell("there is no alert rule to look at", "name the files with alert rules in 'files', or the Prometheus that has loaded them in 'url'")
    names = {rule.name for rule in rules if not rule.constant}
    if len(names) < params.at_least:
        message = f"{len(names)} alerts, expected at least {params.at_least}"
        yield Finding(rule="too-few-alerts", message=message, severity=Severity.HIGH, fix="write an alert for each way in which users are let down")


def _wrong(ctx: Context, rule: Rule, params: Params) -> Iterator[Finding]:
    if rule.constant:
        yield rule.finding("constant-alert", "depends on no metric", "write an expression that can be true and false")
    for label in params.labels:
        if not rule.labels.get(label):
            yield rule.finding("missing-label", f"sets no label {label}", f"write 'labels: {{{label}: …}}'; routes and escalation depend on it")
    for annotation in params.annotations:
        if not rule.annotations.get(annotation):
            yield rule.finding("missing-annotation", f"has no annotation {annotation}", f"write 'annotations: {{{annotation}: …}}' for whoever is woken")
    if params.severities and (word := rule.labels.get("severity")) and word not in params.severities:
        yield rule.finding("unknown-severity", f"has the severity {word}", f"write one of {', '.join(params.severities)}")
    if params.runbooks == "repository" and (address := rule.annotations.get("runbook_url")) and (why := runbooks.broken(ctx.repo, address)):
        yield rule.finding("broken-runbook", f"points to a runbook that {why}", "let runbook_url end with a path of this repository, and #heading")


def _health(loaded: tuple[Rule, ...]) -> Iterator[Finding]:
    for rule in loaded:
        if rule.trouble:
            yield rule.finding("unhealthy-alert", rule.trouble, "look at it in the page Alerts of Prometheus")


def _unloaded(filed: tuple[Rule, ...], loaded: tuple[Rule, ...]) -> Iterator[Finding]:
    running = {(rule.name, rule.plain) for rule in loaded}
    for rule in filed:
        if (rule.name, rule.plain) not in running:
            yield rule.finding("alert-not-loaded", "is not loaded in the running Prometheus, or with another expression", "deploy the rule file and reload")


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=120)
