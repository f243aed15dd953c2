"""The two real checklists in the making: every box has its items, every item its box, and what waits for a check is named."""

from pathlib import Path

import pytest

from goldens import assert_golden
from prodready import check, checklist, yamltext
from prodready.boxes import outline
from prodready.boxes.evidence import matched
from prodready.boxes.suggest import drafts
from prodready.decode import decode
from prodready.overlay import from_entry
from prodready.plan import bind
from prodready.profile import ItemEntry, SectionEntry
from programs import prodready, write

LISTS = ("pre-live", "release")
AWAITED: set[str] = set()
"""Checks that items of the drafts wait for. A draft becomes a profile when none is left."""


def items_of(name: str):
    data = yamltext.read((checklist.PROFILES / "drafts" / f"{name}.yml").read_text("utf-8"), name=name).data
    return [
        from_entry(decode(entry, ItemEntry), decode({**section, "items": []}, SectionEntry))
        for category in data["categories"]
        for section in category["sections"]
        for entry in section["items"]
    ]


def source(name: str):
    return outline.read((checklist.PROFILES / "sources" / f"{name}.md").read_text("utf-8"))


@pytest.mark.parametrize("name", LISTS)
def test_every_leaf_has_its_items_and_every_item_its_leaf(name):
    list_, items = source(name), items_of(name)
    behind = matched(list_, items)
    assert [] == [(box.line, box.text) for box in list_.leaves() if box not in behind]
    assert set() == {item.id for item in items} - {item.id for found in behind.values() for item in found}
    table = "".join(f"{box.line} {' '.join(item.id for item in found)}\n" for box, found in sorted(behind.items(), key=lambda pair: pair[0].line))
    assert_golden(f"lines-{name}.txt", table)


@pytest.mark.parametrize("name", LISTS)
def test_every_item_explains_itself_under_an_id_of_its_own(name):
    items = items_of(name)
    assert len(items) == len({item.id for item in items})
    assert [] == [item.id for item in items if not item.why or not item.how]


def test_the_parameters_fit_every_check_that_is_there_and_the_others_are_named():
    for item in drafts():
        bind(item.check, item.params, where=item.id)
    assert {item.check for name in LISTS for item in items_of(name)} - set(check.known()) <= AWAITED


@pytest.mark.parametrize("name", LISTS)
def test_what_is_judged_after_the_launch_cannot_gate_it(name):
    after = {item.section for item in items_of(name) if item.stage == "post-release"}
    assert after == {"pre-live": {"📅 Post-Go-Live"}, "release": {"Launch Sequence"}}[name]


def test_optional_boxes_do_not_block_and_required_sections_do():
    items = {item.id: item for item in items_of("pre-live")}
    assert [False, False, False] == [items[f"pre-docs-{name}-policy"].required for name in ("secrets", "encryption", "monitoring")]
    assert all(item.required for item in items.values() if item.section.startswith(("5.", "6.", "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.8")))
    assert not any(item.required for item in items.values() if item.section.startswith(("3.", "4.", "7.", "8.")))


@pytest.mark.parametrize("name", LISTS)
def test_importing_the_list_makes_a_valid_profile_that_runs(name, tmp_path: Path):
    write(tmp_path, {"LIST.md": (checklist.PROFILES / "sources" / f"{name}.md").read_text("utf-8")})
    ended = prodready("import", "LIST.md", "--out", "made.yml", cwd=tmp_path)
    assert 0 == ended.code, ended.err
    made = checklist.load(checklist.find("made.yml", tmp_path))
    assert {box.text for box in source(name).leaves()} == {item.title for item in made.items}
    ours = {(item.section, item.title): item.check for item in items_of(name) if item.check in check.known() and "Owner:" not in item.title}
    theirs = {(item.section, item.title): item.check for item in made.items}
    assert sum(theirs[key] == check_id for key, check_id in ours.items()) >= 0.97 * len(ours)
    assert 2 == prodready("import", "LIST.md", "--out", "made.yml", cwd=tmp_path).code
    ran = prodready("run", tmp_path, "--profile", "made.yml", "--offline", "--out", tmp_path / "out", "--format", "json")
    assert 1 == ran.code, ran.everything[-2000:]


def test_a_ticked_list_with_nothing_behind_it_is_ninety_claims(tmp_path: Path):
    write(tmp_path, {"RELEASE_CHECKLIST.md": (checklist.PROFILES / "sources" / "release.md").read_text("utf-8")})
    prodready("import", "RELEASE_CHECKLIST.md", "--out", "made.yml", cwd=tmp_path)
    ran = prodready("run", tmp_path, "--profile", "made.yml", "--offline", "--out", tmp_path / "out", "--format", "json")
    assert "RELEASE_CHECKLIST.md: 90 claimed, " in ran.out
    assert "RELEASE_CHECKLIST.md:44: ticked, but runbook-section-regulator-data-pull failed" in ran.out
