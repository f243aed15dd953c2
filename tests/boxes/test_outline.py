"""A box is what GitHub's own parser says it is, and can be ticked without touching anything else."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from boxes.markdown import TEXTS, TIDY, shown
from prodready.boxes import outline
from prodready.boxes.ticks import ticked

LISTS = Path(__file__).parent


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_the_boxes_are_those_that_github_shows(text):
    assert shown(text) == [box.ticked for box in outline.read(text).boxes if not box.in_table]


@settings(max_examples=200, deadline=None)
@given(TIDY)
def test_turning_a_box_turns_that_box_and_changes_one_character(text):
    boxes = [box for box in outline.read(text).boxes if not box.in_table]
    for index, box in enumerate(boxes):
        turned = ticked(text, {box: not box.ticked})
        assert 1 == sum(one != other for one, other in zip(text, turned, strict=True))
        expected = [each.ticked is not (at == index) for at, each in enumerate(boxes)]
        assert expected == [each.ticked for each in outline.read(turned).boxes if not each.in_table]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_boxes_in_the_state_they_have_leave_the_text_as_it_is(text):
    boxes = outline.read(text).boxes
    assert text == ticked(text, {box: box.ticked for box in boxes})


def test_words_sections_and_nesting_are_kept():
    read = outline.read(
        "# List\n## 1. Risk\n- [x] **Kill** `switches`:\n  - [ ] PnL ([why](x))\n\n    second paragraph\n- no box\n  - [ ] below\n\n"
        "**Score:** ____/3 (100% required)\n"
    )
    assert [("Kill switches:", 0, None), ("PnL (why) second paragraph", 1, 0), ("below", 0, None)] == [(box.text, box.depth, box.parent) for box in read.boxes]
    assert ["List", "1. Risk"] == [section.title for section in read.path(read.boxes[1].section)]
    assert [outline.Score(of=3, remark="(100% required)", line=10)] == list(read.sections[2].scores)
    assert ["PnL (why) second paragraph", "below"] == [box.text for box in read.leaves()]


def test_a_table_cell_with_a_sign_is_a_box_to_people():
    text = "| Step | Done |\n|---|---|\n| Backup | [x] |\n| Restore | ☐ |\n| Call | ✅ |\n"
    read = outline.read(text)
    assert [("Backup", True), ("Restore", False), ("Call", True)] == [(box.text, box.ticked) for box in read.boxes]
    assert [] == shown(text)
    turned = ticked(text, {box: not box.ticked for box in read.boxes})
    assert "| Step | Done |\n|---|---|\n| Backup | [ ] |\n| Restore | ☑ |\n| Call | ☐ |\n" == turned


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_stay(end):
    text = "\ufeff" + end.join(["- [ ] a", "", "- [x] b"])
    assert "\ufeff" + end.join(["- [x] a", "", "- [x] b"]) == ticked(text, {outline.read(text).boxes[0]: True})
