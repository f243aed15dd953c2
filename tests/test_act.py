"""The actions as others use them: a consumer's workflow says ``uses: org/prodready@v1``, run by the real act against GitHub on loopback."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from fake_github.server import ACTIONS, STRANGER
from git_server import GitServer
from prodready.github.comment import marker
from pulls import TINY

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
GATE = "prodready/gate"
FOLDERS = sorted(path.name for path in (ROOT / "actions").iterdir())
OWN_COMMANDS = {"stop-commands", "error", "warning", "notice", "set-output", "summary"}
STUB = """\
name: checkout
description: takes the consumer's merge commit and its main branch, as the real one does with fetch-depth 0
inputs: {fetch-depth: {description: '', default: ''}, persist-credentials: {description: '', default: ''}}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        git init -q .
        git fetch -q "$CONSUMER" +refs/heads/main:refs/remotes/origin/main +HEAD:refs/remotes/pull/1/merge
        git checkout -q refs/remotes/pull/1/merge
"""
WORKFLOW = """\
on: [pull_request, merge_group, workflow_run]
permissions: {{}}
jobs:
  readiness:
    runs-on: ubuntu-latest
    steps:
      - uses: {checkout}
        with: {{fetch-depth: 0, persist-credentials: false}}
{steps}
      - if: always()
        env:
          OUTPUTS: ${{{{ toJSON(steps) }}}}
        run: echo "outputs $(echo "$OUTPUTS" | tr -d '\\n')"
"""
ONE_STEP = "      - id: gate\n        uses: org/prodready@v1"

CHECK_STEP = """\
      - id: gate
        uses: org/prodready/actions/check@v1
        with:
          check: document
          params: |
            paths=[README.md]
            headings=[Install]
            min_words=1
"""

pytestmark = pytest.mark.integration


def program(name):
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@dataclass(frozen=True)
class Ran:
    """One run of a workflow, as act tells it."""

    events: list

    @property
    def result(self):
        return next(event["jobResult"] for event in self.events if "jobResult" in event)

    @property
    def log(self):
        return "".join(event["msg"] for event in self.events if event.get("raw_output"))

    @property
    def commands(self):
        return [event for event in self.events if "command" in event]

    @property
    def summary(self):
        return "\n".join(event.get("content", event["msg"]) for event in self.commands if event["command"] == "summary")

    def outputs(self, step="gate"):
        return json.loads(re.search(r"^outputs (\{.*\})$", self.log, re.MULTILINE)[1])[step]["outputs"]

    def notes(self):
        return [line for line in self.log.splitlines() if line.startswith("prodready: ")]


class Consumer:
    """Somebody's repository with a pull request: main, a branch with the change, and GitHub's merge of both."""

    def __init__(self, github, folder, release, checkout):
        self.github, self.folder, self.mapped = github, folder / "consumer", {"org/prodready@v1": release, CHECKOUT: checkout}
        self.environ = {}
        self.home, self.event = folder / "act", folder / "event.json"
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.write({"README.md": "# Desk\n\n## Install\n\nmake\n", "desk.py": "x = 1\n", "profile.yml": TINY, ".prodready.yml": "extends: profile.yml\n"})
        self.commit("main")

    def git(self, *args):
        command = ["git", "-c", "user.name=dana", "-c", "user.email=dana@example.org", "-c", "commit.gpgsign=false", *args]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, files):
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def pull_request(self, files, *, fork=False, title="a change"):
        """Opens pull request 1 with these changes."""
        base = self.git("rev-parse", "main")
        self.git("checkout", "-q", "-B", "change", "main")
        self.write(files)
        head = self.commit("change")
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", "change")
        side = {"ref": "change", "sha": head, "repo": {"id": 2 if fork else 1}}
        pull = {"number": 1, "title": title, "head": side, "base": {"ref": "main", "sha": base, "repo": {"id": 1}}}
        self.event.write_text(json.dumps({"action": "synchronize", "number": 1, "pull_request": pull, "sender": {"login": "dana"}}))
        self.github.pulls[1] = head
        return head

    def run(self, steps=ONE_STEP, *, token="ghs_workflow", event="pull_request"):
        workflow = self.folder.parent / "workflow.yml"
        workflow.write_text(WORKFLOW.format(checkout=CHECKOUT, steps=steps))
        mapped = [word for name, folder in self.mapped.items() for word in ("--local-repository", f"{name}={folder}")]
        environ = {"GITHUB_API_URL": self.github.url, "GITHUB_REPOSITORY": self.github.repository, "CONSUMER": str(self.folder), **_cache(), **self.environ}
        given = [word for name, text in environ.items() for word in ("--env", f"{name}={text}")]
        command = [program("act"), event, "-W", str(workflow), "-e", str(self.event), "-P", "ubuntu-latest=-self-hosted", "--json", "--no-skip-checkout"]
        ended = subprocess.run(
            [*command, "-s", f"GITHUB_TOKEN={token}", *mapped, *given], cwd=self.folder, capture_output=True, text=True, check=False, timeout=300,
            env={**os.environ, "XDG_CACHE_HOME": str(self.home)},
        )  # fmt: skip
        events = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("{")]
        assert any("jobResult" in event for event in events), ended.stdout[-3000:] + ended.stderr[-3000:]
        return Ran(events)


def _cache():
    """The environments and tools of earlier runs."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodready"
    return {"PRODREADY_CACHE": os.environ.get("PRODREADY_CACHE") or str(usual)}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """What a release holds of this repository."""
    folder = tmp_path_factory.mktemp("release") / "prodready"
    for name in ("actions", "scripts", "profiles"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    shutil.copy(ROOT / "action.yml", folder)
    return _repository(folder)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout") / "stub"
    folder.mkdir()
    (folder / "action.yml").write_text(STUB)
    return _repository(folder)


def _repository(folder):
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def consumer(github, tmp_path, release, checkout):
    return Consumer(github, tmp_path, release, checkout)


def test_04_a_ready_change_is_green_and_the_next_run_edits_the_one_comment(github, consumer):
    head = consumer.pull_request({"desk.py": "x = 2\n"})
    first = consumer.run()
    assert "success" == first.result, first.log
    assert [(head, GATE, "success")] == [(status["sha"], status["context"], status["state"]) for status in github.statuses]
    outputs = first.outputs()
    assert ("ready", "100.0", "[]", "[]") == tuple(outputs[name] for name in ("verdict", "score", "failed-items", "missing-signoffs"))
    assert outputs["comment-url"].endswith(f"issuecomment-{github.comments[0].id}")
    assert outputs["report-json"].endswith("report.json")
    consumer.pull_request({"desk.py": "x = 2  # FIXME\n", "README.md": "nothing\n"})
    second = consumer.run()
    assert ("failure", "not-ready") == (second.result, second.outputs()["verdict"])
    (comment,) = github.comments
    assert marker(GATE) == comment.body.splitlines()[0]
    assert "docs.readme" in comment.body
    assert ["success", "failure"] == [status["state"] for status in github.statuses]
    assert 1 == len([path for path in github.made("POST") if path.endswith("/comments")])


def test_09_a_fork_gets_the_same_verdict_and_one_line_why_nothing_is_posted(github, consumer):
    consumer.pull_request({"README.md": "nothing\n"}, fork=True)
    ran = consumer.run(token="ghs_fork")
    assert ("failure", "not-ready", [], []) == (ran.result, ran.outputs()["verdict"], github.comments, github.statuses)
    (note,) = ran.notes()
    assert "because the pull request comes from a fork" in note
    assert "docs.readme" in ran.summary


def test_a_ready_fork_is_green_without_a_comment(github, consumer):
    consumer.pull_request({"desk.py": "x = 3\n"}, fork=True)
    assert ("success", []) == (consumer.run(token="ghs_fork").result, github.comments)


def test_13_what_the_change_says_about_its_own_policy_does_not_hold(github, consumer):
    weak = TINY.replace("required: true", "required: false").replace("pass_mark: 80", "pass_mark: 1")
    consumer.pull_request({"README.md": "nothing\n", "profile.yml": weak, ".prodready.yml": "extends: profile.yml\n"})
    ran = consumer.run()
    assert ("failure", "failure") == (ran.result, github.statuses[0]["state"])


def test_10_hostile_names_and_titles_run_no_command_and_stay_text(github, consumer):
    pwned = consumer.folder.parent / "pwned"
    names = ["::add-mask::x.py", "a](http://x.example)<img src=x>.py", "##[add-mask]y.py", "@octocat #1 `z`.py", "new\nline ::stop-commands::q.py"]
    names += ["%0A::error::w.py"]
    consumer.pull_request(dict.fromkeys(names, "FIXME\n"), title=f'"; touch {pwned}; echo "${{{{ github.token }}}} ::error::x')
    ran = consumer.run()
    words = {event["command"] for event in ran.commands}
    (fence,) = words - OWN_COMMANDS
    assert re.fullmatch(r"[0-9a-f]{32}", fence)
    assert ("not-ready", ["code.finished"]) == (ran.outputs()["verdict"], json.loads(ran.outputs()["failed-items"]))
    body = github.comments[0].body
    assert not re.search(r"<img|\]\(http://x|(?<![`\w&;])@octocat", body), body
    assert not pwned.exists()


def test_15_modules_of_the_gated_repository_are_not_imported(github, consumer):
    imported = consumer.folder.parent / "imported"
    trap = f"open({str(imported)!r}, 'w').write('x')\nraise SystemExit(0)\n"
    consumer.pull_request({f"{name}.py": trap for name in ("yaml", "prodready", "sitecustomize", "json", "github", "rich")})
    ran = consumer.run()
    assert "success" == ran.result, ran.log
    assert not imported.exists()


def test_the_repositorys_own_commands_see_no_token_and_no_fence(github, consumer):
    item = "      - id: code.own\n        title: Its own command\n        check: command\n        params: {argv: [sh, seen.sh]}\n"
    consumer.write({"profile.yml": TINY + item})
    consumer.commit("hold its own command, too")
    seen = consumer.folder.parent / "seen"
    consumer.pull_request({"seen.sh": f"env > {seen}\n"})
    assert "success" == consumer.run().result
    assert "PATH=" in seen.read_text()
    assert not re.search(r"ghs_workflow|PRODREADY_FENCE|TOKEN", seen.read_text())


def test_22_a_merge_group_gets_a_status_on_its_own_commit_and_no_comment(github, consumer):
    consumer.pull_request({"desk.py": "x = 4\n"})
    base, head = consumer.git("rev-parse", "main"), consumer.git("rev-parse", "HEAD")
    group = {"head_sha": head, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-1-{base}", "base_sha": base, "base_ref": "refs/heads/main"}
    consumer.event.write_text(json.dumps({"action": "checks_requested", "merge_group": group}))
    ran = consumer.run(event="merge_group")
    assert "success" == ran.result, ran.log
    assert ([], [(head, "success")]) == (github.comments, [(status["sha"], status["state"]) for status in github.statuses])


def test_03_it_can_be_pinned_by_commit(github, consumer):
    commit = "1" * 40
    consumer.mapped[f"org/prodready@{commit}"] = consumer.mapped["org/prodready@v1"]
    consumer.pull_request({})
    assert "success" == consumer.run(ONE_STEP.replace("v1", commit)).result


@pytest.mark.parametrize("ref", ["v1", "2" * 40])
def test_03_every_action_runs_from_a_consumer_by_tag_and_by_commit(github, consumer, ref):
    """An id of no item or domain ends as an error with an output: it takes the launcher, the program and the policy to come to that."""
    consumer.mapped[f"org/prodready@{ref}"] = consumer.mapped["org/prodready@v1"]
    given = {"check": "{check: no-such}", "drill": "{drill: no-such}", "chaos": "{params: target=nothing}", "shard": "{shard: a, only: docs.readme}"}
    steps = "".join(
        f"      - id: {name}\n        uses: org/prodready/actions/{name}@{ref}\n        continue-on-error: true\n        with: {given.get(name, '{}')}\n"
        for name in FOLDERS
    )
    consumer.pull_request({"desk.py": "x = 2\n"})
    ran = consumer.run(steps)
    told = {name: ran.outputs(name) for name in FOLDERS}
    assert [] == [name for name in FOLDERS if not told[name] and name != "publish"], ran.log
    assert ("ready", 1) == (told["shard"]["verdict"], len(json.loads(told["plan"]["shards"])) // 2)
    assert "nothing to publish" in ran.log


def test_23_the_publisher_posts_for_a_fork_from_a_run_that_may_write(github, consumer):
    head = consumer.pull_request({"desk.py": "x = 2\n"}, fork=True)
    consumer.git("update-ref", "refs/pull/1/head", head)
    github.branches["main"] = consumer.git("rev-parse", "main")
    github.details[1] = {"head": {"repo": 2, "owner": "mallory"}, "author": "mallory", "author_id": 666}
    side = {"id": 2, "owner": {"login": "mallory"}}
    run = {
        "id": 77, "event": "pull_request", "path": ".github/workflows/prodready.yml", "head_sha": head, "head_branch": "change", "head_repository": side,
        "repository": {"id": 1, "full_name": github.repository},
    }  # fmt: skip
    consumer.event.write_text(json.dumps({"action": "completed", "workflow_run": run}))
    (consumer.folder.parent / "git" / "acme").mkdir(parents=True)
    (consumer.folder.parent / "git" / "acme" / "desk").symlink_to(consumer.folder)
    with GitServer(consumer.folder.parent / "git") as server:
        consumer.environ["GITHUB_SERVER_URL"] = server.url
        ran = consumer.run(ONE_STEP.replace("prodready@v1", "prodready/actions/publish@v1"), event="workflow_run")
    assert ("success", "ready") == (ran.result, ran.outputs()["verdict"]), ran.log
    assert [(head, GATE, "success")] == [(row["sha"], row["context"], row["state"]) for row in github.statuses]
    assert 1 == len(github.comments)


def test_without_any_configuration_the_starter_profile_holds_with_its_real_scanners(github, consumer):
    consumer.git("rm", "-q", ".prodready.yml", "profile.yml")
    consumer.commit("no configuration")
    consumer.pull_request({"desk.py": "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n"})
    ran = consumer.run()
    assert ("failure", "not-ready") == (ran.result, ran.outputs()["verdict"]), ran.log
    assert (1, ["failure"]) == (len(github.comments), [status["state"] for status in github.statuses])
    report = json.loads(next(consumer.home.rglob("hostexecutor/prodready-out/report.json")).read_text())
    found = {finding["rule"] for item in report["items"] for finding in item["findings"]}
    assert "B602" in found, report["checks"]
    assert "desk.py:2" in github.comments[0].body


def test_08_a_marker_somebody_pasted_is_left_alone(github, consumer):
    forged = github.comment(1, STRANGER, f"{marker(GATE)}\nready")
    consumer.pull_request({})
    consumer.run()
    assert [(STRANGER, f"{marker(GATE)}\nready"), (ACTIONS, github.comments[1].body)] == [(comment.author, comment.body) for comment in github.comments]
    assert forged in github.comments


def test_a_wrong_input_ends_as_an_error_and_turns_the_status_red(github, consumer):
    head = consumer.pull_request({})
    ran = consumer.run(f"{ONE_STEP}\n        with: {{profile: no-such-profile}}")
    assert ("failure", "error") == (ran.result, ran.outputs()["verdict"])
    assert [(head, "error")] == [(status["sha"], status["state"]) for status in github.statuses]
    assert "no-such-profile" in ran.log


def test_observing_blocks_nothing_and_sets_no_status(github, consumer):
    consumer.pull_request({"README.md": "nothing\n"})
    ran = consumer.run(f"{ONE_STEP}\n        with: {{observe: true}}")
    assert ("success", "not-ready", []) == (ran.result, ran.outputs()["verdict"], github.statuses)


@pytest.mark.parametrize(("text", "status", "result"), [("# Desk\n\n## Install\n\nmake\n", "passed", "success"), ("nothing\n", "failed", "failure")])
def test_any_one_check_can_be_used_alone(github, consumer, text, status, result):
    consumer.pull_request({"README.md": text})
    ran = consumer.run(CHECK_STEP)
    assert (result, {"status": status}) == (ran.result, ran.outputs()), ran.log
    assert [] == github.requests


def test_partial_reports_are_joined_posted_once_and_judged_anew(github, consumer):
    item = "      - id: code.safe\n        title: No dangerous code\n        check: code_security\n        required: true\n"
    consumer.write({"profile.yml": TINY + item})
    consumer.commit("hold the code, too")
    consumer.pull_request({"desk.py": "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n"})
    partial = "      - id: code\n        uses: org/prodready/actions/code@v1\n"
    ran = consumer.run(f"{partial}      - id: gate\n        if: always()\n        uses: org/prodready/actions/summary@v1")
    assert ("failure", "not-ready", "not-ready") == (ran.result, ran.outputs("code")["verdict"], ran.outputs()["verdict"]), ran.log
    assert ["code.safe"] == json.loads(ran.outputs()["failed-items"])
    assert (1, ["failure"]) == (len(github.comments), [status["state"] for status in github.statuses])
    report = json.loads(next(consumer.home.rglob("hostexecutor/prodready-out/report.json")).read_text())
    assert {"docs.readme": "passed", "code.finished": "passed", "code.safe": "failed"} == {item["id"]: item["status"] for item in report["items"]}
    assert any("joined from 1 partial report" in note for note in report["notes"])
