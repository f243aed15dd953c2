"""JUnit XML as pytest, Gradle, Maven, Jest, Go and most others write it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from prodready.readers import xml_text
from prodready.readers.stamps import latest
from prodready.readers.structured import Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Outcome = Literal["passed", "failed", "skipped"]


class Case(Struct, frozen=True, kw_only=True):
    """One test that was run or skipped."""

    name: str
    """``class.name`` as reported."""
    outcome: Outcome
    path: str = ""


class Suite(Struct, frozen=True, kw_only=True):
    """All tests of one report."""

    cases: tuple[Case, ...]
    stamped: datetime | None
    """The latest moment that the report's own timestamps can mean."""


def read(content: bytes, *, name: str) -> Suite:
    """The tests in a report. Raises Unreadable when it is malformed, cut off, or counts more than it lists."""
    root = xml_text.parse(content, name=name)
    if root.tag not in ("testsuites", "testsuite"):
        raise Unreadable(f"{name}:1: no JUnit report: it starts with <{root.tag[:60]}>")
    for suite in root.iter():
        if suite.tag in ("testsuites", "testsuite"):
            _complete(suite, name)
    stamps = [stamp for suite in root.iter("testsuite") if (stamp := latest(suite.get("timestamp", "")))]
    return Suite(cases=tuple(_case(case) for case in root.iter("testcase")), stamped=max(stamps, default=None))


def _complete(suite: Element, name: str) -> None:
    """A suite that counts more tests or failures than it lists was cut off, or failed outside of any test."""
    cases = list(suite.iter("testcase"))
    bad = sum(_outcome(case) == "failed" for case in cases)
    title = suite.get("name", "")[:80] or "a suite"
    if (xml_text.whole(suite, "tests") or 0) > len(cases):
        raise Unreadable(f"{name}: {title} counts {suite.get('tests')} tests and lists {len(cases)}")
    if (xml_text.whole(suite, "failures") or 0) + (xml_text.whole(suite, "errors") or 0) > bad + len(suite.findall("error")):
        raise Unreadable(f"{name}: {title} counts more failures and errors than the {bad} it lists")


def _case(case: Element) -> Case:
    name = ".".join(part for part in (case.get("classname", ""), case.get("name", "")) if part)
    return Case(name=name or "unnamed test", outcome=_outcome(case), path=case.get("file", ""))


def _outcome(case: Element) -> Outcome:
    children = {child.tag for child in case}
    if children & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in children or case.get("status") in ("skipped", "disabled", "notrun") else "passed"
