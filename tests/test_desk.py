"""The example service, gated with the real programs: every planted fault is found, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from prodready import expectation
from prodready.expectation import SEVERITIES, NoMoreFindings

ROOT = Path(__file__).parent.parent
DESK = ROOT / "examples" / "desk"


NOW = datetime.now(UTC).isoformat(timespec="seconds")


def gate(folder, out):
    command = [sys.executable, "-I", str(ROOT / "scripts" / "launch.py"), "run", str(folder), "--out", str(out), "--now", NOW]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def listed(name):
    """The plants of a list as (item, status, rule or measured value, path, line)."""
    plants = yaml.safe_load((DESK / "PLANTS.yml").read_text("utf-8"))[name]
    return {
        (plant["item"], plant.get("status", "failed"), plant.get("rule", plant.get("measured")), plant.get("path", ""), plant.get("line")) for plant in plants
    }


def found(report):
    """What a report says, in the same shape: each finding that counts, and each item that failed or could not be told without one."""
    return {row for item in report["items"] if item["status"] in ("failed", "unknown") for row in rows(item)}


def rows(item):
    bound = expectation.parse(item["expect"])
    if not isinstance(bound, NoMoreFindings) or item["status"] == "unknown":
        measured = item["measured"]
        return [(item["id"], item["status"], round(measured, 1) if isinstance(measured, float) else measured, "", None)]
    counted = [one for one in item["findings"] if not one["suppressed"] and SEVERITIES.index(one["severity"]) >= bound.severity]
    return [(item["id"], item["status"], one["rule"], one["path"], one["line"]) for one in counted]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The example as a repository of its own: as somebody gets it who clones it, whatever else lies in our checkout."""
    folder = tmp_path_factory.mktemp("clone") / "desk"
    shutil.copytree(DESK, folder, ignore=shutil.ignore_patterns("reports", "__pycache__", "prodready-out"))
    git = ["git", "-C", str(folder), "-c", "user.name=desk", "-c", "user.email=desk@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Import"]):
        subprocess.run([*git, *words], check=True)
    return folder


@pytest.fixture(scope="module")
def first(clone, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    ended = gate(clone, out)
    return ended, json.loads((out / "report.json").read_text("utf-8")), out


def test_every_plant_is_found_and_nothing_else(first):
    assert sorted(listed("plants"), key=str) == sorted(found(first[1]), key=str)


def test_all_other_items_pass_or_do_not_apply(first):
    planted = {row[0] for row in listed("plants")}
    others = {item["status"] for item in first[1]["items"] if item["id"] not in planted}
    assert others == {"passed", "not_applicable"}


def test_the_gate_is_closed_and_the_reports_are_written(first):
    ended, report, out = first
    assert (ended.returncode, report["decision"]["ready"]) == (1, False)
    assert sorted(path.name for path in out.glob("*.*")) == [".gitignore", "report.html", "report.json", "report.md"]


def test_the_secret_is_in_no_output(first):
    ended, _, out = first
    secret = (DESK / "deploy" / "desk.env").read_text("utf-8").partition("DESK_VENUE_KEY=")[2].strip()
    texts = [ended.stdout, ended.stderr, *(path.read_text("utf-8") for path in out.glob("report.*"))]
    assert [secret in text for text in texts] == [False] * 5


def test_the_gate_of_the_folder_in_our_checkout_says_the_same(first, tmp_path):
    ended = gate(DESK, tmp_path)
    here = {row for row in found(json.loads((tmp_path / "report.json").read_text("utf-8"))) if not row[0].startswith("tests.")}
    assert (1, {row for row in found(first[1]) if not row[0].startswith("tests.")}) == (ended.returncode, here)


def test_the_same_files_at_the_same_moment_give_the_same_report_but_for_times(clone, first, tmp_path):
    def lasting(folder):
        return re.sub(r'"(seconds|started)": [^,\n]+', "", (folder / "report.json").read_text("utf-8"))

    gate(clone, tmp_path)
    assert lasting(first[2]) == lasting(tmp_path)


def test_reports_made_after_the_commit_are_judged(clone, first, tmp_path):
    subprocess.run([sys.executable, "acceptance.py"], cwd=clone, check=True, capture_output=True)
    gate(clone, tmp_path)
    changed = {row[0] for row in listed("after_acceptance")}
    expected = {row for row in listed("plants") if row[0] not in changed} | listed("after_acceptance")
    assert sorted(expected, key=str) == sorted(found(json.loads((tmp_path / "report.json").read_text("utf-8"))), key=str)


def test_the_examples_own_tests_pass():
    ended = subprocess.run([sys.executable, "-B", "-m", "unittest"], cwd=DESK, capture_output=True, text=True, timeout=120, check=False)
    assert (0, "OK") == (ended.returncode, ended.stderr.strip().rpartition("\n")[2])


def test_the_starter_profile_takes_folders_out_with_a_pattern_that_does():
    """``!tests/`` reads as if it left the folder out, and in .gitignore's own terms leaves every file of it in."""
    text = (ROOT / "profiles" / "starter.yml").read_text("utf-8")
    assert [] == re.findall(r'"![^"]*/"', text)
