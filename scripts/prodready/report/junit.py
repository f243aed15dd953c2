"""The report as JUnit XML: a suite for each category, a case for each item, and one for the decision. What could not be told is an error, never a pass."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from prodready.model import Outcome, Report, Status
from prodready.report import plain, words
from prodready.report.escape import line

_KINDS = {
    Status.FAILED: "failure", Status.UNKNOWN: "error", Status.STALE: "error", Status.PENDING: "error", Status.WAIVED: "skipped",
    Status.NOT_APPLICABLE: "skipped",
}  # fmt: skip


def render(report: Report) -> str:
    """The suites."""
    root = ET.Element("testsuites", name="prodready", time=f"{report.seconds:.3f}")
    by_id = {outcome.item.id: outcome for outcome in report.outcomes}
    for part in report.checklist.categories:
        _suite(root, part.title, part.id, [by_id[item.id] for item in part.items if item.id in by_id], report)
    _decision(root, report)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, title: str, group: str, outcomes: Sequence[Outcome], report: Report) -> None:
    kinds = [_KINDS.get(outcome.status, "") for outcome in outcomes]
    suite = ET.SubElement(
        root, "testsuite", name=line(title, 120) or "items", tests=str(len(outcomes)), failures=str(kinds.count("failure")), errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")), time=f"{sum(outcome.seconds for outcome in outcomes):.3f}", timestamp=f"{report.started:%Y-%m-%dT%H:%M:%S}",
    )  # fmt: skip
    for outcome in outcomes:
        _case(suite, outcome, group)


def _case(suite: ET.Element, outcome: Outcome, group: str) -> None:
    name = line(f"{outcome.item.id}: {outcome.item.title}", 240)
    case = ET.SubElement(suite, "testcase", name=name, classname=f"prodready.{line(group, 80)}", time=f"{outcome.seconds:.3f}")
    kind = _KINDS.get(outcome.status, "")
    if kind:
        ended = ET.SubElement(case, kind, message=line(outcome.summary, 600))
        if kind != "skipped":
            ended.set("type", outcome.status.value)
            ended.text = "\n".join((f"do: {line(words.remedy(outcome), 600)}", *plain.details(outcome)))
    elif evidence := words.rests_on(outcome):
        ET.SubElement(case, "system-out").text = line(evidence, 600)


def _decision(root: ET.Element, report: Report) -> None:
    """The verdict as a case of its own: a score below the mark fails no single item."""
    bad = int(not report.decision.ready)
    suite = ET.SubElement(root, "testsuite", name="decision", tests="1", failures=str(bad), errors="0", skipped="0", time="0.000")
    case = ET.SubElement(suite, "testcase", name=f"ready {report.stage.value}", classname="prodready.decision", time="0.000")
    if bad:
        failure = ET.SubElement(case, "failure", message=words.headline(report), type="not-ready")
        failure.text = "\n".join(line(reason, 600) for reason in report.decision.reasons)
