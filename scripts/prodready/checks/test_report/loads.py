"""Times and failures of load tests and benchmarks, the worst of all that are meant."""

from __future__ import annotations

from collections.abc import Sequence

from prodready.check import CannotTell
from prodready.model import Evidence, Measured
from prodready.names import counted, shown
from prodready.patterns import first
from prodready.readers import load
from prodready.readers.load import Load, Timed

DATA = "let the tool write it: --benchmark-save-data, summaryTrendStats: ['med', 'p(95)', 'p(99)'], or Locust's --csv"


def measured(reports: Sequence[Load], measure: str, names: str, *, evidence: Evidence) -> Measured:
    """The worst value. Raises CannotTell when no row, no request or no such figure is there."""
    wanted = (lambda name: bool(first(names, name, name="a name"))) if names else None
    rows = [row for report in reports for row in load.chosen(report, wanted)]
    asked = sum(row.requests for row in rows)
    if not asked:
        raise CannotTell(f"no request was measured under {shown(names) or 'any name'}", "run the load test, or mend 'names'")
    failed = sum(row.failed or 0 for row in rows)
    notes = (f"{failed:,} of {asked:,} requests failed",) if failed else ()
    if measure == "error_rate":
        if any(row.failed is None for row in rows):
            raise CannotTell("the report counts no failures", "measure a load test, not a benchmark")
        return Measured(value=100 * failed / asked, unit="%", examined=asked, evidence=evidence, notes=notes)
    worst = max(rows, key=lambda row: _of(row, measure))
    return Measured(value=_of(worst, measure), unit="s", examined=asked, evidence=evidence, notes=(*notes, f"slowest: {shown(worst.name[:200])}"))


def _of(row: Timed, measure: str) -> float:
    if measure not in row.seconds:
        raise CannotTell(f"the report has no {measure} of {shown(row.name[:200])}", DATA)
    return row.seconds[measure]


def said(reports: Sequence[Load]) -> str:
    """What was read, in words."""
    return f"{counted(sum(len(report.rows) for report in reports), 'result')}"
