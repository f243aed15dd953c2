"""The arithmetic of intervals: whatever the probes were, the true outage lies inside, and nothing is claimed that nobody saw."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from prodready.engine.outage import Sample, Span, Struck, mean, outage, reached, wider

OLD, NEW = "run 1", "run 2"
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A loaded machine is no reason to fail."""


def row(interval, delays, *, down, back, end=200, late=(0.0,), moment=1.0, slow=()):
    """What a fixed-rate probe sees of a server that is gone from ``down`` to ``back``; each probe takes as long as ``delays`` says.

    It begins as much later than it should as ``late`` says; the server is asked at ``moment`` of it, from its start (0) to its end (1), and
    those numbered ``slow`` wait in vain for who is there.
    """
    for number in range(end):
        start = number * interval + late[number % len(late)]
        finish = start + min(delays[number % len(delays)], interval)
        asked = start + moment * (finish - start)
        if down <= asked < back:
            yield Sample(start=start, end=finish, ok=False, detail="refused")
        elif number in slow:
            yield Sample(start=start, end=start + interval, ok=False, detail="no answer in time", silent=True)
        else:
            yield Sample(start=start, end=finish, ok=True, identity=OLD if asked < down else NEW)


@patient
@given(
    interval=st.floats(0.01, 1),
    delays=st.lists(st.floats(0.0001, 1), min_size=1, max_size=7),
    down=st.floats(0.5, 10),
    lasts=st.floats(0, 50),
    slack=st.tuples(st.floats(0, 0.01), st.floats(0, 0.01)),
)
def test_the_true_outage_lies_inside_the_interval(interval, delays, down, lasts, slack):
    struck = Struck(before=down - slack[0], after=down + slack[1])
    samples = list(row(interval, delays, down=down, back=down + lasts, end=int((down + lasts) / interval) + 8))
    seen = outage(samples, struck, identity=OLD, good=3, renews=True)
    assert seen.recovered
    assert seen.lasted.low - 1e-9 <= lasts <= seen.lasted.high + 1e-9


@patient
@given(interval=st.floats(0.02, 1), took=st.floats(0.0001, 1), lasts=st.floats(1, 30), down=st.floats(1, 5))
def test_the_interval_is_at_most_two_periods_wide(interval, took, lasts, down):
    samples = list(row(interval, [took], down=down, back=down + lasts * interval, end=int(down / interval + lasts) + 9))
    seen = outage(samples, Struck(before=down, after=down), identity=OLD, good=3, renews=True)
    if any(not sample.ok for sample in samples):
        assert seen.lasted.width <= 2 * interval + 1e-9


@patient
@given(
    late=st.lists(st.floats(0, 0.9), min_size=1, max_size=5),
    delays=st.lists(st.floats(0.001, 1), min_size=1, max_size=5),
    moment=st.floats(0, 1),
    slow=st.sets(st.integers(6, 40), max_size=8),
    down=st.floats(3, 5),
    lasts=st.floats(1.5, 12),
    took=st.floats(0, 0.5),
)
def test_a_true_outage_lies_inside_whatever_is_late_and_an_interval_that_is_wider_says_why(late, delays, moment, slow, down, lasts, took):
    struck = Struck(before=down - took, after=down)
    samples = list(row(1.0, delays, down=down, back=down + lasts, end=60, late=[0.1 * one for one in late], moment=moment, slow=slow))
    seen = outage(samples, struck, identity=OLD, good=3, renews=True)
    assert seen.recovered
    assert seen.lasted.low - 1e-9 <= lasts <= seen.lasted.high + 1e-9
    assert (seen.lasted.width > 2.0) == bool(wider(seen, samples, struck, 1.0))


def test_a_lone_slow_answer_after_it_is_back_is_no_outage_and_is_told():
    samples = good(OLD, OLD, NEW, NEW, NEW, NEW, NEW)
    samples[1] = replace(samples[1], ok=False, detail="refused")
    samples[5] = replace(samples[5], ok=False, identity="", silent=True)
    seen = outage(samples, Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    assert (True, 1, "") == (seen.recovered, seen.slow, wider(seen, samples, Struck(before=0.5, after=0.6), 1.0))
    assert math.isclose(1.6, seen.lasted.high)


def test_two_slow_answers_in_a_row_are_told_as_what_makes_the_interval_wider():
    samples = good(OLD, OLD, NEW, NEW, NEW, NEW, NEW, NEW, NEW)
    samples[1] = replace(samples[1], ok=False, detail="refused")
    samples[4:6] = [replace(one, ok=False, identity="", silent=True) for one in samples[4:6]]
    seen = outage(samples, Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    assert (True, 0) == (seen.recovered, seen.slow)
    assert "3.200 s more than two periods: 2 probes got no answer in time" == wider(seen, samples, Struck(before=0.5, after=0.6), 1.0)


@patient
@given(slow=st.integers(1, 5), lasts=st.floats(1, 5))
def test_a_slow_answer_of_a_server_that_is_back_does_not_make_its_outage_longer(slow, lasts):
    samples = list(row(0.1, [0.01], down=1.0, back=1.0 + lasts, end=int((1 + lasts) / 0.1) + 12))
    first = next(at for at, sample in enumerate(samples) if sample.identity == NEW)
    samples[first : first + slow] = [replace(one, ok=False, identity="", detail="no answer in time", silent=True) for one in samples[first : first + slow]]
    seen = outage(samples, Struck(before=1.0, after=1.0), identity=OLD, good=3, renews=True)
    assert seen.lasted.low - 1e-9 <= lasts <= seen.lasted.high


def test_one_that_hangs_is_bound_by_the_answers_that_did_not_come():
    silent = [replace(one, ok=False, identity="", silent=True) for one in good(OLD, OLD, OLD)]
    back = [replace(one, start=one.start + 3, end=one.end + 3) for one in good(OLD, OLD, OLD)]
    assert Span(2.0, 3.1) == outage([*silent, *back], Struck(before=0.0, after=0.0), identity=OLD, good=3, renews=False).lasted


def good(*identities):
    return [Sample(start=at, end=at + 0.1, ok=True, identity=identity) for at, identity in enumerate(identities)]


def test_when_nothing_failed_and_the_same_one_answers_nothing_is_proven():
    seen = outage(good(OLD, OLD, OLD, OLD, OLD), Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    assert (seen.proof, seen.recovered, seen.lasted) == ("", False, None)


def test_an_outage_shorter_than_a_period_is_proven_by_who_answers():
    seen = outage(good(OLD, NEW, NEW, NEW), Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    assert ("run 2" in seen.proof, seen.lasted.low) == (True, 0.0)
    assert math.isclose(0.6, seen.lasted.high)


def test_the_old_one_answering_again_is_no_recovery_from_being_killed():
    samples = good(*[OLD] * 6)
    samples[1] = replace(samples[1], ok=False, detail="timed out")
    killed = outage(samples, Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    stopped = outage(samples, Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=False)
    assert (killed.recovered, stopped.recovered) == (False, True)


def test_a_probe_that_fails_after_the_good_ones_starts_the_count_anew():
    samples = good(OLD, OLD, NEW, NEW, NEW, NEW, NEW)
    samples[1], samples[5] = replace(samples[1], ok=False), replace(samples[5], ok=False)
    seen = outage(samples, Struck(before=0.5, after=0.6), identity=OLD, good=3, renews=True)
    assert (seen.recovered, seen.lasted.high) == (False, math.inf)


def test_the_mean_is_bound_by_the_means_of_the_bounds():
    assert Span(2.0, 4.0) == mean([Span(1.0, 3.0), Span(3.0, 5.0)])


def test_one_that_never_came_back_makes_the_mean_endless():
    assert math.inf == mean([Span(1.0, 3.0), Span(3.0, math.inf)]).high


def test_a_condition_is_reached_with_the_first_of_the_good_looks_in_a_row():
    looks = [Sample(start=at, end=at + 0.1, ok=ok) for at, ok in enumerate((False, True, False, True, True))]
    assert (None, Span(2.0, 3.1)) == (reached(looks[:4], 0.0, times=2), reached(looks, 0.0, times=2))


def test_rounding_never_makes_an_interval_narrower():
    assert Span(0.1234, 0.1236) == Span(0.12345, 0.12351).outward


@patient
@given(st.floats(0, 1e5), st.floats(0, 1e3))
def test_rounding_twice_is_rounding_once(low, width):
    once = Span(low, low + width).outward
    assert once == once.outward
