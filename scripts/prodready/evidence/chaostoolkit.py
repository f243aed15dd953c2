"""A record in the shape of a Chaos Toolkit journal, for reports and dashboards that read those (chaostoolkit.org, "The Experiment Journal")."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from typing import Any

from prodready.evidence.record import Record, Struck

STATUS = {"passed": "completed", "failed": "completed", "unknown": "failed"}


def journal(record: Record) -> str:
    """The journal as JSON. ``deviated`` says that the drill failed; what could not be told is ``failed``."""
    end = record.began + timedelta(seconds=record.seconds)
    actions = [_action(record, one) for one in record.incidents]
    told: dict[str, Any] = {
        "chaoslib-version": f"prodready {record.tool.version}", "platform": "", "node": "",
        "experiment": _experiment(record, [one["activity"] for one in actions]),
        "start": _time(record.began), "status": STATUS[record.status], "deviated": record.status == "failed",
        "steady_states": {"before": _steady(record, True), "during": [], "after": _steady(record, record.status == "passed")},
        "run": actions, "rollbacks": [], "end": _time(end), "duration": record.seconds,
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _experiment(record: Record, actions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": "1.0.0", "title": record.title, "description": f"{record.drill} on {record.target}: {record.summary}",
        "tags": [record.drill, record.environment],
        "steady-state-hypothesis": {"title": record.expect, "probes": []}, "method": actions, "rollbacks": [],
    }  # fmt: skip


def _action(record: Record, one: Struck) -> dict[str, Any]:
    begin = record.began + timedelta(seconds=one.at)
    lasted = one.lasted[1] if len(one.lasted) > 1 and one.lasted[1] is not None else None
    end = begin + timedelta(seconds=lasted or 0.0)
    provider = {"type": "process", "path": "prodready", "arguments": ["drill", record.drill]}
    return {
        "activity": {"type": "action", "name": one.fault, "provider": provider}, "status": "succeeded" if one.proof else "failed", "start": _time(begin),
        "end": _time(end), "duration": lasted or 0.0,
        "output": {"proof": one.proof, "time_to_recover": list(one.lasted), "before": one.before, "after": one.after},
    }  # fmt: skip


def _steady(record: Record, met: bool) -> dict[str, Any]:
    value = record.value if not (isinstance(record.value, float) and math.isinf(record.value)) else "never"
    return {"steady_state_met": met, "probes": [{"activity": {"type": "probe", "name": record.expect}, "status": "succeeded", "output": value}]}


def _time(moment: datetime) -> str:
    """ISO 8601 in UTC, as chaoslib writes it."""
    return moment.isoformat()
