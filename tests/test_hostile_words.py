"""One corpus of hostile words through every renderer: wherever a repository can put them, they stay words."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.github.commands import SUMMARY_LIMIT
from prodready.github.comment import LIMIT, marker
from prodready.model import Category, CheckRun, Evidence, Finding, Found, Item, Measured, Outcome, Report, Severity, Status, Subject, Unseen, Waiver
from prodready.report import RENDERERS, fit, markdown, pdf
from prodready.report.html import fleet
from prodready.world.process import Processes
from reports import NOON, large, sample
from test_report_html import assert_inert as assert_html
from test_report_markdown import assert_inert as assert_markdown

CORPUS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)",
    "</style></script></details></table>", "<!-- -->",
    "javascript:alert(1)", "[a](javascript:alert(1))", "![x](http://x.example/?leak)", "{{ 7*7 }}", "{% raw %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "@octocat", "fixes #1", "GH-1", "https://x.example", "www.x.example", ":tada:", "$x$", "| a | b |", "```\ncode\n```", "~~~", "# heading",
    "- [x] done", "<details open>",
    "::error file=x::boom", "::add-mask::x", "::stop-commands::x", "##[error]x", "%0A::set-output name=x::y", "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]8;;http://x\x07link", "\x07", "\x00", "\x08",
    "\r\nInjected: header", "a\nb\rc\u2028d\u2029e\x85f", "\u202egnp.exe", "\u2066x\u2069", "\u200f\u200e", "\ufeff", "\u200b", "\U000e0041",
    "\ud800", "\udcff", "a" + "\u0301" * 500,
    '=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "|cmd|' /C calc'!A0", "\t=1", '#import "x"', '#eval("1")', "*b* _i_ `c`",
    "\\u0000", "]]>", "<![CDATA[", "&lt;&amp;&#60;", "&x;",
    "../../etc/passwd", "C:\\x", "a\\|b", "'; drop table run; --", "מסמך", "\U0001f4a5" * 20, "x" * 5_000, "<!channel>", "<@U1>", "[red]x[/red]",
    "\N{FULLWIDTH LESS-THAN SIGN}script", "",
)  # fmt: skip


def hostile() -> Report:
    """Every text of a report is a word of the corpus, and every word is in many places."""
    outcomes = tuple(_outcome(index, words) for index, words in enumerate(CORPUS))
    category = Category(id=CORPUS[0], title=CORPUS[1], weight=1, items=tuple(outcome.item for outcome in outcomes))
    report = sample()
    return replace(
        report, version=CORPUS[2], subject=Subject(repository=CORPUS[0], commit=CORPUS[4], base=CORPUS[5], dirty=True), outcomes=outcomes,
        notes=CORPUS, claims=CORPUS,
        checklist=replace(report.checklist, id=CORPUS[3], title=CORPUS[1], sha256=CORPUS[0], source=CORPUS[7], bypasses=CORPUS, categories=(category,)),
        decision=replace(report.decision, reasons=CORPUS, missing_signoffs=CORPUS[:9]),
        score=replace(report.score, categories=(replace(report.score.categories[0], id=CORPUS[0], title=CORPUS[1]),)),
        checks=tuple(CheckRun(id=words, ran=index % 2 == 0, why_not=words, tool=words) for index, words in enumerate(CORPUS)),
    )  # fmt: skip


def _outcome(index: int, words: str) -> Outcome:
    finding = Finding(
        rule=words, message=words, severity=Severity(index % 5), path=words, line=index, fix=words,
        anchor=words, suppressed=words if index % 3 == 0 else "",
    )  # fmt: skip
    seen = (
        Found(examined=1, evidence=Evidence(source=words, tool=words, sha256=words), findings=(finding,), gaps=(words,), notes=(words,)),
        Measured(value=words, unit=words, evidence=Evidence(source=words), findings=(finding,)),
        Unseen(reason=words, remedy=words),
    )[index % 3]
    status = (Status.FAILED, Status.WAIVED, Status.UNKNOWN)[index % 3]
    item = Item(id=words, title=words, check=words, required=index % 2 == 0, section=words, owner=words, max_age=words, why=words, how=words, off=words)
    waiver = Waiver(item=words, owner=words, reason=words, until=date(2026, 12, 1)) if status is Status.WAIVED else None
    return Outcome(item=item, status=status, summary=words, observation=seen, expect=words, waiver=waiver)


HIDDEN = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2065\ufeff\U000e0000-\U000e007f\ud800-\udfff]")
"""What no format shows as itself; the terminal isolates right-to-left words with two signs that are not among them."""


@pytest.mark.parametrize("kind", sorted(RENDERERS))
def test_nothing_hidden_reaches_any_format(kind):
    text = RENDERERS[kind](hostile()).replace("\r\n", "\n")
    assert [] == HIDDEN.findall(text)
    assert text.encode()


def test_the_page_and_the_fleet_hold_only_our_markup():
    assert_html(RENDERERS["html"](hostile()))
    assert_html(fleet.render([hostile(), sample()], NOON))


def test_no_template_language_is_run():
    assert "49" not in re.findall(r">\s*(\d+)\s*<", RENDERERS["html"](replace(hostile(), outcomes=())))


def test_the_comment_links_to_nothing():
    assert_markdown(RENDERERS["markdown"](hostile()))


def test_no_line_of_the_log_is_a_command():
    lines = RENDERERS["terminal"](hostile()).splitlines()
    assert [] == [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_the_table_computes_nothing():
    rows = list(csv.reader(io.StringIO(RENDERERS["csv"](hostile()))))
    assert [] == [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "|", "%", "\t", "\r"))]
    assert {17} == {len(row) for row in rows}


@pytest.mark.parametrize("kind", ["json", "sarif", "oscal", "intoto", "cyclonedx", "badge"])
def test_the_json_formats_are_json(kind):
    assert json.loads(RENDERERS[kind](hostile()))


def test_the_xml_is_xml_and_has_no_entity_of_its_own():
    text = RENDERERS["junit"](hostile())
    assert ("<!" in text, len(CORPUS) + 1) == (False, len(ET.fromstring(text).findall(".//testcase")))


@pytest.mark.integration
def test_the_printed_report_shows_it_and_nothing_runs(tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler is not installed")
    processes = Processes(cache=Path(os.environ.get("PRODREADY_CACHE") or Path.home() / ".cache" / "prodready"))
    try:
        pdf.printed(pdf.release(hostile()), processes, tmp_path / "x.pdf")
    except CannotTell as unable:
        pytest.skip(f"typst cannot be had: {unable.reason}")
    finally:
        processes.kill_all()
    text = subprocess.run(["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True).stdout
    raw = (tmp_path / "x.pdf").read_bytes()
    assert ('#import "x"' in text, b"/JavaScript" in raw, b"/URI" in raw, b"/Launch" in raw) == (True, False, False, False)


@pytest.mark.parametrize("report", [hostile(), large(), large(9_000, 300)], ids=["hostile", "5 000 findings", "300 items"])
def test_the_limits_of_github_hold_and_nothing_is_cut_in_the_middle(report):
    comment, summary, check = markdown.render(report), markdown.render(report, budget_bytes=SUMMARY_LIMIT - 4096), markdown.render(report, budget_bytes=65_000)
    assert fit.characters(f"{marker('prodready/gate')}\n{comment}") <= LIMIT
    assert len(summary.encode()) <= SUMMARY_LIMIT
    assert len(check.encode()) <= 65_535
    for text in (comment, summary, check):
        assert_markdown(text)
