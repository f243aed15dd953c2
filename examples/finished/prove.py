"""Plays the acceptance scenarios and the desk's own tests, and writes what came out as reports: what a job makes before the gate runs.

``python3 prove.py`` leaves ``reports/junit.xml``, the lines reached as ``reports/coverage.lcov`` (and by the two kinds of tests alone as ``unit.lcov``
and ``integration.lcov``) and ``reports/orders.sarif``. Exit 1 when a test of the desk fails.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import types
import unittest
from collections.abc import Iterator
from typing import Any

import acceptance

Hits = set[tuple[str, int]]
OVER_HTTP = ("Http", "EndToEnd")
"""The classes of tests that go through the whole desk."""


class Told(unittest.TextTestResult):
    """Remembers each test by its name."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.ended: dict[str, bool] = {}

    def stopTest(self, test: unittest.TestCase) -> None:
        """A test that was not among the failures has passed."""
        super().stopTest(test)
        bad = {id(one) for one, _ in (*self.failures, *self.errors)} | {id(one) for one, _ in self.skipped}
        self.ended[test.id().removeprefix("tests.")] = id(test) not in bad


@contextlib.contextmanager
def traced(hits: Hits) -> Iterator[None]:
    """The lines of the desk that are reached meanwhile, those of server threads too, are added."""

    def trace(frame: types.FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(str(acceptance.PACKAGE)):
            return None
        hits.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


def played(tests: Iterator[unittest.TestCase], hits: Hits) -> dict[str, bool]:
    """How each test ended."""
    with traced(hits):
        ended = unittest.TextTestRunner(verbosity=0, resultclass=Told).run(unittest.TestSuite(tests))
    assert isinstance(ended, Told)
    return ended.ended


def flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """The tests of all suites."""
    for one in suite:
        yield from flat(one) if isinstance(one, unittest.TestSuite) else [one]


def main() -> int:
    """Every test and scenario once."""
    loaded = Hits()
    with traced(loaded):
        tests = list(flat(unittest.defaultTestLoader.discover(str(acceptance.ROOT), top_level_dir=str(acceptance.ROOT))))
    unit, whole = set(loaded), set(loaded)
    own = played((one for one in tests if type(one).__name__ not in OVER_HTTP), unit)
    own |= played((one for one in tests if type(one).__name__ in OVER_HTTP), whole)
    results = {scenario.__name__: acceptance.traced(scenario, whole) for scenario in acceptance.SCENARIOS} | own
    reports = acceptance.ROOT / "reports"
    reports.mkdir(exist_ok=True)
    (reports / "junit.xml").write_text(acceptance.junit(results), "utf-8")
    for name, hits in {"coverage": unit | whole, "unit": unit, "integration": whole}.items():
        (reports / f"{name}.lcov").write_text(acceptance.lcov(hits), "utf-8")
    (reports / "orders.sarif").write_text(json.dumps(acceptance.sarif(), indent=2), "utf-8")
    return int(not all(own.values()))


if __name__ == "__main__":
    sys.exit(main())
