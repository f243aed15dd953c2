"""Plays the acceptance scenarios with the limits as configured, and writes what came out as reports.

``python3 acceptance.py`` leaves ``reports/junit.xml``, ``reports/coverage.lcov`` and ``reports/orders.sarif``: what a job makes before the gate runs.
Standard library only. Exit 0 whatever the scenarios say: the gate judges the reports.
"""

from __future__ import annotations

import ast
import html
import json
import sys
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "desk"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORDER_LIFE = 1.0
"""Seconds for which an order is good at the venue."""


def crash(start: int, end: int) -> Decimal:
    """The drawdown at which trading stopped while the price fell from start to end, one per cent of the start a second; 1 when it never did."""
    from desk.book import Book
    from desk.gateway import Bucket, Gateway
    from desk.limits import Limits, Refused, RiskDesk
    from desk.marketdata import Reader
    from desk.orders import Order, Side
    from desk.venue import PaperVenue

    desk = Gateway(RiskDesk(Limits.read(ROOT / "config" / "limits.toml")), Book(cash=Decimal(100_000)), Reader(), PaperVenue(), Bucket(1000, 1000))
    for second, price in enumerate(range(start, end, -start // 100)):
        at = NOON + timedelta(seconds=second)
        list(desk.data.read([json.dumps({"symbol": "BTC", "bid": price - 1, "ask": price + 1, "at": at.isoformat()})]))
        desk.now = lambda at=at: at  # type: ignore[misc]
        try:
            desk.submit(Order(f"buy-{second}", "BTC", Side.BUY, Decimal(9 if second == 0 else "0.01"), Decimal(price + 1)))
        except Refused:
            return desk.drawdown()
    return Decimal(1)


def trading_goes_on_through_a_small_fall() -> bool:
    """Two per cent down is no reason to stop."""
    return crash(10_000, 9_800) == 1


def trading_stops_in_a_crash() -> bool:
    """Half the price gone is."""
    return crash(10_000, 5_000) < 1


def trading_stops_before_the_policy_is_broken() -> bool:
    """docs/risk-policy.md: at a loss of 0.10, and the price moves a little between two orders."""
    return crash(10_000, 5_000) <= Decimal("0.12")


SCENARIOS: tuple[Callable[[], bool], ...] = (trading_goes_on_through_a_small_fall, trading_stops_in_a_crash, trading_stops_before_the_policy_is_broken)


def traced(run: Callable[[], bool], hits: set[tuple[str, int]]) -> bool:
    """Runs the scenario and adds the lines of the package it reached."""

    def trace(frame: types.FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return None
        hits.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        return run()
    finally:
        sys.settrace(None)


def lines_of(code: types.CodeType) -> Iterator[int]:
    """The numbers of the lines that can be reached."""
    yield from (line for _, _, line in code.co_lines() if line)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from lines_of(constant)


def junit(results: dict[str, bool]) -> str:
    """The scenarios as JUnit XML."""
    failed = '<failure message="the scenario ended otherwise than expected">see docs/risk-policy.md</failure>'
    cases = "".join(
        f'  <testcase classname="acceptance" name="{html.escape(name)}" time="0">{"" if ok else failed}</testcase>\n' for name, ok in results.items()
    )
    return (
        f'<testsuite name="acceptance" tests="{len(results)}" failures="{list(results.values()).count(False)}" errors="0" skipped="0">\n{cases}</testsuite>\n'
    )


def lcov(hits: set[tuple[str, int]]) -> str:
    """The lines reached, as LCOV."""
    records = []
    for path in sorted(PACKAGE.glob("*.py")):
        numbers = sorted(set(lines_of(compile(path.read_text("utf-8"), str(path), "exec"))))
        reached = [number for number in numbers if (str(path), number) in hits]
        rows = "".join(f"DA:{number},{int(number in reached)}\n" for number in numbers)
        records.append(f"SF:{path.relative_to(ROOT).as_posix()}\n{rows}LF:{len(numbers)}\nLH:{len(reached)}\nend_of_record\n")
    return "".join(records)


def late(path: Path) -> Iterator[int]:
    """Lines with a default time-out longer than an order lives."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.AnnAssign(target=ast.Name(id="seconds"), value=ast.Constant(value=float(seconds))) if seconds > ORDER_LIFE:
                yield node.lineno


def sarif() -> dict[str, object]:
    """What the team's own rule finds, as SARIF 2.1.0."""
    paths = sorted(PACKAGE.glob("*.py"))
    found = [(path.relative_to(ROOT).as_posix(), line) for path in paths for line in late(path)]
    words = f"the venue's answer is awaited for longer than the {ORDER_LIFE:g} s that an order is good for"
    driver = {
        "name": "orders",
        "version": "1.0.0",
        "rules": [{"id": "ORD001", "shortDescription": {"text": words}, "properties": {"security-severity": "8.1"}}],
    }
    results = [
        {
            "ruleId": "ORD001",
            "level": "error",
            "message": {"text": words},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}],
        }
        for path, line in found
    ]
    artifacts = [{"location": {"uri": path.relative_to(ROOT).as_posix()}} for path in paths]
    run = {"tool": {"driver": driver}, "invocations": [{"executionSuccessful": True}], "artifacts": artifacts, "results": results}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def main() -> int:
    """Plays everything and writes the reports."""
    hits: set[tuple[str, int]] = set()
    results = {scenario.__name__: traced(scenario, hits) for scenario in SCENARIOS}
    reports = ROOT / "reports"
    reports.mkdir(exist_ok=True)
    (reports / "junit.xml").write_text(junit(results), "utf-8")
    (reports / "coverage.lcov").write_text(lcov(hits), "utf-8")
    (reports / "orders.sarif").write_text(json.dumps(sarif(), indent=2), "utf-8")
    for name, ok in results.items():
        print(f"{'ok  ' if ok else 'FAIL'} {name.replace('_', ' ')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
