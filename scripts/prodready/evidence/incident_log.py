"""The incident as people write it down: what was done, what was seen, when, and how it ended."""

from __future__ import annotations

from prodready.evidence.record import Record
from prodready.names import shown
from prodready.report.escape import markdown as _cell

SIGNS = {"passed": "✓", "failed": "✗", "unknown": "?"}


def log(record: Record) -> str:
    """The log of one drill."""
    rows = [f"# {SIGNS[record.status]} {_cell(record.title)}: {record.status}", "", _cell(record.summary), ""]
    if record.remedy:
        rows += [f"What to do: {_cell(record.remedy)}", ""]
    rows += ["| | |", "|---|---|", *(f"| {name} | {_cell(value)} |" for name, value in _facts(record)), ""]
    if record.incidents:
        rows += [*_incidents(record), ""]
    rows += [f"- {_cell(finding.message)}" for finding in record.findings]
    rows += ["", "## Log", "", "| s | phase | |", "|---:|---|---|"]
    rows += [f"| {event.at:.3f} | {_cell(event.phase)} | {_cell(event.what)} |" for event in record.journal]
    return "\n".join(rows) + "\n"


def line(record: Record) -> str:
    """One line, for a log of all incidents that ``grep`` reads."""
    return f"{record.started} {record.status} {record.drill} {shown(record.target)}: {shown(record.title)}: {shown(record.summary)} (incident {record.id})"


def _facts(record: Record) -> list[tuple[str, str]]:
    rows = [("incident", record.id), ("drill", record.drill), ("target", record.target), ("environment", record.environment or "not named")]
    rows += [("began", record.started), ("commit", record.subject.commit[:12] or "none"), ("bound", record.expect), ("good until", record.expires)]
    return rows


def _incidents(record: Record) -> list[str]:
    head = ["| fault | proven by | noticed (s) | back after (s) | before | since |", "|---|---|---|---|---|---|"]
    return head + [
        f"| {_cell(one.fault)} | {_cell(one.proof)} | {_span(one.detected)} | {_span(one.lasted)} | {_cell(one.before)} | {_cell(one.after)} |"
        for one in record.incidents
    ]


def _span(ends: tuple[float | None, ...] | None) -> str:
    return " to ".join("never" if end is None else f"{end:.3f}" for end in ends) if ends else ""
