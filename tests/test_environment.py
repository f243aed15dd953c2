"""What only a machine inside can see reaches a gate outside as a record: signed, or left by a workflow, and never believed otherwise."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import signers
from fake_github.server import FakeGitHub
from prodready import checklist, yamltext
from prodready.decode import decode
from prodready.environment.records import NAMESPACE
from prodready.evidence.signature import sign
from prodready.profile import RepositoryFile
from programs import HERE, commit, git, prodready, report_of, repository, write

PROFILE = """\
id: mini
title: Mini
pass_mark: 100
categories:
  - id: a
    title: A
    weight: 1
    items:
      - {id: here, title: Here, check: text_pattern, params: {files: [README.md], pattern: hello, mode: require}}
      - {id: kafka.topics, title: Inside, check: document, params: {paths: [broker.md], min_words: 1}, required: true}
"""
OWN = "extends: mini.yml\nenvironment: {items: [kafka.*], signers: [probe@acme]}\n"
BY_WORKFLOW = "extends: mini.yml\nenvironment: {items: [kafka.*], workflow: inside.yml}\n"


@pytest.fixture
def keys(tmp_path):
    return {who: signers.key(tmp_path / who) for who in ("probe", "other")}


@pytest.fixture
def outside(tmp_path, keys) -> Path:
    """The checkout of a runner that sees no broker."""
    allowed = "".join(f'{who}@acme namespaces="{NAMESPACE}" {key.with_suffix(".pub").read_text()}' for who, key in keys.items())
    files = {"README.md": "hello\n", "mini.yml": PROFILE, ".prodready.yml": OWN, ".prodready/allowed_signers": allowed}
    return repository(tmp_path / "outside" / "desk", files)


def record(outside: Path, keys, *, who="probe", broker="Six topics, three replicas.\n", more=()) -> Path:
    """The folder with the record of a runner that sees the broker."""
    inside = outside.parents[1] / "inside" / "desk"
    shutil.rmtree(inside, ignore_errors=True)
    shutil.copytree(outside, inside)
    write(inside, {"broker.md": broker} if broker else {})
    out = inside.parent / f"record-{who}"
    words = ("--sign", keys[who]) if who else ()
    ended = prodready("run", inside, "--only", "kafka.topics", *words, "--out", out, "--format", "json", *more)
    assert ended.code in (0, 1), ended.everything
    return out


def gate(outside: Path, *words: str | Path, env=None):
    """(exit code, the item, the notes)."""
    out = outside.parent / "out"
    ended = prodready("run", outside, "--out", out, "--format", "json", *words, env=env)
    report = report_of(out)
    return ended.code, next(item for item in report["items"] if item["id"] == "kafka.topics"), "\n".join(report["notes"])


def test_without_a_record_it_is_unknown_and_says_how_one_is_made(outside):
    code, item, _ = gate(outside)
    assert (3, "unknown", "no record tells how kafka.topics is") == (code, item["status"], item["summary"])
    assert "prodready run --stage pr --only kafka.topics" in item["remedy"]


def test_a_signed_record_opens_the_gate_until_it_is_too_old(outside, keys):
    folder = record(outside, keys)
    code, item, notes = gate(outside, "--evidence", folder)
    assert (0, "passed") == (code, item["status"])
    assert "signed by probe@acme" in item["evidence"]["source"]
    assert "is told by the record of" in notes
    later = datetime.now(UTC) + timedelta(hours=25)
    code, item, _ = gate(outside, "--evidence", folder, "--now", later.isoformat())
    assert (3, "stale") == (code, item["status"])


def test_a_record_of_a_failure_fails(outside, keys):
    code, item, _ = gate(outside, "--evidence", record(outside, keys, broker=""))
    assert (1, "failed") == (code, item["status"])


def test_a_record_is_found_in_the_repository_too_and_the_newest_counts(outside, keys):
    old = record(outside, keys, broker="", more=("--now", (datetime.now(UTC) - timedelta(hours=2)).isoformat()))
    kept = outside / "evidence" / "environment"
    kept.mkdir(parents=True)
    for name in ("json", "sig"):
        shutil.copy(old / f"report.{name}", kept / f"1.{name}")
    assert "failed" == gate(outside)[1]["status"]
    new = record(outside, keys)
    for name in ("json", "sig"):
        shutil.copy(new / f"report.{name}", kept / f"0.{name}")
    assert "passed" == gate(outside)[1]["status"]


def _changed(folder):
    path = folder / "report.json"
    path.write_text(path.read_text("utf-8").replace("Inside", "Inside."), "utf-8")


def _unsigned(folder):
    (folder / "report.sig").unlink()


def _cut(folder):
    path = folder / "report.json"
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")


@pytest.mark.parametrize(("spoil", "why"), [(_changed, "incorrect signature"), (_unsigned, "report.sig is missing"), (_cut, "incorrect signature")])
def test_a_record_that_was_changed_cut_or_not_signed_is_not_believed(outside, keys, spoil, why):
    folder = record(outside, keys)
    spoil(folder)
    code, item, notes = gate(outside, "--evidence", folder)
    assert (3, "unknown", True) == (code, item["status"], why in notes)


def test_a_record_of_a_signer_of_something_else_is_not_believed(outside, keys):
    code, item, notes = gate(outside, "--evidence", record(outside, keys, who="other"))
    assert (3, "unknown", True) == (code, item["status"], "other@acme signed it, who may not sign records" in notes)


def test_a_signature_for_another_purpose_is_none(outside, keys):
    folder = record(outside, keys)
    (folder / "report.sig").write_text(sign((folder / "report.json").read_bytes(), keys["probe"], namespace="git"))
    assert "unknown" == gate(outside, "--evidence", folder)[1]["status"]


def test_a_record_of_another_policy_or_repository_is_not_believed(outside, keys):
    folder = record(outside, keys)
    assert "not acme/other" in gate(outside, "--evidence", folder, env={"GITHUB_REPOSITORY": "acme/other"})[2]
    write(outside, {".prodready.yml": OWN + "pass_mark: 90\n"})
    commit(outside, "Another policy")
    code, item, notes = gate(outside, "--evidence", folder)
    assert (3, "unknown", True) == (code, item["status"], "was made under another policy" in notes)


def test_rules_that_believe_nobody_and_patterns_of_no_item_are_refused(outside):
    write(outside, {".prodready.yml": "extends: mini.yml\nenvironment: {items: [kafka.*, vault.*]}\n"})
    ended = prodready("lint", ".prodready.yml", cwd=outside)
    assert (2, True, True) == (
        ended.code, "environment.items: say whose records are believed" in ended.everything, "no item is 'vault.*'" in ended.everything
    )  # fmt: skip


def _archive(folder: Path, **more: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(folder / "report.json", "report.json")
        for name, content in more.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_record_is_fetched_from_the_newest_run_of_its_workflow_and_from_nowhere_else(outside, keys):
    write(outside, {".prodready.yml": BY_WORKFLOW})
    commit(outside, "By workflow")
    with FakeGitHub("acme/desk") as github:
        env = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": "acme/desk", "PRODREADY_TOKEN": "ghs_workflow"}
        assert "no finished run of inside.yml is there on main" in gate(outside, env=env)[1]["summary"]
        inside = outside.parents[1] / "inside" / "desk"
        shutil.copytree(outside, inside)
        write(inside, {"broker.md": "Six topics.\n"})
        out = inside.parent / "record"
        assert 0 == prodready("run", inside, "--only", "kafka.topics", "--out", out, "--format", "json", env={"GITHUB_REPOSITORY": "acme/desk"}).code
        github.run("failure", "inside.yml", id=7)  # the run may be red: what counts is what it saw
        assert "left no artefact" in gate(outside, env=env)[1]["summary"]
        github.upload(7, _archive(out), "prodready-environment")
        code, item, _ = gate(outside, env=env)
        assert (0, "passed", True) == (code, item["status"], "run 1 of inside.yml on main" in item["evidence"]["source"])
        assert "unknown" == gate(outside, "--evidence", out, env={"GITHUB_REPOSITORY": "acme/desk"})[1]["status"]
        github.run("success", "inside.yml", id=8, number=2, event="pull_request")
        assert "passed" == gate(outside, env=env)[1]["status"]
        github.run("success", "inside.yml", id=9, number=3)
        github.upload(9, _archive(out, **{"../x": b"x"}), "prodready-environment")
        assert "points out of the archive" in gate(outside, env=env)[1]["summary"]
        assert [] == github.violations


def test_a_part_of_a_run_looks_itself(outside, keys):
    report = json.loads((record(outside, keys) / "report.json").read_text("utf-8"))
    assert ["kafka.topics"] == [item["id"] for item in report["items"]]
    assert "" == git(outside, "status", "--porcelain")


def test_the_rules_in_the_docs_are_valid():
    (rules,) = re.findall(r"```yaml\n(.*?)```", (HERE / "docs" / "environment.md").read_text("utf-8"), re.DOTALL)
    file = decode(yamltext.read(rules, name="docs").data, RepositoryFile)
    known = [item.id for item in checklist.load(checklist.find("pre-live", HERE)).items]
    assert [] == [pattern for pattern in file.environment.items if not any(fnmatchcase(name, pattern) for name in known)]
    made = (HERE / "examples" / "workflows" / file.environment.workflow).read_text("utf-8")
    assert file.environment.artefact in made
