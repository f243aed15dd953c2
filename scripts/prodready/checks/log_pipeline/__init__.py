"""Labels that would break Loki are dropped on every way that a log line can take through the agent.

The configuration of Grafana Alloy (or Promtail, which is no longer maintained: a low finding) is evaluated, not searched: a line is followed from each
source, with all forbidden labels on it, through relabelling and processing to each place where logs leave. A label that is still there, or that is
put on again later, is found. What happens only to some lines (``stage.match``, a relabelling with ``source_labels``) may add a label, and drops none.

An item that uses it:

    - id: logs.no-user-id
      title: Ids of users and requests do not become labels
      check: log_pipeline
      params: {files: [deploy/config.alloy], forbidden: [user_id, request_id, trace_id, order_id]}
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.log_pipeline import alloy, promtail
from prodready.checks.log_pipeline.steps import Way, left
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown


class Params(Struct, frozen=True, kw_only=True):
    """Which configuration, and which labels."""

    files: tuple[str, ...]
    """Configuration files of Alloy (``*.alloy``) or Promtail (YAML)."""
    forbidden: tuple[str, ...] = ("user_id", "request_id", "trace_id", "span_id", "order_id", "session_id", "ip", "email")
    """Labels that must not reach Loki."""


def observe(ctx: Context, params: Params) -> Found:
    """Each forbidden label that reaches Loki, and by which way. Raises CannotTell."""
    paths = ctx.repo.files(*params.files)
    ways, findings = 0, list[Finding]()
    for path in paths:
        found = _ways(path, ctx.repo.text(path))
        ways += len(found)
        findings += [finding for way in found for finding in _wrong(way, params, path)]
        if not path.endswith(".alloy"):
            findings.append(_old(path))
    if not ways:
        raise CannotTell(f"no way of a log line to Loki in {few(params.files)}", "name the configuration files of Alloy or Promtail in 'files'")
    source = f"{ways} ways of log lines in {few(paths)}, {len(params.forbidden)} forbidden labels"
    return Found(examined=ways, findings=tuple(findings), evidence=Evidence(source=source))


def _ways(path: str, text: str) -> list[Way]:
    try:
        return list(alloy.ways(text) if path.endswith(".alloy") else promtail.ways(text, path))
    except ValueError as error:
        kind = "Alloy" if path.endswith(".alloy") else "Promtail"
        raise CannotTell(f"{shown(path)} cannot be read as a configuration of {kind}: {shown(str(error))[:160]}", "'alloy fmt' tells what is wrong") from None


def _wrong(way: Way, params: Params, path: str) -> Iterator[Finding]:
    for label in sorted(left(way, frozenset(params.forbidden))):
        message = f"the label {label} reaches Loki by {shown(way.name)}"
        fix = f'add stage.label_drop {{ values = ["{label}"] }} to the last loki.process before loki.write, or a labeldrop rule to a loki.relabel'
        yield Finding(rule="label-not-dropped", message=message, severity=Severity.HIGH, path=path, line=way.line, fix=fix, anchor=f"{way.name} {label}")


def _old(path: str) -> Finding:
    message = "Promtail is no longer maintained since 2026-03-02"
    return Finding(rule="end-of-life", message=message, severity=Severity.LOW, path=path, fix="move to Alloy: 'alloy convert --source-format=promtail'")


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="observability")
