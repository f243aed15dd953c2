"""Waivers are loans: each way in which one goes wrong is named."""

from datetime import date

import pytest

from nouns import category, checklist, item, outcome
from prodready.model import Status, Waiver
from prodready.score import score
from prodready.waivers import ending, faults

TODAY = date(2026, 11, 25)


def faults_of(until=date(2026, 12, 31), status=Status.WAIVED, most=50, candidate=None):
    waiver = Waiver(item="a", owner="@ada", reason="r", until=until, ticket="T-1", approver="@bob")
    held = checklist(category("one", 1, item("a"), item("b"), item("c")), waivers=(waiver,), waived_most=most)
    outcomes = {one.id: outcome(one, status if one.id == "a" else Status.PASSED) for one in held.items}
    return " ".join(faults(held, candidate, outcomes, score(held, outcomes), TODAY))


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ({"until": date(2026, 11, 24), "status": Status.FAILED}, "a: expired on 2026-11-24; do the work, or ask @bob for more time"),
        ({"until": date(2027, 6, 1)}, "more than 90 days from now"),
        ({"status": Status.PASSED}, "a: not used, the item passes; take the waiver out"),
        ({"most": 10}, "33.3 points are lent, at most 10 may be"),
    ],
)
def test_a_loan_that_is_late_too_long_unused_or_too_large_is_a_fault(rest, says):
    assert says in faults_of(**rest)


def test_a_good_loan_is_none():
    assert "" == faults_of()


def test_a_change_that_gives_back_an_unused_waiver_is_not_blocked_by_it():
    assert "" == faults_of(status=Status.PASSED, candidate=checklist(category("one", 1, item("a"))))


def test_a_loan_that_ends_soon_is_told_before():
    waiver = Waiver(item="a", owner="@ada", reason="r", until=date(2026, 12, 4), ticket="T-1", approver="@bob")
    assert ("the waiver of a ends in 9 days, on 2026-12-04 (@ada, T-1)",) == ending(checklist(waivers=(waiver,)), TODAY)
