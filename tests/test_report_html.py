"""The HTML report in a real browser: it asks for nothing, complains of nothing, filters, and everybody can use it."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from browser.chromium import look
from goldens import assert_golden
from prodready.model import Status
from prodready.report import RENDERERS, cheapest, html, words
from prodready.report.html import charts, view
from prodready.report.past import Past, point, since
from reports import HEBREW, HOSTILE, large, ready, reports, sample

LIMIT = 3_000_000


def with_a_past(report):
    """The report after a better run, and a dozen more before that."""
    better = tuple(replace(outcome, status=Status.PASSED) if outcome.status is Status.FAILED else outcome for outcome in report.outcomes)
    before = replace(report, outcomes=better, score=replace(report.score, value=80))
    points = tuple(replace(point(report), when=report.started - timedelta(days=12 - day), score=40.0 + day) for day in range(12))
    return Past(before=before, points=points)


@pytest.fixture(scope="module")
def sample_seen(tmp_path_factory):
    return look(html.render(sample(), with_a_past(sample())), tmp_path_factory.mktemp("sample"), wanted="shell=True")


@pytest.fixture(scope="module")
def large_seen(tmp_path_factory):
    return look(html.render(large()), tmp_path_factory.mktemp("large"), wanted="orders_17.py", screens="phone,desktop", opened=3)


@pytest.mark.integration
@pytest.mark.parametrize("which", ["sample_seen", "large_seen"])
def test_a_browser_loads_it_without_a_request_or_a_complaint(which, request):
    seen = request.getfixturevalue(which)
    assert ([], []) == (seen["requests"], seen["console"])


@pytest.mark.integration
def test_axe_finds_no_barrier_on_any_screen_light_or_dark(sample_seen):
    assert {screen: [] for screen in ("phone", "phone-dark", "desktop", "desktop-dark")} == sample_seen["axe"]


@pytest.mark.integration
def test_axe_finds_no_barrier_in_a_large_report(large_seen):
    assert {"phone": [], "desktop": []} == large_seen["axe"]


@pytest.mark.integration
@pytest.mark.parametrize("which", ["sample_seen", "large_seen"])
def test_nothing_is_wider_than_the_screen(which, request):
    assert 0 == request.getfixturevalue(which)["overflow"]


@pytest.mark.integration
def test_it_is_filtered_searched_and_opened_from_the_keyboard(sample_seen):
    shown = sample_seen["shown"]
    expected = {
        "all": 10, "required": 3, "failed": 2, "pressed": 1, "focused": "search", "searched": 1, "status": "1 of 10 items shown", "nothing": 0, "told": True,
        "cleared": 10, "opened": "",
    }  # fmt: skip
    assert expected == {key: shown[key] for key in expected}


@pytest.mark.integration
def test_a_search_opens_the_items_in_whose_findings_the_word_is(large_seen):
    assert (50, 50) == (large_seen["shown"]["searched"], large_seen["shown"]["findings"])


@pytest.mark.parametrize("report", [sample(), ready(), large(), large(9_900, 9)], ids=["sample", "ready", "5 000 findings", "9 900 findings"])
def test_it_is_one_file_below_three_megabytes(report):
    page = html.render(report)
    assert len(page.encode()) < LIMIT
    assert_inert(page)
    assert "@import" not in page
    assert "url(" not in page


def test_five_thousand_findings_are_all_on_the_page():
    assert 5_000 == html.render(large()).count("a call with words of the user in it, number")


def test_findings_that_do_not_fit_are_counted():
    long = large(9_900, 9)
    page = html.render(long)
    cut = sum(int(number.replace(",", "")) for number in re.findall(r"([\d,]+) more findings in report.json", page))
    assert (9_900, True) == (page.count("a call with words of the user in it, number") + cut, cut >= 0)


def test_the_sample_looks_as_it_did():
    assert_golden("report.html", html.render(sample(), with_a_past(sample())))


@settings(deadline=None)
@given(reports())
def test_no_foreign_word_becomes_markup_in_any_report(report):
    assert_inert(html.render(report))


class _Markup(HTMLParser):
    """What a parser makes of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.addresses = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value for name, value in attrs if name in ("href", "src", "action", "data", "poster") and not value.startswith(("#", "data:,"))]


def assert_inert(page):
    """The tags, attributes and comments of the page are those of the templates, and nothing hides or reorders."""
    markup = _Markup()
    markup.feed(page)
    assert set() == markup.tags - OUR_TAGS
    assert [] == [name for name in markup.attributes if name.startswith("on") or name == "style"]
    assert [] == markup.addresses
    assert not [sign for sign in page if sign != "\n" and (ord(sign) < 32 or sign in "\u007f\u0085\u200b\u200f\u202e\u2028\u2066\u2068\u2069\ufeff")]


OUR_TAGS = {
    "head", "body", "a", "header", "p", "span", "bdi", "code", "button", "main", "section", "svg", "circle", "line", "text", "div", "h1", "h2", "h3",
    "time", "strong", "ul", "ol", "li", "b", "rect", "path", "figure", "figcaption", "small", "table", "thead", "tbody", "tr", "th", "td", "label",
    "input", "kbd", "select", "option", "details", "summary", "dl", "dt", "dd", "br", "footer", "style",
    "html", "meta", "title", "link", "script",
}  # fmt: skip


def test_hostile_titles_are_words_and_right_to_left_ones_keep_their_direction():
    page = html.render(sample())
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page
    assert f'<span class="title" dir="auto">{HEBREW}</span>' in page
    assert HOSTILE not in page


def test_its_own_policy_forbids_everything_but_its_own_style_and_script():
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html.render(ready()))[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_same_report_gives_the_same_page():
    assert html.render(sample()) == RENDERERS["html"](sample())


def test_waivers_bypasses_and_limits_come_before_the_items():
    page = html.render(sample())
    first_item = page.index('class="item ')
    assert [True] * 3 == [page.index(word) < first_item for word in ("Waived: loans", "docs.licence switched off", "offline: no advisory service")]


def test_the_cheapest_way_takes_what_must_hold_and_then_what_brings_most():
    report = sample()
    steps = cheapest.way(report)
    assert ["secrets.history", "code.injection", "workflows.pinned"] == [step.outcome.item.id for step in steps]
    assert [40.0, 14.0, 7.0] == [round(step.gain, 6) for step in steps]
    assert 80.5 == round(steps[-1].score, 6)


def test_a_ready_report_has_nothing_to_do():
    assert () == cheapest.way(ready())


@settings(deadline=None)
@given(reports())
def test_mending_every_open_item_brings_each_gain_and_never_more_than_all(report):
    gains = cheapest.gains(report)
    assert {outcome.item.id for outcome in words.blocking(report) + words.costing(report)} == set(gains)
    assert [] == [gain for gain in gains.values() if not gain >= 0]


def test_the_delta_tells_what_broke_and_what_was_mended():
    report = sample()
    delta = since(report, with_a_past(report).before)
    assert ["secrets.history", "code.injection", "tests.coverage"] == [outcome.item.id for outcome in delta.broken]
    assert (-60.5, (), (), ()) == (delta.points, delta.mended, delta.added, delta.removed)
    assert not since(report, report).anything


def test_the_trend_shows_the_score_and_what_was_measured():
    trends = view.of(sample(), with_a_past(sample()))["trends"]
    assert [("Score", 13, "19.5"), ("The tests cover the code", 13, "71.5")] == [(one["title"], one["runs"], one["last"]) for one in trends]


def test_a_course_stays_inside_its_frame():
    line = charts.course([0, 50, 100], low=0, high=100, mark=80)
    assert ("M6.0 78.0 L160.0 42.0 L314.0 6.0", 20.4) == (line.path, line.mark)
