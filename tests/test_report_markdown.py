"""The comment and the summary: right within GitHub's limits, whole rows only, and nothing foreign in them acts."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from goldens import assert_golden
from prodready.model import Category, Finding, Found, Item, Outcome, Severity, Status
from prodready.report import fit
from prodready.report.escape import code, html, markdown
from prodready.report.markdown import render
from reports import HEBREW, HOSTILE, evidence, ready, reports, sample

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OUR_TAGS = {"details", "/details", "summary", "/summary", "br", "code", "/code", "sub", "/sub"}
LINKED = re.compile(r"@\w|#\d|(?i:gh-\d)|://|(?i:www\.)")
"""What GitHub would turn into a mention, a reference or a link."""


def tokens(text):
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def assert_inert(text):
    """No link, image, foreign tag, mention or reference comes of the text; every table row has the cells of its heading; all is closed."""
    found = list(tokens(text))
    assert set() == {token.type for token in found} & {"link_open", "image", "s_open", "fence", "code_block", "blockquote_code"}
    markup = [token.content for token in found if token.type in ("html_inline", "html_block")]
    assert {tag for piece in markup for tag in re.findall(r"<(/?\w+)", piece)} <= OUR_TAGS
    assert [] == [token.content for token in found if token.type == "text" and LINKED.search(token.content)]
    for tag in ("details", "summary", "code", "sub"):
        assert text.count(f"<{tag}>") == text.count(f"</{tag}>")
    assert_tables(text)


def assert_tables(text):
    columns = None
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = None
            continue
        cells = len(re.sub(r"\\.", "", line).split("|"))
        assert columns in (None, cells)
        columns = cells


def crowded(items: int, findings: int):
    """A report that no comment can hold."""
    hits = tuple(Finding(rule="r", message=f"{HOSTILE} {n}", severity=Severity.HIGH, path=f"{HEBREW}/{n}.py", line=n) for n in range(1, findings + 1))
    some = tuple(
        Outcome(
            item=Item(id=f"item.{n}", title=HOSTILE, check="document", required=n % 2 == 0), status=list(Status)[n % len(Status)], summary=HOSTILE,
            observation=Found(examined=n, evidence=evidence("x"), findings=hits),
        )
        for n in range(items)
    )  # fmt: skip
    report = sample()
    category = Category(id="all", title="All", weight=1, items=tuple(outcome.item for outcome in some))
    return replace(report, outcomes=some, checklist=replace(report.checklist, categories=(category,)))


@pytest.mark.parametrize(("name", "report"), [("report.md", sample()), ("ready.md", ready())])
def test_the_sample_looks_as_it_did(name, report):
    text = render(report)
    assert_inert(text)
    assert_golden(name, text)


@settings(deadline=None)
@given(reports(), st.integers(8_000, 20_000))
def test_any_report_is_inert_and_within_the_limit_of_a_comment(report, budget):
    text = render(report, budget_chars=budget)
    assert fit.characters(text) <= budget
    assert_inert(text)


@settings(deadline=None)
@given(reports(), st.integers(8_000, 20_000))
def test_any_report_is_inert_and_within_the_bytes_of_a_summary(report, budget):
    text = render(report, budget_bytes=budget)
    assert len(text.encode()) <= budget
    assert_inert(text)


@settings(deadline=None)
@given(reports())
def test_no_character_reaches_github_that_hides_or_reorders(report):
    text = render(report)
    assert not [sign for sign in text if sign != "\n" and (ord(sign) < 32 or sign in "\u007f\u0085\u200b\u200f\u202e\u2028\u2066\u2068\u2069\ufeff")]
    assert text.count("&#8296;") == text.count("&#8297;")


@pytest.mark.parametrize("budget", [8_000, 60_000])
def test_a_crowded_report_is_cut_at_whole_rows_and_says_how_many(budget):
    text = render(crowded(300, 30), budget_chars=budget)
    assert fit.characters(text) <= budget
    assert_inert(text)
    assert re.search(r"> \d+ rows did not fit here", text)


def test_a_crowded_report_still_shows_bypasses_waivers_and_limits():
    text = render(crowded(400, 30))
    visible = ("docs.licence switched off", "offline: no advisory service", "### 📝 Waived", "### What blocks", "### Score by category")
    assert [] == [words for words in visible if words not in text]


def test_the_job_summary_may_be_longer_than_the_comment():
    report = crowded(100, 30)
    assert 60_000 < len(render(report, budget_bytes=1_000_000).encode()) <= 1_000_000


def test_the_first_line_tells_a_manager_all():
    assert "## ✅ Ready to merge: score 100.0 of 100, pass mark 80" == render(ready()).splitlines()[0]
    assert (
        "## ❌ Not ready to merge: 3 items block (2 failed, 1 unknown); 1 sign-off missing; score 19.5 of 100, pass mark 80" == render(sample()).splitlines()[0]
    )


def test_a_score_just_below_the_mark_does_not_read_as_the_mark():
    report = sample()
    assert "score 79.9 of 100" in render(replace(report, score=replace(report.score, value=79.97)))


def test_an_item_that_only_fail_on_makes_block_is_listed_as_blocking():
    report = ready()
    item = replace(report.outcomes[0].item, required=False)
    failed = replace(report.outcomes[0], item=item, status=Status.FAILED, summary="no README")
    decision = replace(report.decision, ready=False, exit_code=1, reasons=("docs.readme failed: no README",))
    text = render(replace(report, outcomes=(failed,), decision=decision))
    assert "1 item blocks (1 failed)" in text
    assert "### What blocks (1)" in text
    assert "What else stands" not in text


@pytest.mark.parametrize(
    ("foreign", "inert"),
    [
        ("a|b", "a\\|b"),
        ("a\\|b", "a\\\\\\|b"),
        ("@team", "@&#8203;team"),
        ("fixes #12", "fixes #&#8203;12"),
        ("GH-3", "GH-&#8203;3"),
        ("https://x.example", "https:&#8203;//x.example"),
        ("www.x.example", "www&#8203;.x.example"),
        ("[a](b)", "\\[a\\](b)"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("a\nb\tc", "a b c"),
        ("x\u202ey", "x\\\\u202ey"),
        ("1. first", "1\\. first"),
        ("71.5 %", "71.5 %"),
        ("# no heading", "\\# no heading"),
        ("- no list", "\\- no list"),
        (":tada:", ":&#8203;tada:"),
        ("app.py:41: x", "app.py:41: x"),
        ("$x$", "&#36;x&#36;"),
        (HEBREW, f"&#8296;{HEBREW}&#8297;"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_foreign_words_are_written_so_that_they_stay_words(foreign, inert):
    assert inert == markdown(foreign)


@pytest.mark.parametrize(
    ("foreign", "span"),
    [("src/app.py:3", "`src/app.py:3`"), ("a`b", "<code>a\\`b</code>"), ("a|b", "<code>a\\|b</code>"), ("", ""), (HEBREW, f"&#8296;`{HEBREW}`&#8297;")],
)
def test_a_path_becomes_a_code_span_that_holds_in_a_table(foreign, span):
    assert span == code(foreign)


def test_inside_html_entities_do_the_work():
    assert "&lt;/summary&gt; *x* @&#8203;team" == html("</summary> *x* @team")
