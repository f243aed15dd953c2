"""Ticks beside evidence: a tick is a claim, and a claim that the evidence contradicts is told."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from prodready.boxes import outline
from prodready.boxes.evidence import backed, claims, matched
from prodready.model import Item, Outcome, Status, Unseen
from programs import prodready, repository

SOURCES = Path(__file__).parents[2] / "profiles" / "sources"
LIST = """# Release
## 1. Keys
- [x] **Keys rotated**
  - [x] `rotate.sh` exists
  - [x] Old key refused
## 2. Docs
- [x] README says how
- [ ] Nobody looks at this
"""
PROFILE = """id: own
title: Own
pass_mark: 80
checklist: [CHECK.md]
categories:
  - id: all
    title: All
    weight: 100
    items:
      - {id: rotate, title: rotate.sh exists, section: 1. Keys, check: document, params: {paths: [/rotate.sh], min_words: 0}}
      - {id: refused, title: Old key refused, section: 1. Keys, check: document, params: {paths: [/refused.md], min_words: 0}}
      - {id: readme, title: README says how, section: 2. Docs, check: document, params: {paths: [/README.md], min_words: 1}}
"""


def outcome(title: str, section: str, status: Status) -> Outcome:
    return Outcome(item=Item(id=title, title=title, check="document", section=section), status=status, summary="seen", observation=Unseen(reason="", remedy=""))


def test_a_group_is_evidenced_when_all_below_it_are():
    for last, expected in ((Status.PASSED, True), (Status.WAIVED, False), (Status.UNKNOWN, False), (Status.FAILED, False)):
        seen = [outcome("rotate.sh exists", "1. Keys", Status.PASSED), outcome("Old key refused", "1. Keys", last)]
        backing = backed(outline.read(LIST), seen)
        assert expected is backing.holds(backing.outline.boxes[0])
    assert None is backing.holds(backing.outline.boxes[4])


def test_equal_words_in_two_sections_are_two_items():
    read = outline.read("# A\n- [ ] done\n# B\n- [ ] done\n- [ ] else\n")
    items = [Item(id=section, title="**done**", check="document", section=section) for section in ("A", "B")]
    assert [["A"], ["B"]] == [[item.id for item in behind] for behind in matched(read, items).values()]


def test_a_leaf_with_two_items_is_evidenced_when_both_are():
    for last, expected in ((Status.PASSED, True), (Status.UNKNOWN, False)):
        seen = [outcome("Old key refused", "1. Keys", status) for status in (Status.PASSED, last)]
        seen = [replace(one, item=replace(one.item, id=str(number))) for number, one in enumerate(seen)]
        backing = backed(outline.read(LIST), seen)
        assert expected is backing.holds(backing.outline.boxes[2])


def test_a_tick_whose_item_failed_is_a_contradiction():
    seen = [outcome("rotate.sh exists", "1. Keys", Status.PASSED), outcome("README says how", "2. Docs", Status.FAILED)]
    assert ["C.md: 4 claimed, 1 evidenced (5 boxes; a tick is no evidence)", "C.md:7: ticked, but README says how failed: seen"] == claims(
        "C.md", backed(outline.read(LIST), seen)
    )


def test_the_run_tells_and_the_file_can_be_ticked_truly(tmp_path):
    files = {"CHECK.md": LIST, "own.yml": PROFILE, "rotate.sh": "#!/bin/sh\n", "README.md": "How to start.\n"}
    root = repository(tmp_path / "service", files)
    ended = prodready("run", root, "--profile", "own.yml", "--out", tmp_path / "out")
    assert "CHECK.md: 4 claimed, 2 evidenced" in ended.out
    assert "CHECK.md:5: ticked, but refused failed" in ended.out
    shown = prodready("tick", root / "CHECK.md", "--report", tmp_path / "out" / "report.json")
    assert (0, LIST) == (shown.code, (root / "CHECK.md").read_text("utf-8"))
    assert "-  - [x] Old key refused\n+  - [ ] Old key refused\n" in shown.out
    written = prodready("tick", root / "CHECK.md", "--report", tmp_path / "out" / "report.json", "--write")
    assert 0 == written.code
    expected = LIST.replace("[x] Old", "[ ] Old").replace("[x] **Keys", "[ ] **Keys")
    assert expected == (root / "CHECK.md").read_text("utf-8")
    assert "line 8: no item stands behind it: Nobody looks at this" in written.out


@pytest.mark.parametrize(("text", "says"), [("# no box\n", "it has no box"), ("- [ ] other\n", "no item of the report stands behind")])
def test_a_list_that_nothing_stands_behind_is_refused(text, says, tmp_path):
    root = repository(tmp_path / "service", {"own.yml": PROFILE, "list.md": text})
    prodready("run", root, "--profile", "own.yml", "--out", tmp_path / "out")
    ended = prodready("tick", root / "list.md", "--report", tmp_path / "out" / "report.json")
    assert (2, True) == (ended.code, says in ended.err)
