"""A pull request from end to end: a repository with its git server, GitHub beside it, and the gate run on it as a job of Actions runs it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from fake_github.server import FakeGitHub
from git_server import GitServer
from prodready import cli
from programs import commit, git, repository

TINY = """\
id: tiny
title: Tiny
pass_mark: 80
categories:
  - id: all
    title: All
    weight: 1
    items:
      - id: docs.readme
        title: A README tells how to install it
        check: document
        required: true
        params: {paths: [README.md], headings: [Install], min_words: 1}
      - id: code.finished
        title: No marker of unfinished work
        check: text_pattern
        params: {files: ["*.py"], pattern: FIXME, mode: forbid}
"""
PROFILE = f"{TINY}        required: true\n"
FILES = {"README.md": "# Desk\n\n## Install\n\nmake\n", "desk.py": "x = 1\n", "profile.yml": PROFILE, ".prodready.yml": "extends: profile.yml\n"}
RUN = 77


@dataclass(frozen=True)
class Gated:
    """How one run of the gate ended."""

    code: int
    out: str
    report: dict[str, Any]
    summary: str

    @property
    def told(self) -> str:
        """Everything the report says about why."""
        report = self.report
        lines = [*report.get("decision", {}).get("reasons", []), *report.get("notes", []), *report.get("bypasses", [])]
        return "\n".join([*lines, *(f"{item['id']} {item['status']}: {item['summary']}" for item in report.get("items", [])), self.out, self.summary])


class Pull:
    """Pull request 1 of acme/desk."""

    def __init__(self, github: FakeGitHub, server: GitServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.github, self.server, self.folder, self.monkeypatch, self.capfd = github, server, folder, monkeypatch, capfd
        self.repo = server.folder / "acme" / "desk"
        self.out, self.fork, self.runs = folder / "out", False, 0
        self.environ: dict[str, str] = {}
        self.title = "a change"

    def base(self, files: Mapping[str, Any] = MappingProxyType({})) -> Pull:
        """The base branch."""
        repository(self.repo, {})
        self._write({**FILES, **files})
        self.github.branches["main"] = commit(self.repo, "Base")
        git(self.repo, "update-ref", "refs/remotes/origin/main", "main")
        return self

    def change(self, files: Mapping[str, Any] = MappingProxyType({}), message: str = "Change") -> str:
        """One more commit on the change; a file that is None is deleted."""
        if not git(self.repo, "branch", "--list", "change"):
            git(self.repo, "checkout", "-q", "-b", "change")
        self._write(files)
        head = commit(self.repo, message)
        git(self.repo, "update-ref", "refs/pull/1/head", head)
        self.github.pulls[1] = head
        self.github.commits[:] = [{**self._commit(), "sha": head}]
        return head

    @property
    def head(self) -> str:
        return self.github.pulls[1]

    def gate(self, *args: str, command: str = "run") -> Gated:
        """The gate as a step on ``pull_request``."""
        self._event({"action": "synchronize", "number": 1, "pull_request": self._payload(), "sender": {"login": "dana"}})
        return self._run("pull_request", [command, "--jobs=2", f"--out={self.out}", *args], token="ghs_fork" if self.fork else "ghs_workflow")

    def publish(self, *args: str, **run: Any) -> Gated:
        """The publisher, on ``workflow_run``."""
        side = {"id": 2 if self.fork else 1, "owner": {"login": "mallory" if self.fork else "acme"}}
        usual = {
            "id": RUN, "event": "pull_request", "path": ".github/workflows/prodready.yml", "head_sha": self.head, "head_branch": "change",
            "head_repository": side, "repository": {"id": 1, "full_name": self.github.repository}, "conclusion": "success", "pull_requests": [],
        }  # fmt: skip
        self._event({"action": "completed", "workflow_run": {**usual, **run}})
        return self._run("workflow_run", ["publish", "--jobs=2", f"--out={self.out}", *args])

    def upload(self, members: dict[str, bytes] | bytes, **rest: Any) -> None:
        """The other run uploads an artefact: a packed one, or these members."""
        self.github.upload(RUN, members if isinstance(members, bytes) else packed(members), **rest)

    def _run(self, event: str, argv: list[str], token: str = "ghs_workflow") -> Gated:
        for name in [name for name in os.environ if name.startswith(("GITHUB_", "PRODREADY_")) and name not in ("PRODREADY_CACHE", "PRODREADY_HISTORY")]:
            self.monkeypatch.delenv(name)
        summary = self.folder / f"summary-{self.runs}.md"
        self.runs += 1
        environ = {
            "GITHUB_ACTIONS": "true", "GITHUB_API_URL": self.github.url, "GITHUB_SERVER_URL": self.server.url, "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_SHA": self.head, "GITHUB_RUN_ID": str(RUN + self.runs),
            "GITHUB_RUN_ATTEMPT": "1", "GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_STEP_SUMMARY": str(summary), "PRODREADY_TOKEN": token,
        }  # fmt: skip
        for name, text in {**environ, **self.environ}.items():
            self.monkeypatch.setenv(name, text)
        self.monkeypatch.chdir(self.repo if event != "workflow_run" else self.folder)
        report = self.out / "report.json"
        report.unlink(missing_ok=True)
        self.capfd.readouterr()
        code = cli.outcome(argv)
        shown = self.capfd.readouterr()
        told = json.loads(report.read_text("utf-8")) if report.is_file() else {}
        return Gated(code=code, out=shown.out + shown.err, report=told, summary=summary.read_text("utf-8") if summary.is_file() else "")

    def _event(self, payload: dict[str, Any]) -> None:
        (self.folder / "event.json").write_text(json.dumps(payload), "utf-8")

    def _payload(self) -> dict[str, Any]:
        head = {"ref": "change", "sha": self.head, "repo": {"id": 2 if self.fork else 1}}
        base = {"ref": "main", "sha": self.github.branches["main"], "repo": {"id": 1}}
        return {"number": 1, "title": self.title, "head": head, "base": base}

    def _commit(self) -> dict[str, Any]:
        from fake_github import contract

        (example,) = contract.example("commit-items")
        return example

    def review(self, state: str, *, account: int = 11, login: str = "erin", at: str = "", association: str = "MEMBER") -> dict[str, Any]:
        """Somebody's review of the head, or of another commit."""
        from fake_github import contract

        (example,) = contract.example("pull-request-review-items")
        user = {**example["user"], "login": login, "id": account}
        return {**example, "state": state, "commit_id": at or self.head, "user": user, "author_association": association}

    def from_fork(self) -> Pull:
        """The change comes from a stranger's fork."""
        self.fork = True
        self.github.details[1] = {"head": {"repo": 2, "owner": "mallory"}, "author": "mallory", "author_id": 666}
        return self

    def _write(self, files: Mapping[str, Any]) -> None:
        for name, content in files.items():
            path = self.repo / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or content is None or (isinstance(content, Path) and path.exists()):
                path.unlink()
            if isinstance(content, Path):
                path.symlink_to(content)
            elif content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())


def packed(members: dict[str, bytes], **rest: Any) -> bytes:
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, **rest)
    return buffer.getvalue()
