"""The laws of the score and of the decision (design 4.4), held by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nouns import category, checklist, item, outcome
from prodready.errors import Exit
from prodready.gate import decide
from prodready.model import Checklist, Decision, Outcome, Score, Signoff, Status
from prodready.score import score

Verdicts = tuple[Checklist, dict[str, Outcome]]


@st.composite
def verdicts(draw: st.DrawFn) -> Verdicts:
    """A checklist of up to four categories and any status for each item."""
    categories, outcomes = [], {}
    for number in range(draw(st.integers(1, 4))):
        items = [
            item(f"c{number}.i{index}", weight=draw(st.sampled_from([0.5, 1, 3])), required=draw(st.booleans())) for index in range(draw(st.integers(1, 4)))
        ]
        categories.append(category(f"c{number}", draw(st.sampled_from([1, 5, 12.5, 40] if number == 0 else [0, 1, 5, 12.5, 40])), *items))
        outcomes |= {one.id: outcome(one, draw(st.sampled_from(Status))) for one in items}
    return checklist(*categories, pass_mark=draw(st.sampled_from([0, 50, 80, 100]))), outcomes


def decided(held: Checklist, outcomes: dict[str, Outcome], **rest: object) -> tuple[Score, Decision]:
    total = score(held, outcomes)
    return total, decide(held, outcomes, total, **rest)  # type: ignore[arg-type]


def test_the_score_is_the_weighted_mean_of_the_categories() -> None:
    a, b, c = item("a"), item("b"), item("c", weight=3)
    held = checklist(category("one", 30, a, b), category("two", 10, c))
    total = score(held, {"a": outcome(a, Status.PASSED), "b": outcome(b, Status.FAILED), "c": outcome(c, Status.WAIVED)})
    assert (total.value, total.without_waivers) == (62.5, 37.5)
    assert [(row.weight, row.earned, row.of, row.percent) for row in total.categories] == [(75, 1, 2, 50), (25, 3, 3, 100)]


def test_a_category_in_which_nothing_applies_has_no_weight() -> None:
    a, b = item("a"), item("b")
    held = checklist(category("one", 1, a), category("two", 99, b))
    assert score(held, {"a": outcome(a, Status.PASSED), "b": outcome(b, Status.NOT_APPLICABLE)}).value == 100


def test_a_category_without_weight_is_not_scored_but_its_required_items_block() -> None:
    a, b = item("a"), item("b", required=True)
    held = checklist(category("one", 1, a), category("people", 0, b))
    total, decision = decided(held, {"a": outcome(a, Status.PASSED), "b": outcome(b, Status.FAILED)})
    assert (total.value, decision.exit_code) == (100, Exit.NOT_READY)


def test_a_checklist_in_which_nothing_applies_is_not_ready() -> None:
    a = item("a")
    held = checklist(category("one", 1, a), pass_mark=0)
    assert decided(held, {"a": outcome(a, Status.NOT_APPLICABLE)})[1].exit_code == Exit.UNKNOWN


@given(verdicts(), st.data())
def test_turning_any_status_into_one_that_was_not_seen_never_raises_the_score_nor_makes_ready(given_: Verdicts, data: st.DataObject) -> None:
    held, before = given_
    victim = data.draw(st.sampled_from(sorted(before)))
    worse = data.draw(st.sampled_from([Status.UNKNOWN, Status.STALE, Status.PENDING, Status.FAILED]))
    after = {**before, victim: replace(before[victim], status=worse)}
    (old, was), (new, now) = decided(held, before), decided(held, after)
    assert new.value <= old.value + 1e-9
    assert was.ready or not now.ready


@given(verdicts())
def test_the_score_lies_between_0_and_100_and_waivers_only_add(given_: Verdicts) -> None:
    total = score(*given_)
    assert 0 <= total.without_waivers <= total.value + 1e-9 <= 100 + 1e-6


@given(verdicts(), st.randoms())
def test_order_and_titles_do_not_matter(given_: Verdicts, random: object) -> None:
    held, outcomes = given_
    shuffled = list(held.categories)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(held, categories=tuple(replace(one, title="x", items=tuple(reversed(one.items))) for one in shuffled))
    assert score(other, outcomes).value == pytest.approx(score(held, outcomes).value)
    assert decided(other, outcomes)[1].exit_code == decided(held, outcomes)[1].exit_code


@given(verdicts())
def test_ready_is_exactly_the_mark_reached_and_every_required_item_held(given_: Verdicts) -> None:
    held, outcomes = given_
    total, decision = decided(held, outcomes)
    held_up = all(one.status in (Status.PASSED, Status.WAIVED, Status.NOT_APPLICABLE) for one in outcomes.values() if one.item.required)
    proved = any(one.status in (Status.PASSED, Status.WAIVED) for one in outcomes.values())
    assert decision.ready == (held_up and proved and total.value >= held.pass_mark - 1e-9)
    assert decision.ready == (decision.exit_code == 0) == (not decision.reasons)


@given(verdicts())
def test_the_exit_code_names_the_weakest_thing_that_would_have_to_change(given_: Verdicts) -> None:
    held, outcomes = given_
    code = decided(held, outcomes)[1].exit_code
    if code == Exit.PENDING:
        assert decided(held, _passing(outcomes, Status.PENDING))[1].ready
    if code == Exit.UNKNOWN and any(one.status.counts for one in outcomes.values()):
        assert decided(held, _passing(outcomes, Status.PENDING, Status.UNKNOWN, Status.STALE))[1].ready
    if code == Exit.NOT_READY:
        assert not decided(held, _passing(outcomes, Status.PENDING, Status.UNKNOWN, Status.STALE))[1].ready


def _passing(outcomes: dict[str, Outcome], *statuses: Status) -> dict[str, Outcome]:
    return {key: replace(one, status=Status.PASSED) if one.status in statuses else one for key, one in outcomes.items()}


@given(verdicts())
def test_strictness_only_ever_blocks_more(given_: Verdicts) -> None:
    codes = [decided(*given_, fail_on=fail_on)[1].ready for fail_on in ("gate", "failed", "unknown")]
    assert codes == sorted(codes, reverse=True)


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ((Status.PASSED, Status.PASSED), Exit.READY),
        ((Status.FAILED, Status.PASSED), Exit.NOT_READY),
        ((Status.UNKNOWN, Status.PASSED), Exit.UNKNOWN),
        ((Status.STALE, Status.PASSED), Exit.UNKNOWN),
        ((Status.PENDING, Status.PASSED), Exit.PENDING),
        ((Status.PENDING, Status.UNKNOWN), Exit.UNKNOWN),
        ((Status.FAILED, Status.UNKNOWN), Exit.NOT_READY),
        ((Status.WAIVED, Status.NOT_APPLICABLE), Exit.READY),
    ],
)
def test_two_required_items_give_this_exit_code(statuses: tuple[Status, Status], code: Exit) -> None:
    a, b = item("a", required=True), item("b", required=True)
    held = checklist(category("one", 1, a, b))
    assert code == decided(held, {"a": outcome(a, statuses[0]), "b": outcome(b, statuses[1])})[1].exit_code


def test_a_missing_signature_awaits_people_and_tampering_is_a_failure() -> None:
    a = item("a")
    held, outcomes = checklist(category("one", 1, a)), {"a": outcome(a, Status.PASSED)}
    assert decided(held, outcomes, signoffs=[Signoff(role="CTO", missing="waits")])[1].exit_code == Exit.PENDING
    assert decided(held, outcomes, tampering=["a workflow was edited"])[1].exit_code == Exit.NOT_READY
