"""``prodready doctor``: each way in which a gate cannot do its work, told with what to do."""

import time
from pathlib import Path

import pytest

from prodready import cli
from prodready.doctor import workflows
from programs import MINI, repository, write

EXAMPLE = (Path(__file__).parent.parent / "examples" / "workflows" / "prodready.yml").read_text("utf-8").replace("prodready@v1", f"prodready@{'0' * 40}")
PUBLISH = (Path(__file__).parent.parent / "examples" / "workflows" / "prodready-publish.yml").read_text("utf-8")
OWN = "extends: mini.yml\n"
TEAM = "roles: {Ops: {teams: [acme/ops]}}\nsignoffs: {pr: [Ops]}\n"

pytestmark = pytest.mark.integration


@pytest.fixture
def doctor(github, tmp_path, monkeypatch, capsys):
    """Runs it on a checkout with these files, beside GitHub."""
    repo = repository(tmp_path / "repo", {"README.md": "hello\n", "mini.yml": MINI, ".prodready.yml": OWN, ".github/workflows/gate.yml": EXAMPLE})

    def run(files=None, *args, token="ghp_admin", **environ):
        write(repo, files or {})
        monkeypatch.chdir(repo)
        for name, text in {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": github.repository, "PRODREADY_TOKEN": token, **environ}.items():
            monkeypatch.setenv(name, text)
        code = cli.outcome(["doctor", *args])
        return code, "".join(capsys.readouterr())

    return run


def required(github, **source):
    checks = {"strict_required_status_checks_policy": True, "required_status_checks": [{"context": "prodready/gate", **source}]}
    rule = {"type": "required_status_checks", "parameters": checks}
    github.rules["main"] = [{**rule, "ruleset_id": 1, "ruleset_source": "acme/desk", "ruleset_source_type": "Repository"}]


def test_a_gate_that_can_do_its_work(github, doctor):
    required(github, integration_id=7)
    code, text = doctor()
    assert 0 == code, text
    for line in ("✓ trigger: .github/workflows/gate.yml runs on merge_group", "✓ required status: prodready/gate is required on main from app 7", "✓ clock"):
        assert line in text


def test_a_status_that_nobody_requires_blocks_nothing(doctor):
    code, text = doctor()
    told = "✗ required status: prodready/gate is not required on main: a red gate blocks nothing\n    run 'prodready protect'"
    assert (1, True) == (code, told in text), text


def test_a_status_that_anybody_may_set_is_worth_a_word(github, doctor):
    required(github)
    code, text = doctor()
    assert (0, True) == (code, "! required status: prodready/gate is required on main from anybody" in text)


def test_a_team_that_cannot_be_read_blocks(github, doctor):
    required(github, integration_id=7)
    code, text = doctor({".prodready.yml": OWN + TEAM})
    assert (1, True) == (code, "✗ team: acme/ops cannot be read" in text), text
    github.teams["acme/ops"] = {"erin": 11}
    assert "✓ team: acme/ops has 1 members" in doctor(PRODREADY_ORG_TOKEN="ghp_admin")[1]


def test_a_clock_that_is_wrong_is_bad(github, doctor, monkeypatch):
    required(github, integration_id=7)
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() - 3600)
    code, text = doctor()
    monkeypatch.setattr("time.time", real)
    assert (1, True) == (code, "✗ clock: it differs from GitHub's by" in text), text


def test_without_a_token_or_offline_it_is_unknown(doctor):
    assert 3 == doctor(token="")[0]
    assert 3 == doctor(None, "--offline")[0]


def test_a_github_that_is_down_is_unknown(github, doctor, monkeypatch):
    monkeypatch.setattr("prodready.github.retry.ATTEMPTS", 0)
    assert 3 == doctor(GITHUB_API_URL="http://127.0.0.1:1")[0]


FAULTS = {
    "no gate at all": ({".github/workflows/gate.yml": "on: push\njobs: {}\n"}, "no workflow uses prodready"),
    "no pull requests": ({".github/workflows/gate.yml": EXAMPLE.replace("  pull_request:\n", "  push:\n")}, "does not run on pull_request: no change is gated"),
    "a filter": (
        {".github/workflows/gate.yml": EXAMPLE.replace("  pull_request:\n", "  pull_request: {paths: [src/**]}\n")},
        "has paths on pull_request: a change it leaves out waits for a status that never comes",
    ),
    "rights on a stranger's change": (
        {".github/workflows/gate.yml": EXAMPLE.replace("  pull_request:\n", "  pull_request:\n  pull_request_target:\n")}, "runs on pull_request_target",
    ),
    "the name of the status": ({".github/workflows/gate.yml": EXAMPLE.replace("name: readiness", "name: prodready/gate")}, "has the name of the commit status"),
    "a condition": (
        {".github/workflows/gate.yml": EXAMPLE.replace("    runs-on", "    if: github.actor != 'x'\n    runs-on")}, "a job that is skipped counts as passed",
    ),
    "no rights": ({".github/workflows/gate.yml": EXAMPLE.replace("      statuses: write", "      statuses: read")}, "lacks statuses: write"),
    "too many rights": ({".github/workflows/publish.yml": PUBLISH}, "may write (pull-requests, statuses) although another workflow publishes"),
    "no history": ({".github/workflows/gate.yml": EXAMPLE.replace("fetch-depth: 0", "fetch-depth: 1")}, "has no history"),
    "a token left behind": ({".github/workflows/gate.yml": EXAMPLE.replace("persist-credentials: false", "persist-credentials: true")}, "leaves the token in"),
    "another ref": (
        {".github/workflows/gate.yml": EXAMPLE.replace("persist-credentials: false", "persist-credentials: false\n          ref: main")}, "another ref",
    ),
    "a workflow that is no YAML": ({".github/workflows/x.yml": "a: [\n"}, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_workflow_is_bad_and_has_a_fix(tmp_path, name):
    from prodready.world.repo import open_repo

    files, says = FAULTS[name]
    repo = open_repo(repository(tmp_path / "repo", {".github/workflows/gate.yml": EXAMPLE, **files}))
    found = [row for row in workflows.rows(repo, reviews=False) if row.state == "bad"]
    assert [True] == [says in row.words for row in found]
    assert all(row.fix for row in found)


def test_the_workflows_to_copy_have_no_fault(tmp_path):
    from prodready.world.repo import open_repo

    hardened = EXAMPLE.replace("      pull-requests: write", "      pull-requests: read").replace("      statuses: write", "      statuses: read")
    for files in ({"gate.yml": EXAMPLE}, {"gate.yml": hardened, "publish.yml": PUBLISH}):
        folder = tmp_path / str(len(files))
        repo = open_repo(repository(folder, {f".github/workflows/{name}": text for name, text in files.items()}))
        assert [] == [row.words for row in workflows.rows(repo, reviews=False) if row.state in ("bad", "unknown")]
