"""Runs prodready itself, as people do, and makes the repositories it is run on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
PROGRAM = [sys.executable, "-I", str(HERE / "scripts" / "prodready")]
MINI = """\
id: mini
title: Mini
pass_mark: 80
categories:
  - id: docs
    title: Documents
    weight: 100
    items:
      - {id: readme, title: There is a README, check: text_pattern, params: {files: [README.md], pattern: hello, mode: require}, required: true}
      - {id: words, title: No bad word, check: text_pattern, params: {files: ["*.md"], pattern: badword}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a run of prodready printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err


def prodready(*args: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 300) -> Ended:
    """Runs the program in the environment of the tests."""
    argv = [*PROGRAM, *map(str, args)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "PRODREADY_TOKEN"))}
    ended = subprocess.run(argv, cwd=cwd, env={**environ, "CI": "", **(env or {})}, capture_output=True, timeout=timeout, check=False)
    return Ended(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())


def report_of(out: Path) -> dict[str, Any]:
    """The report.json that a run left."""
    loaded: dict[str, Any] = json.loads((out / "report.json").read_text("utf-8"))
    return loaded


def statuses(out: Path) -> dict[str, str]:
    """Item id -> status in the report that a run left."""
    return {item["id"]: item["status"] for item in report_of(out)["items"]}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Puts text files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def git(folder: Path, *args: str) -> str:
    """Runs git as a fixed person at a fixed time."""
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
    safe = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    ended = subprocess.run(["git", "-c", "init.defaultBranch=main", *args], cwd=folder, env={**os.environ, **who, **safe}, capture_output=True, check=True)
    return ended.stdout.decode().strip()


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A git repository with these files in one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, files)
    git(folder, "init", "-q")
    commit(folder, "First")
    return folder


def commit(folder: Path, subject: str) -> str:
    """Commits everything; gives the id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", subject)
    return git(folder, "rev-parse", "HEAD")
