"""Stage 3: run jobs in parallel under deadlines. Here, and nowhere else, an exception becomes ``Unseen``."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from prodready.check import Awaited, CannotTell, Lapsed
from prodready.model import Observation, Unseen
from prodready.plan import Job

Observe = Callable[[Job], Observation]
_TICK = 0.2
"""Seconds between two looks at the clock."""
LONG = 600.0
"""From this deadline on, in seconds, a check is one that may take long."""


class Ran(Struct, frozen=True, kw_only=True):
    """A job that has ended, one way or the other."""

    job: Job
    observation: Observation
    seconds: float


def run(jobs: Sequence[Job], observe: Observe, *, workers: int, deadline: float, started: Callable[[Job], None] = lambda job: None) -> Iterator[Ran]:
    """Each job's result as it ends; all have one. ``deadline`` bounds the whole run in seconds; jobs that must be alone follow the others.

    Of what may take long the longest begins first, so that nobody waits for it alone at the end; the rest keeps its order.
    """
    end = time.monotonic() + deadline
    together = sorted((job for job in jobs if not job.check.alone), key=lambda job: -job.check.deadline if job.check.deadline >= LONG else 0.0)
    yield from _Crew(observe, started, end).work(together, workers)
    yield from _Crew(observe, started, end).work([job for job in jobs if job.check.alone], 1)


def guarded(observe: Observe, job: Job) -> Observation:
    """What the check saw, or why it could not: no exception leaves."""
    try:
        return observe(job)
    except CannotTell as error:
        return Unseen(reason=error.reason, remedy=error.remedy, awaits=isinstance(error, Awaited), lapsed=isinstance(error, Lapsed))
    except MemoryError:
        return Unseen(reason=f"the check {job.check_id} ran out of memory", remedy="run it on a larger machine, or narrow its files")
    except Exception as error:  # noqa: BLE001 - a crashed check must never look like a clean one
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        line = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "?"
        return Unseen(
            reason=f"the check {job.check_id} crashed: {type(error).__name__} in {line}",
            remedy="this is a bug of prodready: report it with this line",
        )


class _Crew(Struct, eq=False):
    """Daemon threads that take jobs; one that overruns its deadline is abandoned and replaced, so no job can hold up the verdict."""

    observe: Observe
    started: Callable[[Job], None]
    end: float
    todo: queue.SimpleQueue[Job] = field(default_factory=queue.SimpleQueue)
    done: queue.SimpleQueue[Ran] = field(default_factory=queue.SimpleQueue)
    running: dict[int, tuple[Job, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, jobs: Sequence[Job], workers: int) -> Iterator[Ran]:
        for job in jobs:
            self.todo.put(job)
        for _ in range(min(workers, len(jobs))):
            self.hire()
        owed = len(jobs)
        while owed:
            for ran in self.collect():
                owed -= 1
                yield ran

    def hire(self) -> None:
        threading.Thread(target=self.labour, daemon=True).start()

    def labour(self) -> None:
        while True:
            try:
                job = self.todo.get_nowait()
            except queue.Empty:
                return
            if not self.do(job):
                return

    def do(self, job: Job) -> bool:
        """Runs one job; False when it was given up meanwhile, and this thread with it."""
        begin = time.monotonic()
        with self.lock:
            self.running[id(job)] = (job, begin)
        self.started(job)
        seen = guarded(self.observe, job)
        with self.lock:
            if self.running.pop(id(job), None) is None:
                return False
        self.done.put(Ran(job=job, observation=seen, seconds=time.monotonic() - begin))
        return True

    def collect(self) -> Iterator[Ran]:
        try:
            yield self.done.get(timeout=_TICK)
        except queue.Empty:
            yield from self.overdue()

    def overdue(self) -> Iterator[Ran]:
        now = time.monotonic()
        with self.lock:
            late = [(job, begin) for job, begin in self.running.values() if now > min(begin + job.check.deadline, self.end)]
            for job, _ in late:
                del self.running[id(job)]
        for job, begin in late:
            self.hire()
            yield Ran(job=job, observation=_too_late(job, now - begin), seconds=now - begin)
        if now > self.end:
            yield from self.abandon()

    def abandon(self) -> Iterator[Ran]:
        while not self.todo.empty():
            try:
                job = self.todo.get_nowait()
            except queue.Empty:
                return
            yield Ran(job=job, observation=Unseen(reason="the run's deadline passed before it could start", remedy="raise --deadline, or --jobs"), seconds=0.0)


def _too_late(job: Job, seconds: float) -> Unseen:
    return Unseen(
        reason=f"the check {job.check_id} was stopped after {seconds:.0f} s, its deadline is {job.check.deadline:.0f} s",
        remedy="look whether its inputs grew, or narrow the item's files; nothing can be said about what it did not finish",
    )
