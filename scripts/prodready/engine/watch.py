"""Probes at a fixed rate on the monotonic clock: one fresh connection each, no retries, no pool, never a burst to catch up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from prodready.engine.outage import Sample

Probe = Callable[[float], str]
"""Does the real thing within that many seconds and gives the identity of who answered. Raises Down."""


class Down(Exception):
    """The probe did not get what it needs; the message says what it got."""


class Watch:
    """Probes from entering until leaving it. A probe takes at most one interval, so that two periods bound what is not known."""

    def __init__(self, probe: Probe, interval: float) -> None:
        self.probe, self.interval = probe, interval
        self._samples: list[Sample] = []
        self._crash: Exception | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=10 * self.interval + 5)

    @property
    def samples(self) -> Sequence[Sample]:
        """All so far."""
        with self._news:
            return tuple(self._samples)

    def until(self, done: Callable[[Sequence[Sample]], bool], end: float) -> bool:
        """Waits until the samples satisfy ``done`` or the monotonic clock passes ``end``; whether they did. Raises what a probe crashed with."""
        with self._news:
            while True:
                if self._crash is not None:
                    raise self._crash
                if done(self._samples):
                    return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._news.wait(left)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            try:
                sample = probed(self.probe, self.interval)
            except Exception as error:  # noqa: BLE001 - a bug of a probe is no outage: it is raised where the drill waits
                self._tell(None, error)
                return
            self._tell(sample, None)
            due += self.interval * (1 + max(0.0, time.monotonic() - due) // self.interval)

    def _tell(self, sample: Sample | None, crash: Exception | None) -> None:
        with self._news:
            if sample is not None:
                self._samples.append(sample)
            self._crash = crash
            self._news.notify_all()


def probed(probe: Probe, timeout: float) -> Sample:
    """One probe, timed. Raises what is neither Down nor a failure of the network."""
    start = time.monotonic()
    try:
        identity = probe(timeout)
    except (Down, OSError, EOFError, ValueError) as error:  # ValueError: an answer that is not of the protocol
        words = str(error)[:200] or type(error).__name__
        return Sample(start=start, end=time.monotonic(), ok=False, detail=words, silent=isinstance(error, TimeoutError))
    return Sample(start=start, end=time.monotonic(), ok=True, identity=identity)
