"""Progress: one line a check in a log, moving on a terminal, silent for programs."""

import io
import threading

import pytest

from prodready.progress import Lines, Moving, Silent, ended, progress
from reports import HOSTILE, sample


def by_id(item_id: str):
    return next(outcome for outcome in sample().outcomes if outcome.item.id == item_id)


@pytest.mark.parametrize(("live", "quiet", "kind"), [(True, False, Moving), (False, False, Lines), (True, True, Silent), (False, True, Silent)])
def test_the_progress_fits_its_reader(live, quiet, kind):
    assert kind is type(progress(io.StringIO(), live=live, quiet=quiet))


def test_a_check_that_held_is_one_line_with_what_it_rests_on():
    assert "✓ docs.recovery passed  \u2068docs/התאוששות.md\u2069 · 1.2 s" == ended("docs.recovery", by_id("docs.recovery"), 1.24)


def test_a_check_that_could_not_tell_says_why():
    assert "? workflows.pinned unknown  zizmor was stopped after 120 s · 2 min 0 s" == ended("workflows.pinned", by_id("workflows.pinned"), 120)


def test_hostile_words_make_no_second_line():
    stream = io.StringIO()
    with progress(stream, live=False) as lines:
        lines.finished(HOSTILE + "\n::error::x", by_id("docs.hostile"), 0)
    assert 1 == stream.getvalue().count("\n")
    assert "\x1b" not in stream.getvalue()


def test_moving_progress_takes_starts_from_many_threads_and_leaves_an_empty_line_behind():
    stream = io.StringIO()
    with progress(stream, live=True) as moving:
        moving.planned(8)
        threads = [threading.Thread(target=moving.started, args=(f"job {n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 8 == len(moving.running)
        for n in range(8):
            moving.finished(f"job {n}", by_id("docs.recovery"), 0.1)
        assert "" == moving.words()
