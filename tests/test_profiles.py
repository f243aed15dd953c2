"""The two real checklists: every box has its items, every item its box, and every item ends with something a person can do."""

import json
import re
import shutil
from pathlib import Path

import pytest

from goldens import assert_golden
from prodready import checklist
from prodready.boxes import outline
from prodready.boxes.evidence import matched
from prodready.plan import bind
from programs import HERE, prodready, report_of, repository, write

LISTS = ("pre-live", "release")


def items_of(name: str):
    return checklist.load(checklist.find(name, checklist.PROFILES)).items


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


@pytest.mark.parametrize("name", LISTS)
def test_the_parameters_of_every_item_fit_its_check(name):
    for item in items_of(name):
        bind(item.check, item.params, where=item.id)


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
    ours = {(item.section, item.title): item.check for item in items_of(name) if "Owner:" not in item.title}
    theirs = {(item.section, item.title): item.check for item in made.items}
    assert sum(theirs[key] == check_id for key, check_id in ours.items()) >= 0.97 * len(ours)
    assert 2 == prodready("import", "LIST.md", "--out", "made.yml", cwd=tmp_path).code
    ran = prodready("run", tmp_path, "--profile", "made.yml", "--offline", "--out", tmp_path / "out", "--format", "json")
    assert 1 == ran.code, ran.everything[-2000:]


def run(folder: Path, profile: str, *more: str | Path):
    out = folder.parent / f"out-{profile}"
    ended = prodready("run", folder, "--profile", profile, "--out", out, "--format", "json", *more)
    return ended, report_of(out)


def test_a_ticked_list_in_an_empty_repository_is_ninety_claims_and_no_evidence(tmp_path: Path):
    text = (checklist.PROFILES / "sources" / "release.md").read_text("utf-8")
    folder = repository(tmp_path / "empty", {"RELEASE_CHECKLIST.md": text})
    ended, report = run(folder, "release", "--stage", "post-release", "--offline")
    assert (1, "RELEASE_CHECKLIST.md: 90 claimed, 0 evidenced (90 boxes; a tick is no evidence)") == (ended.code, report["claims"][0])
    assert any(line.startswith("RELEASE_CHECKLIST.md:44: ticked, but rel-audit-runbook-section failed: ") for line in report["claims"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists") / "desk"
    shutil.copytree(HERE / "examples" / "desk", folder, ignore=shutil.ignore_patterns("reports", "__pycache__", "prodready-out"))
    return repository(folder, {})


def test_each_scanner_of_dependencies_that_a_box_names_is_asked_by_an_item_of_its_own():
    asked = {item.id: item.params["also"] for item in items_of("pre-live") if item.title == "Dependency scanning: Snyk + safety + pip-audit"}
    assert {"pre-cisec-deps": ["pip-audit"], "pre-cisec-deps-safety": ["safety"], "pre-cisec-deps-snyk": ["snyk"]} == asked


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("tests.sh", "#!/bin/sh\ntest_adds() {\n  [ 2 = $((1 + 1)) ]\n}\ntest_adds\n", "passed"),
        ("test.js", "test('adds', () => { expect(1 + 1).toBe(2) })\n", "passed"),
        ("tests.sh", "#!/bin/sh\nexit 0\n", "failed"),
        ("attests.sh", "test_adds() {\n  true\n}\n", "failed"),
    ],
)
def test_tests_in_one_file_beside_the_code_are_seen(name, text, status, tmp_path: Path):
    folder = repository(tmp_path / "desk", {"app.py": "x = 1\n", name: text})
    _, report = run(folder, "starter", "--only", "tests.exist", "--offline")
    assert {"tests.exist": status} == {item["id"]: item["status"] for item in report["items"]}


ACCOUNTS = """extends: pre-live
items:
  pre-cisec-deps-safety: {params: {advisories: advisories}}
  pre-cisec-deps-snyk: {off: we have no account with Snyk}
"""


def test_a_scanner_with_an_account_is_unknown_without_it_or_switched_off_with_the_reason_and_never_green(tmp_path: Path):
    affected = [{"package": {"ecosystem": "PyPI", "name": "jinja2"}, "versions": ["2.10"]}]
    flaw = json.dumps({"id": "CVE-2026-0001", "modified": "2026-01-30T00:00:00Z", "affected": affected})
    folder = repository(tmp_path / "desk", {"requirements.txt": "flask==3.1.0\n", "advisories/1.json": flaw, ".prodready.yml": ACCOUNTS})
    ended, report = run(folder, "pre-live", "--only", "pre-cisec-deps-safety,pre-cisec-deps-snyk", "--now", "2026-01-31T12:00:00Z")
    items = {item["id"]: item for item in report["items"]}
    assert "unknown" == items["pre-cisec-deps-safety"]["status"], ended.everything
    told = items["pre-cisec-deps-safety"]["summary"]
    assert [True, True] == ["safety could not be heard" in told, "SAFETY_API_KEY" in told], told
    assert {"unknown"} == {item["status"] for item in items.values()} - {"not_applicable"}
    assert any("pre-cisec-deps-snyk" in line and "we have no account with Snyk" in line for line in report["bypasses"])


@pytest.mark.parametrize("name", LISTS)
def test_the_list_runs_whole_on_the_example_and_every_item_says_what_a_person_can_do(name, desk):
    ended, report = run(desk, name, "--stage", "post-release", "--offline")
    assert 1 == ended.code, ended.everything[-2000:]
    here = {item["id"]: item for item in report["items"] if not item["id"].startswith("desk.")}
    assert {item.id for item in items_of(name)} == here.keys()
    assert [] == [key for key, item in here.items() if not item["summary"] or not _advice(item)]
    assert [] == [item["summary"] for item in here.values() if "bug of prodready" in item["remedy"]]


def _advice(item) -> str:
    return item["remedy"] or next((one["fix"] for one in item["findings"] if one["fix"]), item["how"])


def test_the_owners_and_days_of_the_release_list_are_its_own():
    sections = {(item.section, item.owner, item.due) for item in items_of("release") if item.owner}
    told = {(item.section, *re.fullmatch(r"Owner: (.+) \| ETA: (.+)", item.title).groups()) for item in items_of("release") if item.title.startswith("Owner:")}
    assert (10, told) == (len(told), sections)


def test_the_signatures_of_the_pre_live_list_are_asked_for():
    text = (checklist.PROFILES / "sources" / "pre-live.md").read_text("utf-8")
    table = {name.casefold().replace(" ", "-") for name in re.findall(r"^\| \**([A-Z][A-Za-z ]+?)\** \| _+ \| _+ \| _+ \|$", text, re.MULTILINE)}
    rules = checklist.load(checklist.find("pre-live", checklist.PROFILES)).signoffs
    assert (6, table) == (len(rules.release), set(rules.release))
    items = [item for item in items_of("pre-live") if item.id.startswith("pre-signoff-")]
    assert table - {"security-officer"} == {role for item in items for role in item.params["roles"]}


def test_nobody_is_asked_by_a_role_that_no_other_item_or_signature_knows():
    roles = {name: {role for item in items_of(name) if item.check == "attestation" for role in item.params["roles"]} for name in LISTS}
    owners = {item.params["path"].removeprefix("roles.") for item in items_of("release") if item.id.endswith("-owner")}
    assert roles["release"] <= owners
    assert {"governance-officer"} == roles["pre-live"] - set(checklist.load(checklist.find("pre-live", checklist.PROFILES)).signoffs.release)
