"""Posting a verdict, against GitHub on loopback whose every request and answer is held against GitHub's own description."""

import itertools
import json
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fake_github.server import ACTIONS, STRANGER, FakeGitHub
from prodready.errors import Exit, ProdreadyError
from prodready.github import verdict
from prodready.github.client import GitHubPort, NotFound, RateLimited, ReadOnlyToken, Refused, Unreachable
from prodready.github.commands import Fence, annotation, plain, write_outputs, write_summary
from prodready.github.comment import keep, marker
from prodready.github.policy import at_base, read
from prodready.github.publish import after_error, after_run
from prodready.model import Decision
from prodready.settings import Settings
from reports import HOSTILE, ready, sample

HEAD, BASE, MERGE = "a" * 40, "b" * 40, "3f2a91c" + "0" * 33
GATE = "prodready/gate"
OUTPUTS = ("verdict", "score", "report-json", "report-md", "sarif-file", "comment-url", "failed-items", "missing-signoffs")

pytestmark = pytest.mark.integration


@pytest.fixture
def port(github):
    return GitHubPort(api_url=github.url, repository=github.repository, token="ghs_workflow", patience=1.0)


@pytest.fixture
def step(github, tmp_path):
    """A step of a workflow run: ``step(report, **changes of the environment)`` posts and returns the printed lines; its files are attributes."""
    return Step(github, tmp_path)


class Step:
    def __init__(self, github, folder):
        self.github, self.folder = github, folder
        self.output, self.summary, self.out = folder / "output", folder / "summary.md", folder / "out"
        self.pull_request()

    def pull_request(self, *, fork=False, sender="dana", head=HEAD):
        side = {"sha": head, "ref": "x", "repo": {"id": 2 if fork else 1}}
        payload = {"pull_request": {"number": 1, "head": side, "base": {"sha": BASE, "ref": "main", "repo": {"id": 1}}}, "sender": {"login": sender}}
        (self.folder / "event.json").write_text(json.dumps(payload))

    def settings(self, **environ):
        usual = {
            "GITHUB_ACTIONS": "true", "GITHUB_API_URL": self.github.url, "GITHUB_REPOSITORY": self.github.repository, "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_SHA": MERGE, "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary), "PRODREADY_TOKEN": "ghs_workflow",
        }  # fmt: skip
        return Settings.from_environ({**usual, **environ})

    def __call__(self, report, *, partial=False, **environ):
        return after_run(report, self.settings(**environ), self.out, partial=partial)

    def outputs(self):
        found = re.findall(r"^([a-z-]+)<<(\S+)\n(.*?)\n\2\n", self.output.read_text(), re.DOTALL | re.MULTILINE)
        return {name: text for name, _, text in found}


# The comment


def test_the_first_run_comments_and_the_second_edits_that_comment(github, step):
    step(sample())
    step(ready())
    (comment,) = github.comments
    assert marker(GATE) == comment.body.splitlines()[0]
    assert "✅" in comment.body
    assert ["/repos/acme/desk/issues/1/comments"] == [path for path in github.made("POST") if "comments" in path]


def test_a_comment_that_would_stay_the_same_is_not_edited(github, step):
    step(sample())
    step(sample())
    assert [] == github.made("PATCH")


def test_05_our_comment_is_found_behind_a_hundred_others(github, port):
    for number in range(136):
        github.comment(1, STRANGER, f"comment {number}")
    old = github.comment(1, ACTIONS, f"{marker(GATE)}\nold")
    for number in range(43):
        github.comment(1, STRANGER, f"later {number}")
    assert old.id == keep(port, 1, GATE, "new").id
    assert 180 == len(github.comments)


def test_08_a_marker_somebody_else_pasted_is_not_ours(github, port):
    forged = github.comment(1, STRANGER, f"{marker(GATE)}\nready: 100 of 100")
    keep(port, 1, GATE, "not ready")
    assert f"{marker(GATE)}\nready: 100 of 100" == forged.body
    assert 2 == len(github.comments)


def test_a_comment_of_another_workflow_of_the_same_bot_is_not_ours(github, port):
    other = github.comment(1, ACTIONS, f"coverage 80 %\n{marker(GATE)}")
    keep(port, 1, GATE, "text")
    assert f"coverage 80 %\n{marker(GATE)}" == other.body


def test_a_comment_of_a_deleted_account_is_not_ours(github, port):
    github.comment(1, None, f"{marker(GATE)}\nold")
    keep(port, 1, GATE, "text")
    assert 2 == len(github.comments)


def test_06_two_runs_at_once_leave_one_comment_the_oldest(github, port):
    github.after("GET", "/issues/1/comments", lambda: github.comment(1, ACTIONS, f"{marker(GATE)}\nthe other run"))
    keep(port, 1, GATE, "this run")
    assert [f"{marker(GATE)}\nthis run"] == [comment.body for comment in github.comments]


class Racing:
    """A port that waits after its first look until all others have looked."""

    def __init__(self, port, looked):
        self.port, self.looked, self.looks = port, looked, itertools.count()

    def comments(self, pr):
        found = list(self.port.comments(pr))
        if next(self.looks) == 0:
            self.looked.wait(60)
        return found

    def __getattr__(self, name):
        return getattr(self.port, name)


def test_06_runs_that_write_at_the_same_moment_leave_one_comment(github):
    """Each has looked and found none before any of them writes."""
    looked = threading.Barrier(3)
    ports = [Racing(GitHubPort(api_url=github.url, repository=github.repository, token="ghs_workflow", patience=1.0), looked) for _ in range(looked.parties)]
    with ThreadPoolExecutor(len(ports)) as pool:
        for ended in [pool.submit(keep, port, 1, GATE, "text") for port in ports]:
            ended.result()
    assert [f"{marker(GATE)}\ntext"] == [comment.body for comment in github.comments]
    assert len(ports) == len([path for path in github.made("POST") if "comments" in path])


def test_younger_comments_of_our_own_are_deleted(github, port):
    first, *_ = [github.comment(1, ACTIONS, f"{marker(GATE)}\n{number}") for number in range(3)]
    assert first.id == keep(port, 1, GATE, "text").id
    assert [first.id] == [comment.id for comment in github.comments]


def test_07_a_comment_that_was_stored_before_the_answer_was_lost_is_not_written_twice(github, port):
    github.trouble("POST", "/comments", times=5, status=502, stored=True)
    keep(port, 1, GATE, "text")
    assert 1 == len(github.comments)
    assert 1 == len([path for path in github.made("POST") if "comments" in path])


def test_a_comment_that_was_not_stored_is_written_once_more(github, port):
    github.trouble("POST", "/comments", times=1, status=502)
    keep(port, 1, GATE, "text")
    assert 1 == len(github.comments)


def test_two_gates_of_one_pull_request_keep_a_comment_each(github, step):
    step(sample(), PRODREADY_PATH="services/a")
    step(sample(), PRODREADY_PATH="services/b")
    assert 2 == len(github.comments)
    assert ["prodready/gate (path services/a)", "prodready/gate (path services/b)"] == [status["context"] for status in github.statuses]


def test_a_run_that_was_overtaken_leaves_the_comment_alone(github, step):
    github.pulls[1] = "d" * 40
    lines = step(sample())
    assert [] == github.comments
    assert any("has moved on to dddddddddddd" in line for line in lines)


def test_the_comment_can_be_switched_off(github, step):
    step(sample(), PRODREADY_COMMENT="false")
    assert ([], 1) == (github.comments, len(github.statuses))


def test_11_a_comment_is_never_longer_than_github_takes(github, port):
    keep(port, 1, GATE, "🙂" * 70_000)
    assert 65536 == len(github.comments[0].body)


# The commit status


@pytest.mark.parametrize(
    ("code", "word", "state"),
    [
        (0, "ready", "success"),
        (1, "not-ready", "failure"),
        (3, "unknown", "error"),
        (4, "pending", "pending"),
        (2, "error", "error"),
        (70, "error", "error"),
        (99, "error", "error"),
    ],
)
def test_25_the_status_says_what_the_exit_code_says(github, step, code, word, state):
    report = replace(ready(), decision=Decision(ready=code == 0, exit_code=code, reasons=()))
    step(report)
    assert [(HEAD, GATE, state)] == [(status["sha"], status["context"], status["state"]) for status in github.statuses]
    assert word == step.outputs()["verdict"]


@pytest.mark.parametrize(("is_ready", "code"), [(False, 0), (True, 1), (True, 3)])
def test_25_a_decision_that_contradicts_itself_is_never_a_success(is_ready, code):
    assert verdict.ERROR == verdict.of(replace(ready(), decision=Decision(ready=is_ready, exit_code=code, reasons=())))


def test_the_status_counts_in_numbers_only(github, step):
    step(sample())
    expected = "not ready: 3 failed, 1 unknown, 1 stale, 1 pending, 1 sign-off missing; 19.5 of 100, needs 80"
    assert (expected, "https://github.com/acme/desk/actions/runs/77/attempts/2") == (github.statuses[0]["description"], github.statuses[0]["target_url"])


def test_a_merge_group_gets_a_status_and_no_comment(github, step):
    group = {"head_sha": HEAD, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-1-{BASE}", "base_sha": BASE, "base_ref": "refs/heads/main"}
    (step.folder / "event.json").write_text(json.dumps({"merge_group": group}))
    report = replace(ready(), subject=replace(ready().subject, commit=HEAD))
    step(report, GITHUB_EVENT_NAME="merge_group", GITHUB_SHA=HEAD)
    assert ([], [HEAD]) == (github.comments, [status["sha"] for status in github.statuses])


def test_a_checkout_of_something_else_never_turns_the_status_green(github, step):
    lines = step(replace(ready(), subject=replace(ready().subject, commit="e" * 40)))
    assert "error" == github.statuses[0]["state"]
    assert any("neither the head nor the merge commit" in line for line in lines)


def test_observing_sets_no_status(github, step):
    step(ready(), PRODREADY_OBSERVE="true")
    assert ([], 1) == (github.statuses, len(github.comments))


def test_a_status_whose_answer_was_lost_is_set_again(github, step):
    github.trouble("POST", "/statuses", times=1, status=502, stored=True)
    step(ready())
    assert ["success", "success"] == [status["state"] for status in github.statuses]


def test_a_run_on_the_default_branchs_behalf_sets_no_status(github, step):
    step(ready(), GITHUB_EVENT_NAME="workflow_run")
    assert ([], []) == (github.statuses, github.comments)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, GATE),
        ({"PRODREADY_PROFILE": "starter", "PRODREADY_PATH": ".", "PRODREADY_STAGE": "pr"}, GATE),
        ({"PRODREADY_STAGE": "release"}, "prodready/gate (stage release)"),
        ({"PRODREADY_PROFILE": "release"}, "prodready/gate (profile release)"),
    ],
)
def test_gates_with_other_questions_have_other_names(inputs, expected):
    assert expected == verdict.context(Settings.from_environ(inputs))


def test_names_of_gates_that_look_alike_differ():
    names = {verdict.context(Settings.from_environ({"PRODREADY_PATH": path})) for path in ("a`b", "a'b", "x" * 300, "x" * 301)}
    assert 4 == len(names)
    assert all(len(name) < 120 for name in names)


# A token that cannot write, a GitHub that does not answer


def test_a_fork_gets_the_same_verdict_and_one_line(github, step):
    step.pull_request(fork=True)
    lines = step(sample(), PRODREADY_TOKEN="ghs_fork")
    (note,) = [line for line in lines if line.startswith("prodready:")]
    why = "the token of this run cannot write, because the pull request comes from a fork"
    assert f"prodready: not posted: {why}. Verdict, job summary and outputs are the same." == note
    assert ("not-ready", [], []) == (step.outputs()["verdict"], github.comments, github.statuses)
    assert "comes from a fork" in step.summary.read_text()


def test_dependabot_gets_the_same_verdict_and_one_line(github, step):
    step.pull_request(sender="dependabot[bot]")
    lines = step(sample(), PRODREADY_TOKEN="ghs_fork")
    assert ["because Dependabot started it" in line for line in lines if line.startswith("prodready:")] == [True]


def test_a_job_without_permissions_is_told_which_to_write(github, step):
    (note,) = [line for line in step(sample(), PRODREADY_TOKEN="ghs_fork") if line.startswith("prodready:")]
    assert "permissions: {contents: read, pull-requests: write, statuses: write}" in note


def test_no_token_is_one_line(github, step):
    (note,) = [line for line in step(sample(), PRODREADY_TOKEN="") if line.startswith("prodready:")]
    assert "no token" in note
    assert [] == github.requests


def test_a_github_that_is_down_changes_nothing(github, step, monkeypatch):
    monkeypatch.setattr("prodready.github.retry.ATTEMPTS", 0)
    lines = step(sample(), GITHUB_API_URL="http://127.0.0.1:1")
    assert ("not-ready", 2) == (step.outputs()["verdict"], len([line for line in lines if "GitHub did not answer" in line]))


def test_an_odd_payload_changes_nothing(github, step):
    (step.folder / "event.json").write_text("[]")
    lines = step(sample())
    assert any("not posted" in line for line in lines)
    assert "not-ready" == step.outputs()["verdict"]


def test_the_token_is_in_no_representation_and_no_error(github, port):
    secret = GitHubPort(api_url=github.url, repository=github.repository, token="ghp_secret_9")
    with pytest.raises(ReadOnlyToken) as error:
        secret.comments(1)
    assert "ghp_secret_9" not in f"{secret!r} {error.value!r} {error.value}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ReadOnlyToken), (403, ReadOnlyToken), (404, NotFound), (422, Refused), (429, RateLimited), (500, Unreachable), (503, Unreachable)],
)
def test_each_refusal_of_a_post_is_an_error_of_its_own(github, port, status, kind):
    github.trouble("POST", "/comments", times=1, status=status, message="no")
    with pytest.raises(kind):
        port.create_comment(1, "x")
    assert 1 == len(github.requests)


def test_reading_is_tried_again(github, port):
    github.trouble("GET", "/pulls/1", times=2, status=502)
    assert HEAD == port.head(1)


def test_a_short_wait_github_asks_for_is_kept(github, port):
    github.trouble("GET", "/pulls/1", times=1, status=403, message="You have exceeded a secondary rate limit.", headers={"Retry-After": "1"})
    assert HEAD == port.head(1)


def test_a_wait_longer_than_our_patience_is_given_up_at_once(github, port):
    github.trouble("GET", "/pulls/1", times=9, status=403, message="You have exceeded a secondary rate limit.", headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited):
        port.head(1)
    assert 1 == len(github.requests)


def test_an_answer_that_is_no_json_is_unreachable(github, port):
    github.trouble("GET", "/pulls/1", times=1, status=200, message="<html>proxy</html>")
    with pytest.raises(Unreachable):
        port.head(1)
    github.violations.clear()


def test_29_github_enterprise_server_is_reached_below_its_prefix(tmp_path):
    with FakeGitHub(prefix="/api/v3") as fake:
        port = GitHubPort(api_url=fake.url, repository=fake.repository, token="ghs_workflow")
        assert "github-actions[bot]" == port.whoami().login
        keep(port, 1, GATE, "text")
    assert ([], 1) == (fake.violations, len(fake.comments))


def test_a_whole_publication_takes_few_requests(github, step):
    step(sample())
    assert 7 >= len(github.requests)  # one of them asks what the base had come to


# Annotations, outputs, summary


def test_11_at_most_ten_annotations_of_a_kind_and_the_last_counts_the_rest(step):
    (first, *others) = sample().outcomes
    findings = tuple(replace(first.observation.findings[0], line=number + 1) for number in range(300))
    report = replace(sample(), outcomes=(replace(first, observation=replace(first.observation, findings=findings)), *others))
    errors = [line for line in step(report) if line.startswith("::error ")]
    assert 10 == len(errors)
    assert "more: the job summary lists them all" in errors[-1]


def test_findings_that_are_suppressed_are_no_annotations(step):
    assert not [line for line in step(sample()) if "B608" in line]


def test_annotations_of_a_gated_folder_name_files_of_the_repository(step):
    assert any("file=services/a/deploy/old.env,line=3" in line for line in step(sample(), PRODREADY_PATH="services/a"))


def test_a_hostile_finding_is_one_command_and_no_other(step):
    for line in step(sample()):
        assert "\n" not in line
        assert re.match(r"^(::(error|warning|notice)( [a-z]+=[^:,\n]*(,[a-z]+=[^:,\n]*)*)?::[^\n]*|prodready: .*)$", line), line


COMMANDS = ["::add-mask::x", "a\n::error::b", "##[add-mask]x", "\r::set-output name=a::b", "  ::stop-commands::x", "%0A::error::x", "x\u2028::error::y"]


@pytest.mark.parametrize("text", COMMANDS)
def test_10_foreign_text_is_never_a_command(text):
    for line in (plain(text), annotation("error", text, title=text, file=text)):
        assert 1 == len(line.splitlines())
        assert not re.match(r"\s*::(?!error )", line)
        assert not line.startswith("##[")
    assert "##[" not in plain(text)


def test_the_words_of_two_fences_differ():
    first, second = Fence(), Fence()
    assert first.opening == f"::stop-commands::{first.token}"
    assert first.closing == f"::{first.token}::"
    assert first.token != second.token


def test_our_lines_come_out_of_the_fence_and_close_it_again(step):
    first, *_, last = step(sample(), PRODREADY_FENCE="word")
    assert ("::word::", "::stop-commands::word") == (first, last)


def test_outputs_name_what_is_open_and_what_is_missing(step):
    step.out.mkdir()
    (step.out / "report.json").write_text("{}")
    step(sample())
    found = step.outputs()
    assert OUTPUTS == tuple(found)
    assert ("19.5", str(step.out / "report.json"), "") == (found["score"], found["report-json"], found["report-md"])
    assert f"{step.github.host}/acme/desk/pull/1#issuecomment-101" == found["comment-url"]
    assert "secrets.history" in json.loads(found["failed-items"])
    assert ["cto"] == json.loads(found["missing-signoffs"])


@given(st.dictionaries(st.sampled_from(["a", "b-c", "d"]), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), min_size=1))
def test_12_outputs_are_read_back_as_the_runner_reads_them_whatever_stands_in_them(tmp_path_factory, given):
    path = tmp_path_factory.mktemp("outputs") / "out"
    write_outputs(str(path), given)
    lines, read = iter(path.read_text("utf-8").split("\n")), {}
    for line in lines:
        if line:
            name, _, word = line.partition("<<")
            read[name] = "\n".join(itertools.takewhile(lambda one, word=word: one != word, lines))
    assert given == read


def test_12_an_output_cannot_end_its_own_delimiter(tmp_path):
    path = tmp_path / "out"
    write_outputs(str(path), {"a": "EOF\ninjected=1\nprodready_x\n<<EOF"})
    first, *_, last = path.read_text().splitlines()
    assert first.removeprefix("a<<") == last
    assert 1 == path.read_text().splitlines().count(last)


def test_11_a_summary_stays_below_the_limit_in_bytes_and_in_whole_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("prodready.github.commands.SUMMARY_LIMIT", 100)
    path = tmp_path / "summary"
    write_summary(str(path), "🙂🙂🙂🙂\n" * 10)
    assert 100 >= path.stat().st_size
    assert {"🙂🙂🙂🙂"} == set(path.read_text("utf-8").splitlines())


def test_a_summary_that_cannot_be_written_is_a_line(step):
    lines = step(sample(), GITHUB_STEP_SUMMARY=str(step.folder))
    assert any("the job summary could not be written" in line for line in lines)


def test_a_partial_report_is_not_posted(github, step):
    step(sample(), partial=True)
    assert [] == github.requests
    assert "not-ready" == step.outputs()["verdict"]


def test_hostile_words_reach_the_comment_inert(github, step):
    step(sample())
    body = github.comments[0].body
    assert HOSTILE not in body
    assert "<img" not in body
    assert "\u202e" not in body


def test_a_run_without_a_report_is_an_error_everywhere(github, step):
    lines = after_error(Exit.USAGE, step.settings())
    assert ("error", [(HEAD, "error")]) == (step.outputs()["verdict"], [(status["sha"], status["state"]) for status in github.statuses])
    assert lines[0].startswith("::error title=prodready::No verdict")
    assert "error" in step.summary.read_text()


# The policy at the base


def test_the_policy_is_read_at_the_tip_the_base_branch_has_now(github, port, step):
    github.branches["main"] = "d" * 40
    github.files["d" * 40, ".prodready.yml"] = b"extends: starter\n"
    github.files[BASE, ".prodready.yml"] = b"old\n"
    assert b"extends: starter\n" == read(step.settings(), port, folder=step.folder)
    assert "d" * 40 == at_base(step.settings(), port, folder=step.folder).commit


def test_a_base_without_a_policy_has_none(github, port, step):
    assert read(step.settings(), port, folder=step.folder) is None


def test_a_policy_that_cannot_be_read_anywhere_ends_the_run(github, port, step):
    subprocess.run(["git", "init", "-q"], cwd=step.folder, check=True)
    github.branches.clear()
    with pytest.raises(ProdreadyError) as error:
        read(step.settings(), port, folder=step.folder)
    assert "fetch-depth: 0" in error.value.remedy


def test_the_objects_of_the_checkout_stand_in_for_the_api(github, port, step):
    def git(*args):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *args], cwd=step.folder, check=True)

    git("init", "-q")
    Path(step.folder / ".prodready.yml").write_text("extends: starter\n")
    git("add", ".prodready.yml")
    git("commit", "-q", "-m", "policy")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    github.branches.clear()
    assert b"extends: starter\n" == read(step.settings(), port, folder=step.folder)


def test_a_policy_too_large_for_the_api_is_refused(github, port):
    github.files["d" * 40, ".prodready.yml"] = b"#" * (2**20 + 1)
    with pytest.raises(Refused):
        port.file(".prodready.yml", "d" * 40)
