"""The judge turns observations into statuses, and nothing that was not seen ever passes."""

from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nouns import NOW, finding, found, item, measured
from prodready import expectation
from prodready.judge import judge
from prodready.model import Evidence, Finding, Found, Measured, Severity, Status, Unseen, Waiver

NO_FINDINGS = expectation.parse("no findings")


def status_of(seen: object, expect: str = "no findings", **rest: object) -> Status:
    return judge(item(**rest), seen, usual=expectation.parse(expect), now=NOW).status  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "expect", "status"),
    [
        (found(), "no findings", Status.PASSED),
        (found(finding()), "no findings", Status.FAILED),
        (found(finding(Severity.MEDIUM)), "no findings >= high", Status.PASSED),
        (found(finding(Severity.HIGH)), "no findings >= high", Status.FAILED),
        (found(finding(), finding()), "at most 2 findings", Status.PASSED),
        (found(finding(), finding(), finding()), "at most 2 findings", Status.FAILED),
        (found(finding(suppressed="base: .bandit")), "no findings", Status.PASSED),
        (found(examined=0), "no findings", Status.UNKNOWN),
        (found(finding(), examined=0), "no findings", Status.FAILED),
        (found(gaps=["a.py does not parse"]), "no findings", Status.UNKNOWN),
        (found(finding(), gaps=["a.py does not parse"]), "no findings", Status.FAILED),
        (found(), ">= 80 %", Status.UNKNOWN),
        (measured(81, "%"), ">= 80 %", Status.PASSED),
        (measured(79, "%"), ">= 80 %", Status.FAILED),
        (measured(81), ">= 80 %", Status.UNKNOWN),
        (measured(float("nan"), "%"), ">= 80 %", Status.UNKNOWN),
        (measured(81, "%", examined=0), ">= 80 %", Status.UNKNOWN),
        (measured(1), "no findings", Status.UNKNOWN),
        (Unseen(reason="it hung"), "no findings", Status.UNKNOWN),
    ],
)
def test_each_observation_has_one_status(seen: object, expect: str, status: Status) -> None:
    assert status == status_of(seen, expect)


def test_the_items_own_bound_goes_before_the_checks() -> None:
    assert judge(item(expect=expectation.parse("at most 1 findings")), found(finding()), usual=NO_FINDINGS, now=NOW).status is Status.PASSED


def test_old_evidence_is_stale_and_evidence_of_tomorrow_tells_nothing() -> None:
    aged = {days: measured(1, evidence=Evidence(source="s", collected=NOW - timedelta(days=days))) for days in (6, 8, -1)}
    statuses = {days: status_of(seen, ">= 1", max_age="7 d") for days, seen in aged.items()}
    assert statuses == {6: Status.PASSED, 8: Status.STALE, -1: Status.UNKNOWN}


def test_evidence_past_its_own_end_is_stale() -> None:
    assert status_of(measured(1, evidence=Evidence(source="s", expires=NOW - timedelta(seconds=1))), ">= 1") is Status.STALE


def test_old_evidence_that_fails_stays_failed() -> None:
    assert status_of(measured(0, evidence=Evidence(source="s", collected=NOW - timedelta(days=9))), ">= 1", max_age="7 d") is Status.FAILED


@pytest.mark.parametrize(("until", "status"), [(date(2026, 1, 31), Status.WAIVED), (date(2026, 1, 30), Status.FAILED)])
def test_a_waiver_holds_through_its_last_day_and_no_longer(until: date, status: Status) -> None:
    waiver = Waiver(item="a", owner="@ada", reason="vendor fix on Friday", until=until)
    assert status == judge(item(), found(finding()), usual=NO_FINDINGS, now=NOW, waivers=[waiver]).status


def test_a_waiver_lends_nothing_to_what_could_not_be_told() -> None:
    waiver = Waiver(item="a", owner="@ada", reason="r", until=date(2030, 1, 1))
    assert judge(item(), Unseen(reason="r"), usual=NO_FINDINGS, now=NOW, waivers=[waiver]).status is Status.UNKNOWN


def test_the_summary_names_the_worst_finding_and_where_it_is() -> None:
    seen = found(finding(Severity.LOW, message="small"), finding(Severity.CRITICAL, message="big", path="b.py", line=7))
    assert judge(item(), seen, usual=NO_FINDINGS, now=NOW).summary == "1 critical, 1 low; the worst: b.py:7: big"


FINDINGS = st.builds(Finding, rule=st.just("R"), message=st.just("m"), severity=st.sampled_from(Severity), suppressed=st.sampled_from(["", "base"]))
EVIDENCES = st.builds(
    Evidence,
    source=st.just("s"),
    collected=st.none() | st.datetimes(min_value=NOW.replace(year=2020, tzinfo=None), max_value=NOW.replace(year=2030, tzinfo=None), timezones=st.just(UTC)),
)
OBSERVATIONS = (
    st.builds(Unseen, reason=st.just("r"))
    | st.builds(Found, examined=st.integers(-1, 3), evidence=EVIDENCES, findings=st.lists(FINDINGS, max_size=4).map(tuple), gaps=st.sampled_from([(), ("g",)]))
    | st.builds(
        Measured, value=st.floats() | st.text(max_size=3) | st.booleans(), unit=st.sampled_from(["", "%", "s"]), evidence=EVIDENCES, examined=st.integers(-1, 2)
    )
)
BOUNDS = st.sampled_from(["no findings", "at most 2 findings >= high", ">= 0", "<= 5 %", "is true", "matches a", "!= 1"]).map(expectation.parse)


@given(OBSERVATIONS, BOUNDS, st.sampled_from(["", "7 d"]))
def test_nothing_passes_that_was_not_examined_in_full(seen: object, expect: expectation.Expectation, max_age: str) -> None:
    judged = judge(item(max_age=max_age), seen, usual=expect, now=NOW)  # type: ignore[arg-type]
    if judged.status is Status.PASSED:
        assert not isinstance(seen, Unseen)
        assert seen.examined > 0  # type: ignore[attr-defined]
        assert not getattr(seen, "gaps", ())
    assert judged.summary
