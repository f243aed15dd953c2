"""What is doubtful about the two real checklists, and about small ones with one fault each."""

from pathlib import Path

import pytest

from prodready.boxes import doubts, outline

SOURCES = Path(__file__).parents[2] / "profiles" / "sources"
RELEASE = outline.read((SOURCES / "release.md").read_text("utf-8"))
PRE_LIVE = outline.read((SOURCES / "pre-live.md").read_text("utf-8"))


def rules(list_) -> dict[str, list[int]]:
    """Rule -> lines."""
    found: dict[str, list[int]] = {}
    for doubt in doubts.doubts(list_):
        found.setdefault(doubt.rule, []).append(doubt.line)
    return found


def test_the_real_lists_have_their_boxes():
    assert (90, 90, 80) == (len(RELEASE.boxes), sum(box.ticked for box in RELEASE.boxes), len(RELEASE.leaves()))
    assert (216, 0, 212) == (len(PRE_LIVE.boxes), sum(box.ticked for box in PRE_LIVE.boxes), len(PRE_LIVE.leaves()))


def test_the_release_list_is_doubted_where_it_is_doubtful():
    assert {
        "ticked": [8], "placeholder": [14, 84], "metadata": [18, 26, 34, 40, 48, 55, 64, 71, 78, 85],
        "after-launch": [98, 99, 100, 101, 102], "written-status": [141, 143, 145],
    } == rules(RELEASE)  # fmt: skip


def test_the_pre_live_list_is_doubted_where_it_is_doubtful():
    expected = {"impossible-bound": [155], "denominator": [198, 215, 412, 413], "heading-twice": [286], "roles": [351, 437], "weights": [407]}
    assert expected == rules(PRE_LIVE)
    words = " ".join(doubt.message for doubt in doubts.doubts(PRE_LIVE))
    for said in ("103 %", "out of 9, and there are 10", "out of 7, and there are 8", "Governance Officer", "Security Officer", "Secrets Management"):
        assert said in words


ONE = [
    ("- [ ] Owner: a | ETA: 24h", "metadata"),
    ("- [ ] report of 2026-<date>", "placeholder"),
    ("- [ ] run docker stack deploy ...", "placeholder"),
    ("- [ ] PBO > 1.5", "impossible-bound"),
    ("- [ ] coverage ≥ 120%", "impossible-bound"),
    ("- [ ] uptime > 100 %", "impossible-bound"),
    ("- [x] T+24h: review", "after-launch"),
    ("- [ ] a\n- [ ] a", "box-twice"),
    ("## 1. A\n- [ ] x\n## 2. A\n- [ ] y", "heading-twice"),
    ("- [ ] Grï¿½n \ufffd", "broken-character"),
    ("- [ ] FranÃ§ais", "broken-character"),
    ("- [ ] a\u202eb", "hidden-character"),
    ("Status: ALL ITEMS COMPLETED\n\n- [ ] a", "written-status"),
    ("- [x] a", "ticked"),
    ("# L\n- [ ] a\n\nScore: __/2", "denominator"),
    ("- [ ] a\n\n| C | Weight |\n|---|---|\n| x | 60% |\n| y | 50% |", "weights"),
]


@pytest.mark.parametrize(("text", "rule"), ONE, ids=[f"{rule}-{number}" for number, (_, rule) in enumerate(ONE)])
def test_each_fault_is_told_with_its_fix(text, rule):
    found = [doubt for doubt in doubts.doubts(outline.read(text)) if doubt.rule == rule]
    assert found
    assert all(doubt.fix for doubt in found)


@pytest.mark.parametrize(
    "text",
    [
        "# List\n- [ ] PSR > 0.95\n- [ ] uptime > 99.9%\n- [ ] Sharpe > 1.5\n- [ ] coverage >= 100 %\n\nScore: __/4\n",
        "- [ ] a\n\n| C | Weight |\n|---|---|\n| x | 60% |\n| y | 40% |\n| TOTAL | 100% |",
        "# L\n## Sign-off\n- [ ] **CTO** - technical\n\n| Role | Signature |\n|---|---|\n| CTO | ___ |\n",
        "- [ ] עברית 🚀 ≥ 3 – “quoted” café Ελληνικά Русский",
        "- [ ] T+24h: review",
    ],
)
def test_a_list_that_is_right_is_left_alone(text):
    assert () == doubts.doubts(outline.read(text))
