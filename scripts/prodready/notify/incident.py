"""What a drill tells people: how it ended, how long it lasted, and the id the incident goes by."""

from __future__ import annotations

from prodready.evidence.record import Record
from prodready.notify.message import Message, inert

SIGNS = {"passed": ":white_check_mark:", "failed": ":x:", "unknown": ":grey_question:"}


def message(record: Record) -> Message:
    """The incident of one drill."""
    todo = f"\nWhat to do: {inert(record.remedy)}" if record.remedy and record.status != "passed" else ""
    facts = (
        ("Target", record.target), ("Environment", record.environment or "not named"), ("Measured", _measured(record)), ("Bound", record.expect),
        ("Began", record.started), ("Good until", record.expires),
    )  # fmt: skip
    small = f"incident {record.id} · drill {record.drill} · commit {record.subject.commit[:12] or 'none'}"
    return Message(sign=SIGNS[record.status], headline=f"{record.title} {record.status}", body=inert(record.summary) + todo, facts=facts, small=small)


def _measured(record: Record) -> str:
    value = f"{record.measured:.4g}" if isinstance(record.measured, float) else str(record.measured) if record.measured is not None else ""
    return f"{value} {record.unit}".strip()
