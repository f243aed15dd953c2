"""Recorded cases of checks: ``checks/<id>/cases/<name>.yml`` becomes a real folder, a real run and a verdict.

A case is a mapping:

    about: what it shows, as a sentence
    git: true                        whether the folder is a git checkout (default true)
    base: {path: content}            files of an earlier commit, which is then the base of the pull request
    files: {path: content}           files of the current commit; null deletes one of the base
    written: {path: content}         files that a build wrote afterwards, not committed
    params: {…}                      of the check
    expect: no findings              the check's own bound when missing
    max_age: 7 d                     of the evidence
    date: 2026-01-10T12:00:00Z       when the commits were made
    now: 2026-01-31T12:00:00Z        the clock; files were written then, unless they say otherwise
    privileged, offline: false
    targets: {…}    environ: {…}     of the world
    outcomes: {id: status}           how other items ended, for a check that looks at them; their section is the word before the first dash
    exclude: [{files: […], reason: …}]
    answers: {path: {json: …}}       of a running system whose address is ${server}; tests/answers.py tells more
    roles: {…}      signed: [{…}]    people, and what they signed with their keys; tests/signers.py tells more
    github: {path: {json: …}}        answers of GitHub, by the path below the repository; with pull: 1 about that pull request
    programs: {name: {stdout: …, stderr: …, code: 0}}   stands in for a pinned program
    status: passed                   how the item must end
    says: […]                        texts that the outcome must contain
    findings: [rule path:line]       the exact findings, in any order, when given

Content is text, in which ``${fake:NAME}`` becomes a made-up secret, or a mapping: {text | base64 | link: …, times: 1, modified: DATE, mode: 0o644}.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field

import signers
from prodready import check, decode, expectation, yamltext
from prodready.github.client import GitHubPort
from prodready.judge import judge
from prodready.model import Category, Checklist, Exclusion, Found, Item, Measured, Outcome, Stage, Status, Unseen
from prodready.plan import plan
from prodready.run import guarded
from prodready.settings import Settings
from prodready.world import World
from prodready.world.forge import GitHubForge
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo

Content = str | Mapping[str, Any] | None


class Case(Struct, frozen=True, kw_only=True):
    """One recorded case."""

    about: str
    status: str
    git: bool = True
    base: dict[str, object] = field(default_factory=dict)
    files: dict[str, object] = field(default_factory=dict)
    written: dict[str, object] = field(default_factory=dict)
    params: dict[str, object] = field(default_factory=dict)
    expect: str = ""
    max_age: str = ""
    date: str = "2026-01-10T12:00:00Z"
    now: str = "2026-01-31T12:00:00Z"
    privileged: bool = False
    offline: bool = False
    targets: dict[str, object] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Status] | None = None
    exclude: tuple[Exclusion, ...] = ()
    answers: dict[str, object] = field(default_factory=dict)
    roles: dict[str, object] = field(default_factory=dict)
    signed: tuple[dict[str, Any], ...] = ()
    github: dict[str, object] = field(default_factory=dict)
    pull: int | None = None
    programs: dict[str, dict[str, object]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    findings: tuple[str, ...] | None = None

    @property
    def clock(self) -> datetime:
        """The moment of the run."""
        return datetime.fromisoformat(self.now)


def every_case() -> dict[str, Path]:
    """``check/name`` -> the file."""
    return {f"{path.parts[-3]}/{path.stem}": path for path in sorted(check.CHECKS.glob("*/cases/*.yml"))}


def load(path: Path) -> Case:
    """The case in a file."""
    data = yamltext.read(path.read_text(encoding="utf-8"), name=path.name).data
    dates = {key: value.isoformat() for key, value in data.items() if isinstance(value, datetime)}
    return decode.decode({**data, **dates}, Case)


def processes(case: Case, folder: Path) -> Processes:
    """Real programs, but for those that the case puts a recorded output in the place of."""
    folder.mkdir()
    replace = {name: _stand_in(folder / name, **said) for name, said in case.programs.items()}
    return Processes(cache=Settings.from_environ(os.environ).cache, offline=case.offline, replace=replace)


def _stand_in(path: Path, *, stdout: str = "", stderr: str = "", code: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(filled(stdout))}\nprintf %s {shlex.quote(filled(stderr))} >&2\nexit {code}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def world(case: Case, folder: Path, programs: Processes) -> World:
    """The case's folder as the world of a run."""
    root = folder / "service"
    root.mkdir()
    lay_out(case, root)
    repo = open_repo(root, base="base" if case.git and case.base else "", exclude=case.exclude)
    port = GitHubPort(api_url=str(case.targets["github"]), repository="acme/desk", token="t", patience=0) if case.github else None
    forge = GitHubForge(port=port, pull=case.pull, head=repo.history.head if repo.history else "", offline=case.offline)
    return World(
        name="case", repo=repo, processes=programs, forge=forge,
        people=signers.people(case.roles, case.signed, repo, forge, case.clock, folder / "keys") if case.roles else None,
        http=RealHttp(offline=case.offline), now=case.clock, offline=case.offline, privileged=case.privileged,
        targets=case.targets, environ=case.environ, outcomes=None if case.outcomes is None else tuple(map(_ended, case.outcomes.items())),
        wait=lambda seconds: time.sleep(min(seconds, 0.05)),
    )  # fmt: skip


def _ended(entry: tuple[str, Status]) -> Outcome:
    item = Item(id=entry[0], title=entry[0], check="document", section=entry[0].partition("-")[0])
    return Outcome(item=item, status=entry[1], summary=f"as {entry[0]} was", observation=Unseen(reason="recorded", remedy=""))


def outcome(check_id: str, case: Case, real: World) -> Outcome:
    """How an item of that check ends in the world."""
    expect = expectation.parse(case.expect) if case.expect else None
    item = Item(id="case", title=case.about, check=check_id, params=case.params, expect=expect, max_age=case.max_age)
    checklist = Checklist(
        id="case", title="Case", pass_mark=100, categories=(Category(id="all", title="All", weight=1, items=(item,)),), sha256="0" * 64, source="file",
        targets=case.targets,
    )  # fmt: skip
    (job,) = plan(checklist, real.repo, stage=Stage.PR).jobs
    return judge(item, guarded(real.observe, job), usual=expectation.parse(job.check.usual(job.params)), now=case.clock)


def words(of: Outcome) -> str:
    """Everything an outcome says, for a person to read."""
    seen = of.observation
    lines = [of.summary]
    if isinstance(seen, Unseen):
        lines += [seen.reason, seen.remedy]
    if isinstance(seen, Measured | Found):
        lines += [seen.evidence.source, *seen.notes, *(seen.gaps if isinstance(seen, Found) else ())]
        lines += [f"{at.path}:{at.line}: {at.severity.word}: {at.rule}: {at.message} ({at.fix}) {at.suppressed}" for at in seen.findings]
    return "\n".join(lines)


def places(of: Outcome) -> list[str]:
    """``rule path:line`` of each finding, sorted."""
    found = of.observation.findings if isinstance(of.observation, Measured | Found) else ()
    return sorted(f"{finding.rule} {finding.path}{f':{finding.line}' if finding.line else ''}".strip() for finding in found)


def lay_out(case: Case, root: Path) -> None:
    """Writes and commits the files."""
    if case.git:
        git(root, "init", "-q", "-b", "main", date=case.date)
        if case.base:
            commit(root, case.base, case)
            git(root, "branch", "base", date=case.date)
    commit(root, case.files, case) if case.git else write(root, case.files, case)
    write(root, case.written, case)


def commit(root: Path, files: Mapping[str, Any], case: Case) -> None:
    """Writes files and commits them."""
    write(root, files, case)
    git(root, "add", "-A", "-f", date=case.date)
    git(root, "commit", "-q", "--allow-empty", "-m", "files", date=case.date)


def write(root: Path, files: Mapping[str, Any], case: Case) -> None:
    """Writes files as the case tells."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        told: Mapping[str, Any] = {"text": content} if isinstance(content, str) else content or {}
        if content is None:
            path.unlink()
        elif "link" in told:
            path.symlink_to(told["link"])
        else:
            raw = base64.b64decode(told["base64"]) if "base64" in told else filled(told["text"]).encode()
            path.write_bytes(raw * int(told.get("times", 1)))
            when = datetime.fromisoformat(str(told.get("modified", case.now))).replace(tzinfo=UTC).timestamp()
            os.utime(path, (when, when))
            path.chmod(int(told.get("mode", 0o644)))


def git(root: Path, *args: str, date: str = "2026-01-10T12:00:00Z") -> str:
    """Runs git as a person with a name would, but for that person's own settings."""
    env = {
        "PATH": os.environ["PATH"], "HOME": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
    }  # fmt: skip
    ended = subprocess.run(["git", "-c", "protocol.file.allow=always", *args], cwd=root, env=env, check=True, capture_output=True)
    return os.fsdecode(ended.stdout).strip()


def filled(text: str) -> str:
    """The text with made-up secrets in the place of ``${fake:NAME}``, so that no scanner of this repository finds one in a case."""
    return re.sub(r"\$\{fake:([\w.-]+)\}", lambda match: _fake(match[1]), text)


def _fake(name: str) -> str:
    import fakes

    return str(fakes.fake(name))
