"""Stage 6: score, required items, sign-offs -> decision with reasons; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor

from msgspec.structs import replace

from prodready.errors import Exit
from prodready.model import Checklist, Decision, Outcome, Score, Signoff, Status
from prodready.score import score as rescore

_SATISFIED = (Status.PASSED, Status.WAIVED, Status.NOT_APPLICABLE)
_UNTOLD = (Status.UNKNOWN, Status.STALE)
_BLOCKING = {"gate": (), "failed": (Status.FAILED,), "unknown": (Status.FAILED, *_UNTOLD, Status.PENDING)}
"""Statuses that block an item that is not required, by strictness."""


def decide(
    checklist: Checklist,
    outcomes: Mapping[str, Outcome],
    total: Score,
    *,
    signoffs: Sequence[Signoff] = (),
    loans: Sequence[str] = (),
    tampering: Sequence[str] = (),
    fail_on: str = "gate",
) -> Decision:
    """Ready iff the score reaches the mark, every required item holds, every role has signed and no tampering is open.

    ``loans`` is what is wrong with the waivers.
    """
    open_rows = [row for row in signoffs if row.missing]
    people = tuple(f"{row.role} has not signed{f' for {row.about}' if row.about else ''}: {row.missing}" for row in open_rows)
    faults = (*(f"tampering: {what}" for what in tampering), *(f"waiver: {what}" for what in loans))
    reasons = (*faults, *_reasons(outcomes, total, fail_on), *people)
    if not reasons:
        return Decision(ready=True, exit_code=Exit.READY, reasons=())
    code = Exit.NOT_READY if faults else _code(checklist, outcomes, fail_on)
    if code is Exit.PENDING and any(row.untold for row in open_rows):
        code = Exit.UNKNOWN
    return Decision(ready=False, exit_code=code, reasons=reasons, missing_signoffs=tuple(dict.fromkeys(row.role for row in open_rows)))


def tampered(decision: Decision, what: str) -> Decision:
    """The decision after something that must not be was seen: not ready, for this reason first."""
    return replace(decision, ready=False, exit_code=Exit.NOT_READY, reasons=(f"tampering: {what}", *decision.reasons))


def _reasons(outcomes: Mapping[str, Outcome], total: Score, fail_on: str) -> tuple[str, ...]:
    """What stands between these outcomes and ready; empty when nothing does."""
    blocking = [outcome for outcome in outcomes.values() if _blocks(outcome, fail_on)]
    lines = [f"{outcome.item.id} {outcome.status}: {outcome.summary}" for outcome in blocking]
    # Sums of floating weights may miss a mark of 80 by one unit in the last place.
    if total.value < total.pass_mark - 1e-9:
        lines.append(f"the score {floor(total.value * 10) / 10:.1f} is below the pass mark {total.pass_mark:g}")
    if not any(outcome.status.earns for outcome in outcomes.values()):
        lines.append("no item passed, so nothing is proved")
    return tuple(lines)


def _blocks(outcome: Outcome, fail_on: str) -> bool:
    if outcome.item.required:
        return outcome.status not in _SATISFIED
    return outcome.status in _BLOCKING[fail_on]


def _code(checklist: Checklist, outcomes: Mapping[str, Outcome], fail_on: str) -> Exit:
    """The least that would have to change: people sign, then eyes see, then the thing itself improves."""
    if not any(outcome.status.counts for outcome in outcomes.values()):
        return Exit.UNKNOWN
    for hoped, code in (((Status.PENDING,), Exit.PENDING), ((Status.PENDING, *_UNTOLD), Exit.UNKNOWN)):
        best = {key: replace(outcome, status=Status.PASSED) if outcome.status in hoped else outcome for key, outcome in outcomes.items()}
        if not _reasons(best, rescore(checklist, best), fail_on):
            return code
    return Exit.NOT_READY
