"""The runner is parallel, keeps every deadline, and turns every exception into words: here and nowhere else."""

import threading
import time

import pytest

from nouns import check, found, item
from prodready.check import CannotTell
from prodready.model import Observation, Unseen
from prodready.plan import Job
from prodready.run import Ran, run


def job(name: str, observe: object, **rest: object) -> Job:
    return Job(check_id=name, check=check(observe, **rest), params=None, items=(item(name),))  # type: ignore[arg-type]


def observe(one: Job) -> Observation:
    return one.check.observe(None, None)  # type: ignore[arg-type]


def results(jobs: list[Job], *, workers: int = 2, deadline: float = 60) -> dict[str, Ran]:
    return {ran.job.check_id: ran for ran in run(jobs, observe, workers=workers, deadline=deadline)}


def raising(error: BaseException) -> object:
    def observe_(ctx: object, params: object) -> Observation:
        raise error

    return observe_


def test_every_job_has_exactly_one_result() -> None:
    jobs = [job(f"j{number}", lambda ctx, params: found()) for number in range(20)]
    assert {f"j{number}": found() for number in range(20)} == {name: ran.observation for name, ran in results(jobs).items()}


def test_jobs_run_side_by_side() -> None:
    meet = threading.Barrier(3, timeout=20)
    jobs = [job(f"j{number}", lambda ctx, params: (meet.wait(), found())[1]) for number in range(3)]
    assert all(ran.observation == found() for ran in results(jobs, workers=3).values())


def test_what_may_take_longest_begins_first() -> None:
    begun: list[str] = []
    jobs = [job(name, lambda ctx, params: found(), deadline=limit) for name, limit in (("short", 5.0), ("long", 600.0), ("middle", 30.0), ("long.2", 900.0))]
    list(run(jobs, observe, workers=1, deadline=60, started=lambda one: begun.append(one.check_id)))
    assert ["long.2", "long", "short", "middle"] == begun


def test_a_job_that_must_be_alone_starts_after_all_others_have_ended() -> None:
    running: list[str] = []
    seen: list[int] = []

    def busy(ctx: object, params: object) -> Observation:
        running.append("x")
        time.sleep(0.05)
        running.pop()
        return found()

    def lonely(ctx: object, params: object) -> Observation:
        seen.append(len(running))
        return found()

    results([job("alone", lonely, alone=True), *(job(f"j{number}", busy) for number in range(4))])
    assert seen == [0]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (CannotTell("no answer", "start it"), "no answer"),
        (RuntimeError("secret=hunter2"), "the check x crashed: RuntimeError"),
        (MemoryError(), "ran out of memory"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_whatever_a_check_raises_becomes_words_without_its_message(error: BaseException, says: str) -> None:
    seen = results([job("x", raising(error))])["x"].observation
    assert isinstance(seen, Unseen)
    assert says in seen.reason
    assert "hunter2" not in seen.reason + seen.remedy


def test_a_check_that_hangs_is_given_up_and_does_not_hold_up_the_others() -> None:
    forever = threading.Event()
    jobs = [
        job("hangs", lambda ctx, params: (forever.wait(60), found())[1], deadline=0.3),
        *(job(f"j{number}", lambda ctx, params: found()) for number in range(5)),
    ]
    begin = time.monotonic()
    ended = results(jobs, workers=1)
    forever.set()
    assert time.monotonic() - begin < 20
    assert isinstance(ended["hangs"].observation, Unseen)
    assert "deadline" in ended["hangs"].observation.reason
    assert all(ended[f"j{number}"].observation == found() for number in range(5))


def test_when_the_run_is_over_time_what_has_not_started_is_unseen() -> None:
    forever = threading.Event()
    jobs = [job(f"j{number}", lambda ctx, params: (forever.wait(60), found())[1]) for number in range(4)]
    ended = results(jobs, workers=1, deadline=0.3)
    forever.set()
    assert sorted(ended) == ["j0", "j1", "j2", "j3"]
    assert all(isinstance(ran.observation, Unseen) for ran in ended.values())


def test_a_late_answer_of_an_abandoned_check_is_not_taken() -> None:
    go_on = threading.Event()
    jobs = [
        job("late", lambda ctx, params: (go_on.wait(60), found())[1], deadline=0.3),
        job("waits", lambda ctx, params: (go_on.set(), time.sleep(0.5), found())[2]),
    ]
    ended = list(run(jobs, observe, workers=1, deadline=60))
    assert ["late", "waits"] == [ran.job.check_id for ran in ended]
