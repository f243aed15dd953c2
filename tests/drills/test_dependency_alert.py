"""A malicious dependency turns the gate red and is heard of; the repository is left as it was."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from drilled import drilled
from prodready.errors import Exit
from programs import git, repository

GATE = """\
import json, os, pathlib, sys, urllib.request
bad = [line for line in pathlib.Path("requirements.txt").read_text().splitlines() if "evil" in line]
print("found", *bad if {names} else "something")
if bad and {tells}:
    urllib.request.urlopen(os.environ["SLACK_WEBHOOK_URL"], json.dumps({{"text": f"stopped {{bad}}"}}).encode())
sys.exit(({red} if bad else 0) or {always})
"""
MINI = """\
id: mini
title: Mini
pass_mark: 80
categories: [{id: d, title: Dependencies, weight: 1, items: [{id: deps, title: No known hole, check: dependencies, params: {advisories: osv}, required: true}]}]
"""


def advisory(name, version):
    affected = [{"package": {"ecosystem": "PyPI", "name": name}, "versions": [version]}]
    return json.dumps({"id": f"MAL-2026-{name}", "modified": datetime.now(UTC).isoformat(), "summary": "it steals", "affected": affected})


def drill(folder, **params):
    return drilled("dependency_alert", folder, **{"plant": {"requirements.txt": "evil-package==1.0\n"}, "package": "evil-package", **params})


def gated(tmp_path, *, names="True", tells="True", red=1, always=0, **params):
    folder = repository(tmp_path / "desk", {"requirements.txt": "good==1.0\n", "gate.py": GATE.format(names=names, tells=tells, red=red, always=always)})
    ended, record = drill(folder, gate=[sys.executable, "gate.py"], **params)
    assert ("good==1.0\n", 1) == ((folder / "requirements.txt").read_text(), len(git(folder, "worktree", "list").splitlines()))
    return ended, record


def test_it_is_stopped_and_heard_of_and_nothing_is_left_behind(tmp_path):
    ended, record = gated(tmp_path)
    assert (Exit.READY, "evil-package", "s") == (ended.code, record["target"], record["unit"]), ended.everything


def test_it_may_be_heard_of_where_people_read(tmp_path):
    assert Exit.READY == gated(tmp_path, tells="False", heard={"run": ["echo", "${DRILL}"], "matches": "${DRILL}"})[0].code


@pytest.mark.parametrize(("fault", "rule"), [({"red": 0}, "gate-green"), ({"names": "False"}, "not-named"), ({"tells": "False", "within": 1}, "alert-lost")])
def test_a_gate_that_lets_it_through_or_keeps_it_to_itself_fails(tmp_path, fault, rule):
    ended, record = gated(tmp_path, **fault)
    assert (Exit.NOT_READY, [rule]) == (ended.code, [finding["rule"] for finding in record["findings"]]), ended.everything


def test_a_gate_that_cannot_tell_or_knows_the_package_already_proves_nothing(tmp_path):
    assert "the gate ended with 3, and that is no verdict" in gated(tmp_path, red=3)[1]["reason"]
    ended, record = gated(tmp_path / "again", package="found")
    assert (Exit.UNKNOWN, True) == (ended.code, "before it was planted" in record["reason"])


def test_outside_of_git_and_outside_of_the_repository(tmp_path):
    assert "no git repository" in drill(tmp_path)[1]["reason"]
    assert "is not below the repository" in drill(tmp_path, plant={"../x": "y"})[0].err


@pytest.mark.integration
def test_prodready_itself_is_the_gate(tmp_path):
    known = {"osv/1.json": advisory("evil-package", "1.0"), "osv/2.json": advisory("jinja2", "2.10")}  # the second shows that the copy is whole
    files = {"requirements.txt": "", "mini.yml": MINI, ".prodready.yml": "extends: mini.yml\n", "README.md": "x\n"}
    folder = repository(tmp_path / "desk", {**files, **known})
    ended, _ = drill(folder)
    assert Exit.READY == ended.code, ended.everything
