"""The items as CSV for spreadsheets. A cell that a spreadsheet would compute is written as text."""

from __future__ import annotations

import csv
import io

from prodready.judge import shown
from prodready.model import Measured, Outcome, Report
from prodready.report import words
from prodready.report.escape import line

COLUMNS = (
    "id", "title", "category", "status", "required", "stage", "owner", "expected", "measured", "examined", "findings", "summary", "evidence",
    "collected", "sha256", "waived by", "until",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "|", "%")
"""First characters that Excel, Calc or Sheets may take for a formula."""


def render(report: Report) -> str:
    """One row an item, in the order of the profile."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    home = {item.id: part.title for part in report.checklist.categories for item in part.items}
    writer.writerows([cell(text) for text in _row(outcome, home.get(outcome.item.id, ""))] for outcome in report.outcomes)
    return out.getvalue()


def cell(text: str) -> str:
    """The text as a spreadsheet shows it and does not compute it (owasp.org, CSV injection)."""
    words_ = line(text, 1000)
    return f"'{words_}" if words_.startswith(_FORMULA) else words_


def _row(outcome: Outcome, category: str) -> tuple[str, ...]:
    item, evidence, waiver = outcome.item, words.evidence_of(outcome), outcome.waiver
    measured = shown(outcome.observation) if isinstance(outcome.observation, Measured) else ""
    dated = evidence.collected.isoformat() if evidence and evidence.collected else ""
    return (
        item.id, item.title, category, outcome.status.value, "yes" if item.required else "no", item.stage.value, item.owner, outcome.expect, measured,
        str(words.examined(outcome)), str(len(words.findings(outcome))), outcome.summary, words.rests_on(outcome), dated, evidence.sha256 if evidence else "",
        waiver.owner if waiver else "", waiver.until.isoformat() if waiver else "",
    )  # fmt: skip
