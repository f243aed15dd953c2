"""The desk's two Caddyfiles, one vulnerable and one not: the gate tells them apart, and so does a Caddy that runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import programs
from prodready.model import Status
from tls import servers, worlds

pytestmark = pytest.mark.integration
DESK = Path(__file__).parents[2] / "examples" / "desk"


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(DESK, folder, ignore=shutil.ignore_patterns("reports", "__pycache__", "prodready-out"))
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=desk", "-c", "user.email=desk@example.com", "commit", "-q", "-m", "Import"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def gate(folder, out):
    ended = programs.prodready("run", folder, "--only", "desk.unknown-host", "--out", out)
    return programs.statuses(out)["desk.unknown-host"], ended


def test_the_gate_tells_the_vulnerable_file_from_the_fixed_one(desk, tmp_path):
    before, ended = gate(desk, tmp_path / "before")
    assert ("failed", True) == (before, "a stranger makes this server order certificates" in ended.out), ended.everything
    shutil.copy(desk / "deploy" / "fixed.Caddyfile", desk / "deploy" / "Caddyfile")
    assert "passed" == gate(desk, tmp_path / "after")[0]


@pytest.mark.parametrize(("config", "status", "rule"), [("Caddyfile", Status.FAILED, True), ("fixed.Caddyfile", Status.PASSED, False)])
def test_a_caddy_that_still_serves_the_old_file_issues_to_a_stranger(desk, config, status, rule):
    """With the desk's own list of domains and the Caddy of Debian, which is older than the refusal."""
    servers.program("pebble")
    ask = ["python3", "-m", "desk.domains"]
    outcome = worlds.seen(
        "caddy_refuses_unknown_host", service=desk, config=f"deploy/{config}", allowed=["desk.example.com"], caddy=servers.program("caddy"), ask_command=ask
    )
    assert status is outcome.status, outcome.observation
    assert rule is ("issued-to-stranger" in {finding.rule for finding in outcome.observation.findings})
