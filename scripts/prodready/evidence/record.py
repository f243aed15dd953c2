"""A record: the dated result of one drill as JSON. It carries the outcome as a report does, and the times that show it was earned."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from prodready import decode
from prodready.drill import Drilled
from prodready.engine.incident import Incident
from prodready.engine.journal import Event, Journal
from prodready.engine.outage import Span
from prodready.model import Outcome
from prodready.report import json_v1, wire

SCHEMA = "prodready/record/v1"


class Struck(Struct, frozen=True, kw_only=True):
    """One fault and what it did; times in seconds since it began."""

    fault: str
    at: float
    """Seconds since the drill began."""
    proof: str
    """What shows that the fault was real."""
    before: str
    """Who answered before."""
    after: str
    """Who answers since; empty when nobody does."""
    detected: tuple[float | None, ...] | None
    """Between which two moments the first probe noticed."""
    lasted: tuple[float | None, ...]
    """Between which two moments service came back; null for never."""
    errors: tuple[str, ...]
    """The different ways in which probes failed."""
    probes: tuple[tuple[float, ...], ...]
    """Start, end, and 1 for a good or 0 for a failed probe."""
    late: str = ""
    """Which probes were late, and how much less exactly the time is known for it; empty when none was."""


class Notification(Struct, frozen=True, kw_only=True):
    """Whether people were told."""

    channel: str
    delivered: bool
    detail: str


class Record(Struct, frozen=True, kw_only=True):
    """The whole file. ``sha256`` is that of the file's data without it, as ``digest`` computes it."""

    schema: Literal["prodready/record/v1"]
    id: str
    """Unique; an incident goes by it in every channel."""
    drill: str
    """Which drill: its id."""
    title: str
    """What the team calls it; the first line of the drill's words when it gave no title."""
    target: str
    """What was disturbed."""
    environment: str
    """``PRODREADY_ENV`` of the run; empty when it was not set."""
    tool: wire.Tool
    subject: wire.Subject
    params: dict[str, object]
    """As given, without credentials."""
    started: str
    """RFC 3339 in UTC."""
    expires: str
    """Until when the result is good."""
    status: Literal["passed", "failed", "unknown"]
    expect: str
    measured: int | float | str | bool | None
    """``Infinity`` for a claim that never held."""
    unit: str
    interval: tuple[float | None, ...] | None
    """Seconds between which the measured time truly lies; the upper end is null for never."""
    examined: int
    summary: str
    seconds: float
    observation: Literal["measured", "found", "unseen"]
    reason: str
    remedy: str
    evidence: wire.Evidence
    findings: tuple[wire.Finding, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    incidents: tuple[Struck, ...]
    journal: tuple[Event, ...]
    notifications: tuple[Notification, ...]
    facts: dict[str, object]
    """What else this drill keeps."""
    sha256: str = ""

    @property
    def value(self) -> float | int | str | bool | None:
        """The measure, with its infinity."""
        return {"Infinity": math.inf, "-Infinity": -math.inf}.get(self.measured, self.measured) if isinstance(self.measured, str) else self.measured

    @property
    def began(self) -> datetime:
        """When the drill began."""
        return datetime.fromisoformat(self.started)


class Origin(Struct, frozen=True, kw_only=True):
    """What a record says about where it comes from."""

    id: str
    drill: str
    title: str
    target: str
    environment: str
    version: str
    subject: wire.Subject
    params: Mapping[str, object]
    good_for: timedelta


def record(origin: Origin, outcome: Outcome, journal: Journal, done: Drilled) -> Record:
    """The record of an outcome."""
    item = json.loads(json_v1.item_json(outcome))
    own: dict[str, Any] = {
        "schema": SCHEMA, "id": origin.id, "drill": origin.drill, "title": origin.title, "target": origin.target, "environment": origin.environment,
        "tool": {"name": "prodready", "version": origin.version}, "subject": to_builtins(origin.subject),
        "params": json.loads(json.dumps(dict(origin.params), default=str)),  # YAML has dates, JSON has not
        "started": _time(journal.begun, "milliseconds"), "expires": _time(journal.begun + origin.good_for), "interval": bounds(done.interval),
        "incidents": [to_builtins(_struck(incident)) for incident in done.incidents], "journal": [to_builtins(event) for event in journal.events],
        "notifications": [], "facts": dict(done.facts),
    }  # fmt: skip
    plain = journal.clean({**{key: item[key] for key in item if key not in ("check", "awaits", "lapsed")}, **own})
    return sealed(decode.decode(plain, Record))


def sealed(unsealed: Record) -> Record:
    """The record with its hash."""
    return replace(unsealed, sha256=digest(to_builtins(unsealed)))


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 of the data without ``sha256``: keys sorted, no blanks, UTF-8."""
    plain = json.dumps({key: data[key] for key in data if key != "sha256"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def text(of: Record) -> str:
    """The file."""
    return json.dumps(to_builtins(of), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def parse(raw: str) -> Record:
    """The record in a file. Raises ValueError for what is none, or is not as it was written."""
    data = json.loads(raw)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    if digest(data) != data.get("sha256"):
        raise ValueError("its content does not fit its sha256: it was changed or cut after the drill")
    return decode.decode(data, Record)


def bounds(span: Span | None) -> tuple[float | None, ...] | None:
    """An interval as JSON can say it."""
    return span.plain if span else None


def _struck(incident: Incident) -> Struck:
    return Struck(
        fault=incident.fault, at=round(incident.struck, 4), proof=incident.proof, before=incident.before, after=incident.after,
        detected=bounds(incident.detected), lasted=bounds(incident.lasted) or (), errors=incident.errors,
        probes=tuple((start, end, float(ok)) for start, end, ok in incident.probes), late=incident.late,
    )  # fmt: skip


def _time(moment: datetime, precision: str = "seconds") -> str:
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
