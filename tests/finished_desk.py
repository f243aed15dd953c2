"""The example service, finished, in a repository of its own: what has to change is laid over a copy, and there are people with keys."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import signers
import supervised
from prodready.evidence.signature import NAMESPACE
from programs import HERE, git, prodready

UNWANTED = shutil.ignore_patterns("reports", "__pycache__", "prodready-out", "evidence")


def laid(base: Path, people: Iterable[str]) -> Path:
    """A copy of the desk, mended by the patch and with the new files laid over it; each role's key may sign. Not committed yet."""
    folder = base / "desk"
    shutil.copytree(HERE / "examples" / "desk", folder, ignore=UNWANTED)
    shutil.copytree(HERE / "examples" / "finished", folder, ignore=shutil.ignore_patterns("lists", "open.yml", "__pycache__"), dirs_exist_ok=True)
    git(folder, "init", "-q")
    git(folder, "apply", "mended.patch")
    for gone in ("deploy/desk.env", "mended.patch"):
        (folder / gone).unlink()
    (folder / ".prodready").mkdir()
    keys = {role: signers.key(base / role).with_suffix(".pub").read_text("ascii") for role in people}
    allowed = "".join(f'{address(role)} namespaces="{NAMESPACE}" {public}' for role, public in keys.items())
    (folder / ".prodready" / "allowed_signers").write_text(allowed, "ascii")
    return folder


def address(role: str) -> str:
    """Under which name a role signs."""
    return f"{role}@example.com"


def proved(folder: Path) -> None:
    """As a job does it before the gate: reports from before a commit prove nothing about it."""
    subprocess.run([sys.executable, "-B", "prove.py"], cwd=folder, check=False, capture_output=True)


def sign(folder: Path, role: str, *more: str) -> None:
    """The person of that role signs the head commit, or what ``--about`` names."""
    ended = prodready("sign", role, "--path", folder, "--key", folder.parent / role, *more)
    assert ended.code == 0, ended.everything


def drill(folder: Path, *words: str | Path, env: Mapping[str, str] = {}) -> None:
    """With a lock of its own, so that others' drills do not hinder it."""
    ended = prodready("drill", *words, cwd=folder, env={"PRODREADY_CACHE": str(folder.parent / "cache"), **env})
    assert ended.code == 0, ended.everything


def killed(folder: Path, *more: str, env: Mapping[str, str] = {}) -> None:
    """The desk itself runs, is killed, and is started again by whoever watches it."""
    port, pidfile = supervised.free_port(), folder.parent / "desk.pid"
    desk = [sys.executable, "-B", "-m", "desk", "serve", "--port", str(port)]
    watched = [sys.executable, "-c", supervised.SUPERVISOR, "0.5", str(pidfile), str(folder.parent / "log"), "", *desk]
    watcher = subprocess.Popen(watched, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        supervised.eventually(pidfile.exists, what="the desk")
        drill(folder, "chaos", "-p", f"target=http://127.0.0.1:{port}/healthz", "-p", f"pidfile={pidfile}", "-p", "limit=60 s", *more, env=env)
    finally:
        watcher.terminate()
        watcher.wait()
        subprocess.run(["kill", pidfile.read_text()], check=False)
