"""The example service, finished: its gate opens for a merge, and for a release once drills were done and people have signed. All of it is done here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import signers
import supervised
from prodready.evidence.signature import NAMESPACE
from programs import HERE, commit, git, prodready, report_of, statuses

PEOPLE = {"cto": "cto@example.com", "risk-officer": "risk@example.com"}
DRILLS = ("var-liquidation", "kill-pnl", "kill-psr", "kill-drawdown")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A copy of the desk, mended by the patch and with the new files laid over it, and with people who may sign."""
    base = tmp_path_factory.mktemp("finished")
    folder = base / "desk"
    unwanted = shutil.ignore_patterns("reports", "__pycache__", "prodready-out", "evidence")
    shutil.copytree(HERE / "examples" / "desk", folder, ignore=unwanted)
    shutil.copytree(HERE / "examples" / "finished", folder, ignore=unwanted, dirs_exist_ok=True)
    git(folder, "init", "-q")
    git(folder, "apply", "mended.patch")
    for gone in ("deploy/desk.env", "mended.patch"):
        (folder / gone).unlink()
    keys = {role: signers.key(base / role).with_suffix(".pub").read_text("ascii") for role in PEOPLE}
    (folder / ".prodready").mkdir()
    allowed = "".join(f'{PEOPLE[role]} namespaces="{NAMESPACE}" {public}' for role, public in keys.items())
    (folder / ".prodready" / "allowed_signers").write_text(allowed, "ascii")
    commit(folder, "Finish")
    return folder


def gate(folder: Path, stage: str) -> tuple[int, dict]:
    """As a job does it: the tests first, for reports from before a commit prove nothing about it."""
    subprocess.run([sys.executable, "-B", "prove.py"], cwd=folder, check=False, capture_output=True)
    out = folder.parent / f"out-{stage}"
    ended = prodready("run", folder, "--stage", stage, "--out", out)
    return ended.code, report_of(out)


def opened(report: dict) -> dict[str, str]:
    return {item["id"]: f"{item['status']}: {item['summary']}" for item in report["items"] if item["status"] not in ("passed", "not_applicable")}


def drill(folder: Path, *words: str) -> None:
    """With a lock of its own, so that others' drills do not hinder it."""
    ended = prodready("drill", *words, cwd=folder, env={"PRODREADY_CACHE": str(folder.parent / "cache")})
    assert 0 == ended.code, ended.everything


def killed(folder: Path) -> None:
    """The desk itself runs, is killed, and is started again by whoever watches it."""
    port, pidfile = supervised.free_port(), folder.parent / "desk.pid"
    desk = [sys.executable, "-B", "-m", "desk", "serve", "--port", str(port)]
    watched = [sys.executable, "-c", supervised.SUPERVISOR, "0.5", str(pidfile), str(folder.parent / "log"), "", *desk]
    watcher = subprocess.Popen(watched, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        supervised.eventually(pidfile.exists, what="the desk")
        drill(folder, "chaos", "-p", f"target=http://127.0.0.1:{port}/healthz", "-p", f"pidfile={pidfile}", "-p", "limit=60 s")
    finally:
        watcher.terminate()
        watcher.wait()
        subprocess.run(["kill", pidfile.read_text()], check=False)


def test_it_is_ready_to_merge(finished: Path):
    code, report = gate(finished, "pr")
    assert {} == opened(report)
    assert (0, 100.0, True) == (code, report["score"]["value"], report["decision"]["ready"])


def test_it_is_ready_to_release_when_drills_were_done_and_people_signed_and_no_longer_after_a_change(finished: Path):
    killed(finished)
    for name in DRILLS:
        drill(finished, f"drills/{name}.yml")
    commit(finished, "Keep the records")
    code, report = gate(finished, "release")
    assert (4, {"desk.policy-approved"}) == (code, opened(report).keys())
    assert ["cto", "risk-officer"] == report["decision"]["missing_signoffs"]
    sign(finished, "risk-officer", "--about", "risk-policy")
    sign(finished, "risk-officer")
    sign(finished, "cto")
    commit(finished, "Sign")
    code, report = gate(finished, "release")
    assert {} == opened(report)
    assert (0, 100.0, True) == (code, report["score"]["value"], report["decision"]["ready"])
    assert [("cto", "cto@example.com"), ("risk-officer", "risk@example.com")] == [(row["role"], row["who"]) for row in report["signoffs"]]
    limits = finished / "config" / "limits.toml"
    limits.write_text(limits.read_text("utf-8").replace("0.08", "0.35"), "utf-8")
    commit(finished, "Trade through a crash")
    code, report = gate(finished, "release")
    assert ("failed", "stale") == tuple(statuses(finished.parent / "out-release")[name] for name in ("desk.drawdown", "desk.policy-approved"))
    assert (1, ["cto", "risk-officer"]) == (code, report["decision"]["missing_signoffs"])


def sign(folder: Path, role: str, *more: str) -> None:
    ended = prodready("sign", role, "--path", folder, "--key", folder.parent / role, *more)
    assert 0 == ended.code, ended.everything
