"""What GitHub says of a repository, asked of the fake by the real client; every request and answer is held against GitHub's own description."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cases
from fake_github import contract
from prodready import expectation
from prodready.checks.github_state import CHECK
from prodready.context import Context
from prodready.github.client import GitHubPort
from prodready.judge import judge
from prodready.model import Item
from prodready.plan import Job, bind
from prodready.run import guarded
from prodready.world.forge import GitHubForge
from prodready.world.repo import open_repo
from programs import commit, git, prodready, repository


@pytest.fixture
def desk(tmp_path, github):
    folder = repository(tmp_path / "desk", {"README.md": "hello\n"})
    github.branches["main"] = git(folder, "rev-parse", "HEAD")
    return folder


def asked(desk, github, measure, *, expect="", **params):
    """(status, measured, everything said) of an item, by the real client."""
    repo = open_repo(desk)
    port = GitHubPort(api_url=github.url, repository=github.repository, token="ghs_workflow", patience=1)
    context = Context(
        repo=repo, run=None, http=None, targets={}, secret=str, now=datetime.now(UTC), offline=False, scratch=Path,
        forge=GitHubForge(port=port, head=repo.history.head),
    )  # fmt: skip
    item = Item(id="it", title="It", check="github_state", params={"measure": measure, **params}, expect=expectation.parse(expect) if expect else None)
    job = Job(check_id="github_state", check=CHECK, params=bind("github_state", item.params, where="it"), items=(item,))
    seen = guarded(lambda job: CHECK.observe(context, job.params), job)
    outcome = judge(item, seen, usual=expectation.parse(CHECK.usual(job.params)), now=context.now)
    return outcome.status.value, getattr(seen, "value", None), cases.words(outcome)


def review(account, state="APPROVED", head="c" * 40, association="MEMBER"):
    (row,) = contract.example("pull-request-review-items")
    user = {**row["user"], "login": f"user{account}", "id": account}
    return {**row, "user": user, "state": state, "commit_id": head, "author_association": association}


def test_two_engineers_who_are_no_authors_and_may_write_have_reviewed_the_merged_change(desk, github):
    head = git(desk, "rev-parse", "HEAD")
    github.brought[head], github.pulls[7] = 7, "c" * 40
    github.reviews = [review(2), review(3), review(3), review(4, association="NONE"), review(5, head="d" * 40), review(6, "CHANGES_REQUESTED")]
    assert ("passed", 2) == asked(desk, github, "reviews", expect=">= 2")[:2]
    assert ("failed", 2) == asked(desk, github, "reviews", expect=">= 3")[:2]


def test_a_commit_that_no_pull_request_brought_was_reviewed_by_nobody(desk, github):
    status, _, said = asked(desk, github, "reviews")
    assert ("unknown", True) == (status, "so nobody has reviewed it" in said)


def test_rules_and_the_older_protection_both_require_checks(desk, github):
    assert ("failed", False) == asked(desk, github, "required_checks")[:2]
    github.protected["main"] = ["tests"]
    source = {"ruleset_source_type": "Repository", "ruleset_source": "acme/desk", "ruleset_id": 42}
    one = {"context": "prodready/gate", "integration_id": 15368}
    parameters = {"required_status_checks": [one], "strict_required_status_checks_policy": True}
    github.rules["main"] = [{"type": "required_status_checks", "parameters": parameters, **source}]
    assert ("passed", True) == asked(desk, github, "required_checks", checks=["tests", "prodready/gate"])[:2]
    status, measured, said = asked(desk, github, "required_checks", checks=["lint"])
    assert ("failed", False, True) == (status, measured, "lint is not required on main" in said)


def test_how_many_must_approve_is_unknown_under_the_older_protection(desk, github):
    assert ("failed", 0) == asked(desk, github, "required_reviews")[:2]
    github.protected["main"] = []
    status, _, said = asked(desk, github, "required_reviews")
    assert ("unknown", True) == (status, "only administrators may read" in said)


def test_runs_of_pull_requests_and_of_the_gate_itself_are_passed_over(desk, github):
    for conclusion in ("failure", "success", "success", "cancelled", "success"):
        github.run(conclusion)
    github.run("failure", "prodready.yml")
    github.run("failure", event="pull_request")
    assert ("passed", "success") == asked(desk, github, "workflow_run", without=["prodready.yml"])[:2]
    assert ("failed", "failure") == asked(desk, github, "workflow_run")[:2]
    assert ("passed", 75.0) == asked(desk, github, "success_rate", workflow="ci.yml", last=4, expect=">= 75 %")[:2]
    assert ("unknown", None) == asked(desk, github, "success_rate", workflow="ci.yml", last=5)[:2]
    assert ("unknown", None) == asked(desk, github, "workflow_run", branch="release")[:2]


def test_a_tag_must_stand_on_the_commit_under_the_gate_and_may_have_to_be_signed(desk, github):
    head = git(desk, "rev-parse", "HEAD")
    assert "there is no tag v1.0" in asked(desk, github, "tag", tag="v1.0")[2]
    github.tags = {"v1.0-rc": head, "v1.0": head}
    assert ("passed", True) == asked(desk, github, "tag", tag="v1.0")[:2]
    assert ("failed", False) == asked(desk, github, "tag", tag="v1.0", signed=True)[:2]
    github.tags["v1.0"], github.tag_objects = "e" * 40, {"e" * 40: (head, True)}
    assert ("passed", True) == asked(desk, github, "tag", tag="v1.0", signed=True)[:2]
    commit(desk, "One more")
    assert ("failed", False) == asked(desk, github, "tag", tag="v1.0")[:2]


def test_a_release_has_the_file_that_is_asked_for(desk, github):
    assert ("failed", False) == asked(desk, github, "release_asset")[:2]
    github.releases = [("v1.0", ["ssl-report.pdf"]), ("v0.9", [])]
    assert ("passed", True) == asked(desk, github, "release_asset", tag="v1.0", asset="*.pdf")[:2]
    assert "it has ssl-report.pdf" in asked(desk, github, "release_asset", tag="v1.0", asset="*.zip")[2]
    assert ("failed", False) == asked(desk, github, "release_asset", tag="v0.9")[:2]


def test_deployments_and_who_may_let_them_in(desk, github):
    assert ("unknown", None) == asked(desk, github, "deployment")[:2]
    github.deployments = [("production", "a" * 40, "success")]
    assert ("passed", "success") == asked(desk, github, "deployment")[:2]
    assert ("unknown", None) == asked(desk, github, "environment_reviewers")[:2]
    github.reviewers = {"production": 2, "staging": 0}
    assert ("passed", 2) == asked(desk, github, "environment_reviewers")[:2]
    assert ("failed", 0) == asked(desk, github, "environment_reviewers", environment="staging")[:2]


TROUBLES = [
    (401, "'actions: read'", {}), (403, "'actions: read'", {}), (404, "'actions: read'", {}), (410, "run the gate again", {}), (422, "run the gate again", {}),
    (429, "run the gate again", {"Retry-After": "3600"}), (502, "run the gate again", {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "remedy", "headers"), TROUBLES)
def test_trouble_with_the_interface_is_unknown_and_says_what_would_help(desk, github, code, remedy, headers):
    github.run("success")
    github.trouble("GET", "/actions/runs", times=9, status=code, headers=headers)
    status, measured, said = asked(desk, github, "workflow_run")
    github.violations.clear()  # not every one of these is documented for this endpoint
    assert ("unknown", None, True) == (status, measured, remedy in said)


def test_the_program_itself_asks_with_the_token_of_the_job(desk, github):
    github.run("success")
    env = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": github.repository, "PRODREADY_TOKEN": "ghs_workflow"}
    ended = prodready("check", "github_state", desk, "-p", "measure=workflow_run", "--json", env=env)
    assert (0, "success") == (ended.code, json.loads(ended.out)["measured"])
