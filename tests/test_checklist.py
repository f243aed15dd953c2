"""A profile is valid or refused with every mistake, its line and the word that was meant."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodready import checklist
from prodready.model import Stage
from prodready.profile import PolicyText
from prodready.validate import ChecklistError

PROFILE = """\
id: mini
title: Mini
pass_mark: 80
categories:
  - id: docs
    title: Documents
    weight: 60
    items:
      - {id: readme, title: There is a README, check: document, params: {paths: [README.md]}, required: true}
      - {id: notes, title: There are notes, check: document, params: {paths: [NOTES.md]}, expect: at most 1 findings}
  - id: code
    title: Code
    weight: 43
    items:
      - {id: words, title: No bad word, check: text_pattern, params: {files: ["*"], pattern: bad}, when: {files: ["*.py"]}}
"""


def load(profile: str = PROFILE, own: str | None = None) -> checklist.Checklist:
    return checklist.load(PolicyText(text=profile, name="mini.yml"), None if own is None else PolicyText(text=own, name=".prodready.yml"))


def mistakes(profile: str = PROFILE, own: str | None = None) -> str:
    with pytest.raises(ChecklistError) as caught:
        load(profile, own)
    return caught.value.message


def test_a_valid_profile_becomes_a_checklist() -> None:
    held = load()
    assert ["readme", "notes", "words"] == [item.id for item in held.items]
    assert (held.pass_mark, held.items[0].required, held.items[2].when.files) == (80, True, ("*.py",))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("pass_mark: 80", "pass_marks: 80", "mini.yml:3: pass_marks: 'pass_marks' is no key here; did you mean 'pass_mark'?"),
        ("pass_mark: 80", "pass_mark: eighty", "mini.yml:3: pass_mark: expected a number, got 'eighty'"),
        ("pass_mark: 80", "pass_mark: 101", "mini.yml:3: pass_mark: 101 is out of range"),
        ("weight: 60", "weight: -1", "mini.yml:7: categories[0].weight: -1 is out of range"),
        ("weight: 60", "weight: .inf", "is out of range"),
        ("weight: 60", "weight: .nan", "is out of range"),
        (
            "check: text_pattern",
            "check: text_patern",
            "mini.yml:15: categories[1].items[0].check: there is no check 'text_patern'; did you mean 'text_pattern'?",
        ),
        ("id: words", "id: readme", "'readme' is the id of an earlier item"),
        ("id: words", "id: 'No Spaces'", "use lower-case letters"),
        ("expect: at most 1 findings", "expect: few", "'few' is no expectation: write for example"),
        ("expect: at most 1 findings", "expect: '>= 80 %'", "does not fit what document observes"),
        ("required: true", "required: yes please", "expected true or false, got 'yes please'"),
        ("required: true", "max_age: 7 apples", "'7 apples' is no duration"),
        ("title: Documents", "titel: Documents", "'titel' is no key here; did you mean 'title'?"),
        (PROFILE, "", "expected a mapping (key: value), got nothing"),
        (PROFILE, "[1, 2]", "expected a mapping"),
        (PROFILE, "id: a\ntitle: b\npass_mark: 1\ncategories: []\n", "no items"),
        (PROFILE, "a: [", "mini.yml:1: not valid YAML"),
    ],
)
def test_each_mistake_is_told_with_its_line(old: str, new: str, says: str) -> None:
    assert says in mistakes(PROFILE.replace(old, new))


def test_several_mistakes_are_told_at_once() -> None:
    told = mistakes(PROFILE.replace("weight: 60", "weight: -1").replace("pass_mark: 80", "pass_mark: 200"))
    assert len(told.splitlines()) == 2


OWN = """\
extends: mini
pass_mark: 70
items:
  readme: {required: false}
  notes: {off: we keep none, weight: 0.5}
  words: {expect: at most 2 findings, params: {pattern: worse}, stage: release}
add:
  - {category: docs, id: extra, title: Extra, check: document, params: {paths: [X.md]}}
exclude:
  - {files: [vendor/**], reason: other people's code}
waivers:
  - {item: words, owner: "@ada", approver: "@bob", ticket: T-1, reason: until the rename, until: 2026-12-31}
settings: {name: value}
"""


def test_a_repository_file_changes_what_it_names_and_nothing_else() -> None:
    held = load(own=OWN)
    readme, notes, extra, words = held.items
    assert (readme.required, notes.off, words.params, words.stage) == (False, "we keep none", {"files": ["*"], "pattern": "worse"}, Stage.RELEASE)
    assert (extra.id, held.pass_mark, held.settings) == ("extra", 70, {"name": "value"})
    assert held.waivers[0].until == date(2026, 12, 31)


def test_everything_it_weakens_is_said_in_words() -> None:
    assert load(own=OWN).bypasses == (
        "pass mark lowered from 80 to 70",
        "readme no longer required",
        "notes switched off: we keep none",
        "notes weighs 0.5 instead of 1",
        "words expects 'at most 2 findings' instead of 'no findings'",
        "words has other parameters: pattern",
        "words moved from stage pr to release",
        "vendor/** left out: other people's code",
    )


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("extends: mini\nitems: {redme: {off: x}}", ".prodready.yml:2: items.redme: the profile 'mini' has no item 'redme'; did you mean 'readme'?"),
        ("extends: mini\nitems: {readme: {off: ''}}", "say why the item is switched off"),
        ("extends: mini\nitems: {readme: {of: x}}", "'of' is no key here"),
        ("extends: mini\nwaivers: [{item: x, owner: a, reason: b, until: 2026-01-01}]", "there is no item 'x'"),
        ("extends: mini\nwaivers: [{item: readme, owner: a, until: 2026-01-01}]", "'reason' is missing"),
        ("extends: mini\nadd: [{category: dox, id: q, title: q, check: document}]", "no category 'dox'"),
        ("extends: mini\nadd: [{category: docs, id: readme, title: q, check: document}]", "change it under 'items:'"),
        ("extends: mini\nexclude: [{files: [a]}]", "'reason' is missing"),
        ("pass_mark: -1", "out of range"),
    ],
)
def test_a_wrong_repository_file_is_refused_with_its_line(own: str, says: str) -> None:
    assert says in mistakes(own=own)


def test_an_empty_repository_file_changes_nothing() -> None:
    assert load().categories == load(own="").categories


def test_every_shipped_profile_is_valid() -> None:
    held = {name: checklist.load(checklist.find(name, Path())) for name in checklist.builtin()}
    assert "starter" in held
    assert all(one.id == name for name, one in held.items())


@pytest.mark.parametrize("kind", ["missing", "directory", "latin-1", "huge", "unreadable name"])
def test_a_profile_that_is_no_text_file_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.yml"
    if kind == "directory":
        path.mkdir()
    if kind == "latin-1":
        path.write_bytes("título: é".encode("latin-1"))
    if kind == "huge":
        path.write_bytes(b"a: b\n" * 2_200_000)
    with pytest.raises(ChecklistError) as caught:
        checklist.find("start" if kind == "unreadable name" else "p.yml", tmp_path)
    assert caught.value.remedy


@settings(max_examples=150)
@given(st.text(alphabet="abcdeikmprstx:-[]{}'\" \n0123.", max_size=120))
def test_no_text_ends_in_anything_but_a_checklist_or_words(text: str) -> None:
    for profile, own in ((text, None), (PROFILE, text)):
        try:
            load(profile, own)
        except ChecklistError as error:
            assert error.message
