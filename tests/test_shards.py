"""A run in parts: every item in exactly one, the same parts for the same plan, and none that may go missing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nouns import check, item
from prodready import shards
from prodready.plan import Job, Plan


def planned(costs):
    jobs = [Job(check_id=f"c{at}", check=check(lambda *_: None, deadline=cost), params=None, items=(item(f"i{at}"),)) for at, cost in enumerate(costs)]
    return Plan(jobs=tuple(jobs), settled=(), left_out=0)


@given(st.lists(st.floats(1, 1000), max_size=12), st.integers(1, 8))
def test_every_item_is_in_exactly_one_part_and_the_same_plan_gives_the_same_parts(costs, number):
    parts = shards.split(planned(costs), number)
    items = [one for part in parts for one in part.items]
    assert sorted(items) == sorted(f"i{at}" for at in range(len(costs)))
    assert len(parts) == min(number, len(costs))
    assert parts == shards.split(planned(costs), number)


@pytest.mark.integration
@pytest.mark.parametrize("present", [True, False])
def test_24_a_part_that_left_no_report_fails_the_run(pull, present):
    pull.base().change({"desk.py": "x = 2\n"})
    (first, second) = json.loads(pull.gate("--shards=2", command="plan").out.splitlines()[-1])
    assert {"docs.readme", "code.finished"} == {first["only"], second["only"]}
    for part in [first, second] if present else [first]:
        pull.gate(f"--only={part['only']}", f"--out={pull.folder / 'partial' / part['shard']}")
    gated = pull.gate("--shards=2", str(pull.folder / "partial"), command="merge")
    assert (0 if present else 1, "success" if present else "failure") == (gated.code, pull.github.statuses[-1]["state"]), gated.out
    assert present or "tampering: the part 2-of-2 of this run left no whole report" in gated.told


@pytest.mark.integration
def test_a_matrix_larger_than_github_starts_is_refused(pull):
    pull.base().change()
    assert 2 == pull.gate("--shards=257", command="plan").code
