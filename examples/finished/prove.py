"""Plays the acceptance scenarios and the desk's own tests, and writes what came out as reports: what a job makes before the gate runs.

``python3 prove.py`` leaves ``reports/junit.xml``, ``reports/coverage.lcov`` and ``reports/orders.sarif``. Exit 1 when a test of the desk fails.
"""

from __future__ import annotations

import json
import sys
import threading
import types
import unittest
from typing import Any

import acceptance


def main() -> int:
    """Everything under one tracer, server threads too."""
    hits: set[tuple[str, int]] = set()

    def trace(frame: types.FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(str(acceptance.PACKAGE)):
            return None
        hits.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    suite = unittest.defaultTestLoader.discover(str(acceptance.ROOT), top_level_dir=str(acceptance.ROOT))
    own = unittest.TextTestRunner(verbosity=0).run(suite)
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    results = {scenario.__name__: acceptance.traced(scenario, hits) for scenario in acceptance.SCENARIOS}
    results["the_desks_own_tests"] = own.wasSuccessful()
    reports = acceptance.ROOT / "reports"
    reports.mkdir(exist_ok=True)
    (reports / "junit.xml").write_text(acceptance.junit(results), "utf-8")
    (reports / "coverage.lcov").write_text(acceptance.lcov(hits), "utf-8")
    (reports / "orders.sarif").write_text(json.dumps(acceptance.sarif(), indent=2), "utf-8")
    return int(not own.wasSuccessful())


if __name__ == "__main__":
    sys.exit(main())
