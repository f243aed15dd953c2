"""Alert rules as a running Prometheus has loaded them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prodready import promql
from prodready.check import CannotTell
from prodready.checks.alert_rules.rule import Rule
from prodready.names import shown
from prodready.service import Service
from prodready.stamps import instant

_LATE = 3
"""Intervals without an evaluation after which a rule is said to stand still."""


def read(prometheus: Service, now: datetime) -> tuple[Rule, ...]:
    """Every alert with its health. Raises CannotTell."""
    data = promql.api(prometheus, "rules", {"type": "alert"})
    try:
        return tuple(_rule(rule, float(group["interval"]), now) for group in data["groups"] for rule in group["rules"] if rule["type"] == "alerting")
    except (KeyError, TypeError, ValueError):
        raise CannotTell(f"{prometheus.name} answered with rules that are none", "see that it is Prometheus 2.11 or newer") from None


def _rule(rule: dict[str, Any], interval: float, now: datetime) -> Rule:
    return Rule(
        name=str(rule["name"]), query=str(rule["query"]), labels=dict(rule.get("labels") or {}), annotations=dict(rule.get("annotations") or {}),
        trouble=_trouble(rule, interval, now),
    )  # fmt: skip


def _trouble(rule: dict[str, Any], interval: float, now: datetime) -> str:
    if rule["health"] == "err":
        return f"cannot be evaluated: {shown(str(rule.get('lastError')))[:200]}"
    if rule["health"] != "ok":
        return "was not evaluated yet"
    age = (now - instant(str(rule["lastEvaluation"]))).total_seconds()
    return f"was last evaluated {age:.0f} s ago, at an interval of {interval:g} s" if age > max(_LATE * interval, 60) else ""
