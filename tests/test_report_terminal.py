"""The terminal and the CI log: the same words, folded to the width, and nothing foreign acts."""

import io
import re

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from rich.cells import cell_len

from goldens import assert_golden
from prodready.model import Evidence, Finding, Found, Item, Outcome, Severity, Status
from prodready.report import plain, terminal, words
from prodready.report.escape import line
from reports import HEBREW, HOSTILE, ready, reports, sample

ANSI = re.compile(r"\x1b\[[0-9;]*m")
FORBIDDEN = "\x07\x08\r\x1b\u007f\u0085\u009b\u200b\u200f\u202e\u2028\u2066\ufeff"


def shown(report, width: int = 80) -> str:
    stream = io.StringIO()
    terminal.show(report, stream, terminal=True, width=width)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_sample_looks_as_it_did_on_a_terminal(width):
    assert_golden(f"terminal-{width}.ansi", shown(sample(), width))


@pytest.mark.parametrize(("name", "report"), [("report.txt", sample()), ("ready.txt", ready())])
def test_the_sample_looks_as_it_did_in_a_log(name, report):
    assert_golden(name, plain.render(report))


@settings(deadline=None, max_examples=40)
@given(reports(most=3))
def test_any_report_fits_the_width_and_sends_nothing_but_colours(report):
    for row in ANSI.sub("", shown(report, 80)).splitlines():
        assert cell_len(row) <= 80
        assert not set(row) & set(FORBIDDEN)


@settings(deadline=None)
@given(reports())
def test_any_report_is_plain_lines_in_a_log(report):
    text = plain.render(report)
    assert not set(text) & set(FORBIDDEN)
    for row in text.split("\n"):
        assert row.count("\u2068") == row.count("\u2069")
        assert not row.lstrip().startswith("::")
        assert "##[" not in row


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_rich_markup_in_foreign_words_stays_text(width):
    report = replace(ready(), notes=("[red]x[/red] [/] [link=http://x]y[/link]",))
    assert "[red]x[/red] [/]" in ANSI.sub("", shown(report, width))


def test_both_say_the_verdict_and_the_next_step_in_the_same_words():
    report = sample()
    wide, log = ANSI.sub("", shown(report, 140)), plain.render(report)
    for text in (words.headline(report), "Start with secrets.history: revoke the key", "Then look again: prodready run --only secrets.history"):
        assert text in wide
        assert text in log


def test_the_verdict_comes_first_and_again_at_the_end_of_a_log():
    rows = plain.render(sample()).splitlines()
    assert plain.title(sample()) == rows[0] == rows[-1]


def test_a_ready_report_asks_for_nothing():
    assert "Start with" not in plain.render(ready())


def test_every_status_has_a_word_and_a_sign_of_its_own():
    assert len(words.MARKS) == len({mark.sign for mark in words.MARKS.values()}) == len({mark.word for mark in words.MARKS.values()})


def test_right_to_left_words_stand_between_isolates_of_ours():
    assert f"\u2068{HEBREW}\u2069" == plain.told(HEBREW)


def test_a_command_to_githubs_log_is_no_command_any_more():
    assert "##[" not in line(HOSTILE)


def test_a_stream_without_our_signs_gets_plainer_ones():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal.show(sample(), stream, terminal=False)
    stream.seek(0)
    assert stream.read().startswith("x Not ready to merge")


@pytest.mark.parametrize(("percent", "bar"), [(0, "░░░░░"), (0.1, "█░░░░"), (50, "██░░░"), (99.9, "████░"), (100, "█████")])
def test_a_bar_is_full_only_at_all_and_empty_only_at_nothing(percent, bar):
    assert bar == words.bar(percent, 5)


@pytest.mark.parametrize(
    ("gap", "status", "advice"),
    [
        ("package.json: no lock file says in which version; write one ('npm install')", Status.UNKNOWN, "write one ('npm install')"),
        ("main.tf:3: not resolved", Status.UNKNOWN, "let it be read, or leave it out with a reason"),
        ("package.json: no lock file says in which version; write one ('npm install')", Status.FAILED, "pass a list"),
    ],
)
def test_what_could_not_be_told_is_mended_where_it_was_blind_and_not_by_the_fix_of_a_finding(gap, status, advice):
    shell = Finding(rule="B602", message="shell=True", severity=Severity.LOW, fix="pass a list")
    seen = Found(examined=3, evidence=Evidence(source="3 files"), findings=(shell,), gaps=(gap,))
    outcome = Outcome(item=Item(id="code.safe", title="Safe", check="code_security"), status=status, summary="", observation=seen)
    assert words.remedy(outcome).startswith(advice)
