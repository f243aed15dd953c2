"""Waivers are loans: owned, approved by somebody else, dated, capped, and gone when the work is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from prodready.model import Checklist, Outcome, Score, Status, Waiver

LONGEST = timedelta(days=90)
WARNING = timedelta(days=14)


def faults(held: Checklist, candidate: Checklist | None, outcomes: Mapping[str, Outcome], total: Score, today: date) -> tuple[str, ...]:
    """What is wrong with the loans, in words. One that the change itself gives back is not held against it."""
    kept = {waiver.item for waiver in (candidate or held).waivers}
    return tuple(_faults([waiver for waiver in held.waivers if waiver.item in kept], held, outcomes, total, today))


def _faults(waivers: list[Waiver], held: Checklist, outcomes: Mapping[str, Outcome], total: Score, today: date) -> Iterator[str]:
    for waiver in waivers:
        if waiver.until < today:
            yield f"{waiver.item}: expired on {waiver.until}; do the work, or ask {waiver.approver} for more time"
        elif waiver.until > today + LONGEST:
            yield f"{waiver.item}: until {waiver.until} is more than {LONGEST.days} days from now; write an earlier day"
        if waiver.item in outcomes and outcomes[waiver.item].status is Status.PASSED:
            yield f"{waiver.item}: not used, the item passes; take the waiver out"
    lent = total.value - total.without_waivers
    if lent > held.waived_most + 1e-9:
        yield f"{lent:.1f} points are lent, at most {held.waived_most:g} may be (waived_most); pay some back"


def ending(held: Checklist, today: date) -> tuple[str, ...]:
    """The loans that end within fourteen days."""
    return tuple(
        f"the waiver of {waiver.item} ends in {(waiver.until - today).days} days, on {waiver.until} ({waiver.owner}, {waiver.ticket})"
        for waiver in held.waivers
        if today <= waiver.until <= today + WARNING
    )
