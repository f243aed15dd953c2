"""What the tests say: how many passed, how much of the code they ran, and how fast it was, from the reports of a test run.

Reads JUnit XML (``passed``, ``failed``, ``skipped``, ``tests``, ``pass_rate`` of those that were not skipped) and coverage (``coverage`` of
lines, ``branch_coverage``) as Cobertura or JaCoCo XML, LCOV, coverage.py JSON or Istanbul's summary. Several reports are added up. Of load tests (a
k6 summary, Locust's ``_stats.csv``) and of pytest-benchmark it reads times (``p50``, ``p95``, ``p99``, ``mean``, ``max``, in s, the worst of all
rows) and the ``error_rate``; a percentile that the tool did not write is not guessed. ``names`` keeps the tests whose ``class.name`` it matches,
``sources`` the files whose coverage counts. Reports are made by the job and ignored by git: a committed one, one older than the commit, one that is
empty, cut off or counts more than it lists leaves the item unknown, and so do zero tests, lines or requests. A pass rate says nothing about tests
that were skipped or are missing: bound ``skipped`` or ``tests`` with an item of its own. Whoever writes the tests writes the report.

An item that uses it:

    - id: tests.risk-limits
      title: Every test of the risk limits passes
      check: test_report
      params: {files: [reports/junit*.xml], measure: pass_rate, names: "risk"}
      expect: ">= 100 %"
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from prodready import reports
from prodready.check import CannotTell, Check
from prodready.checks.test_report import loads
from prodready.context import Context
from prodready.doubts import of_share
from prodready.expectation import Expectation
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import counted, shown
from prodready.patterns import compiled, first
from prodready.readers import coverage, junit, load
from prodready.readers.coverage import Count, Coverage
from prodready.readers.junit import Case, Suite
from prodready.readers.load import TIMES, Load
from prodready.readers.structured import Unreadable
from prodready.reports import ReportFile

MAKE = {
    "tests": "pytest --junitxml=reports/junit.xml",
    "load": "k6 run --summary-export=reports/k6.json load.js",
    "coverage": "pytest --cov --cov-report=xml:reports/coverage.xml",
}
Measure = Literal["pass_rate", "passed", "failed", "skipped", "tests", "coverage", "branch_coverage", "p50", "p95", "p99", "mean", "max", "error_rate"]
SHARES = ("pass_rate", "coverage", "branch_coverage", "error_rate")
MOST = 50
"""Failed tests that are listed."""


class Params(Struct, frozen=True, kw_only=True):
    """Which reports, and what of them."""

    files: tuple[str, ...]
    """Where the reports are (gitignore patterns), for example ``reports/junit*.xml``."""
    measure: Measure = "pass_rate"
    """What is measured; ``pass_rate``, the coverages and ``error_rate`` are in percent, times in seconds."""
    names: str = ""
    """A regular expression that the tests' ``class.name`` must match to count."""
    sources: tuple[str, ...] = ()
    """Which source files' coverage counts (gitignore patterns); all when empty."""

    def __post_init__(self) -> None:
        if self.names:
            compiled(self.names)


def observe(ctx: Context, params: Params) -> Measured:
    """Reads the reports and measures."""
    kind = "coverage" if "coverage" in params.measure else "load" if params.measure in (*TIMES, "error_rate") else "tests"
    found = tuple(reports.found(ctx, params.files, make=MAKE[kind]))
    try:
        return {"coverage": _coverage, "load": _load, "tests": _tests}[kind](ctx, found, params)
    except Unreadable as unreadable:
        raise CannotTell(str(unreadable), f"make it again, for example: {MAKE[kind]}") from None


def _tests(ctx: Context, found: Sequence[ReportFile], params: Params) -> Measured:
    suites = [junit.read(report.content, name=shown(report.path)) for report in found]
    _fresh(ctx, found, suites)
    cases = [case for suite in suites for case in suite.cases if not params.names or first(params.names, case.name, name="a test's name")]
    count = {outcome: sum(case.outcome == outcome for case in cases) for outcome in ("passed", "failed", "skipped")}
    ran = count["passed"] + count["failed"]
    value = 100 * count["passed"] / max(ran, 1) if params.measure == "pass_rate" else {**count, "tests": len(cases)}[params.measure]
    return Measured(
        value=value,
        unit="%" if params.measure == "pass_rate" else "",
        examined=len(cases) if params.measure in ("skipped", "tests") else ran,
        evidence=_evidence(found, f"{len(cases)} tests, {count['failed']} failed, {count['skipped']} skipped"),
        findings=tuple(_failed(cases)),
        notes=(f"{count['skipped']} of {len(cases)} tests were skipped",) if count["skipped"] else (),
    )


def _load(ctx: Context, found: Sequence[ReportFile], params: Params) -> Measured:
    read = [load.read(report.content, name=shown(report.path)) for report in found]
    _fresh(ctx, found, read)
    return loads.measured(read, params.measure, params.names, evidence=_evidence(found, loads.said(read)))


def _failed(cases: Sequence[Case]) -> Iterator[Finding]:
    failed = [case for case in cases if case.outcome == "failed"]
    for case in failed[:MOST]:
        message = f"{shown(case.name[:200])} failed"
        yield Finding(rule="failed-test", message=message, severity=Severity.HIGH, path=shown(case.path), fix="run it and mend the code")


def _coverage(ctx: Context, found: Sequence[ReportFile], params: Params) -> Measured:
    covered = [coverage.read(report.content, name=shown(report.path)) for report in found]
    _fresh(ctx, found, covered)
    files = [(path, count) for report in covered for path, count in _counts(report, params).items() if _wanted(path, params)]
    total = sum((count for _, count in files), Count())
    what = "branches" if params.measure == "branch_coverage" else "lines"
    return Measured(
        value=100 * total.covered / max(total.total, 1),
        unit="%",
        examined=total.total,
        evidence=_evidence(found, f"{total.covered:,} of {total.total:,} {what} in {counted(len(files), 'file')}"),
    )


def _counts(report: Coverage, params: Params) -> dict[str, Count]:
    return dict(report.branches if params.measure == "branch_coverage" else report.lines)


def _wanted(path: str, params: Params) -> bool:
    import pathspec

    # Some tools write absolute paths: the leading slash would anchor them to nowhere.
    return not params.sources or pathspec.GitIgnoreSpec.from_lines(params.sources).match_file(path.lstrip("/"))


def _fresh(ctx: Context, found: Sequence[ReportFile], read: Sequence[Suite | Coverage | Load]) -> None:
    """A file copied today may hold results of last year: its own timestamp counts too."""
    for report, content in zip(found, read, strict=True):
        reports.fresh(ctx, report.path, content.stamped)


def _evidence(found: Sequence[ReportFile], said: str) -> Evidence:
    digest = found[0].sha256 if len(found) == 1 else hashlib.sha256("".join(report.sha256 for report in found).encode()).hexdigest()
    oldest: datetime = min(report.written for report in found)
    names = shown(found[0].path) if len(found) == 1 else f"{len(found)} reports"
    return Evidence(source=f"{names}: {said}", sha256=digest, collected=oldest)


def doubt(params: Params, expect: Expectation) -> str:
    """Why a bound makes no sense of a share; empty when it does."""
    return of_share(params.measure, expect) if params.measure in SHARES else ""


CHECK = Check(params=Params, observe=observe, expect=">= 100 %", domain="repository", doubt=doubt)
