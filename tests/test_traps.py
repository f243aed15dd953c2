"""Traps that fool a scanner when it is called as its manual says, each beside what our call makes of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import fake
from prodready import check, expectation, yamltext
from prodready.check import CannotTell
from prodready.checks.code_security import semgrep
from prodready.decode import decode
from prodready.judge import judge
from prodready.model import Item, Status
from prodready.plan import Job
from prodready.run import guarded
from prodready.settings import Settings
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import commit, git, repository, write

TOKEN = "token = '${token}'\n"
FLAW = "import hashlib\n\nKEY = hashlib.md5(b'1')\n"
WORKFLOW = "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n"
RULES = ("template-injection", "dangerous-triggers", "excessive-permissions", "artipacked", "unpinned-uses", "anonymous-definition", "concurrency-limits")
OPEN = """resource "aws_security_group" "open" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
CARELESS = "FROM debian\nADD . /app\nCMD python app.py\n"
PLANTED = "import pathlib\n\npathlib.Path('{marker}').write_text('ran')\n\n\ndef plugin(version):\n    raise SystemExit(0)\n"
GITLEAKS = ("gitleaks", "dir", ".", "--no-banner")
CHECKOV = ("checkov", "--skip-download", "--quiet", "--compact", "-d")


@dataclass(frozen=True, kw_only=True)
class Trap:
    """Files with something to find, a call that ends well on them, and our check on the same files."""

    name: str
    naive: tuple[str, ...]
    check: str
    status: Status
    files: dict[str, str] = field(default_factory=dict)
    params: dict[str, object] = field(default_factory=dict)
    silent: str = ""
    """What the naive call prints when it tells of nothing, for a program that always ends well."""

    def __str__(self) -> str:
        return self.name


SEMGREP = ("semgrep", "scan", "--experimental", "--metrics=off", "--disable-version-check", "--error", "--config", "{rules}")
NOTHING = '"results": {}'
ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: desk}
rules:
  - {apiGroups: [""], resources: [pods], verbs: [get]}
  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
"""
DETECT_SECRETS = {"check": "secrets", "params": {"voices": ["detect-secrets"], "history": "none"}}
SECRETS = {"check": "secrets", "params": {"voices": ["gitleaks"]}}
BANDIT = {"check": "code_security", "params": {"engines": ["bandit"]}}
TRAPS = (
    Trap(name="gitleaks obeys a configuration in the repository", naive=GITLEAKS, status=Status.FAILED, **SECRETS,
         files={"a.py": TOKEN, ".gitleaks.toml": "title = 'x'\n"}),
    Trap(name="gitleaks obeys a comment", naive=GITLEAKS, status=Status.FAILED, **SECRETS, files={"a.py": TOKEN.rstrip() + "  # gitleaks:allow\n"}),
    Trap(name="gitleaks reads no UTF-16", naive=GITLEAKS, status=Status.FAILED, **SECRETS, files={"a.txt": "utf-16:" + TOKEN}),
    Trap(name="gitleaks ends well on a range that is none", naive=("gitleaks", "git", ".", "--no-banner", "--log-opts=nowhere..HEAD"), status=Status.FAILED,
         **SECRETS, files={"a.py": TOKEN}),
    Trap(name="gitleaks obeys a list of what to ignore", naive=GITLEAKS, status=Status.FAILED, **SECRETS,
         files={"a.py": TOKEN, ".gitleaksignore": "a.py:github-pat:1\n"}),
    Trap(name="gitleaks ends well where there is no repository", naive=("gitleaks", "git", "..", "--no-banner"), status=Status.FAILED, **SECRETS,
         files={"a.py": TOKEN}),
    Trap(name="detect-secrets ends well on a path that is not there", naive=("detect-secrets", "scan", "nowhere"), status=Status.FAILED, **DETECT_SECRETS,
         files={"a.py": TOKEN}, silent=NOTHING),
    Trap(name="detect-secrets ends well where there is no repository", naive=("detect-secrets", "-C", "..", "scan", "."), status=Status.FAILED,
         **DETECT_SECRETS,
         files={"a.py": TOKEN}, silent=NOTHING),
    Trap(name="detect-secrets obeys a comment", naive=("detect-secrets", "scan", "--all-files", "."), status=Status.FAILED, **DETECT_SECRETS,
         files={"a.py": TOKEN.rstrip() + "  # pragma: allowlist secret\n"}, silent=NOTHING),
    Trap(name="semgrep ends well on a file that does not parse", naive=(*SEMGREP, "a.py"), check="code_security", status=Status.UNKNOWN,
         files={"a.py": "def f(:\n"}),
    Trap(name="semgrep obeys a list of what to ignore", naive=(*SEMGREP, "."), check="code_security", status=Status.FAILED,
         params={"engines": ["semgrep"]}, files={"a.js": "eval(text)\n", ".semgrepignore": "*.js\n"}),
    Trap(name="bandit obeys a .bandit file", naive=("bandit", "-r", ".", "-q"), status=Status.FAILED, **BANDIT,
         files={"a.py": FLAW, ".bandit": "[bandit]\nskips = B324\n"}),
    Trap(name="bandit ends well on a file that does not parse", naive=("bandit", "-r", ".", "-q"), status=Status.UNKNOWN, **BANDIT,
         files={"a.py": "def f(:\n"}),
    Trap(name="bandit ends well on a path that is not there", naive=("bandit", "-r", "nowhere", "-q"), status=Status.FAILED, **BANDIT, files={"a.py": FLAW}),
    Trap(name="checkov ends well on a file that does not parse", naive=(*CHECKOV, "."), check="iac", status=Status.UNKNOWN,
         files={"a.tf": OPEN + "resource {\n"}),
    Trap(name="checkov ends well on a rule that does not exist", naive=(*CHECKOV, ".", "--check", "CKV_AWZ_24"), check="iac", status=Status.UNKNOWN,
         params={"only": ["CKV_AWZ_24"]}, files={"a.tf": OPEN}),
    Trap(name="checkov obeys the repository that is content with failure", naive=(*CHECKOV, "."), check="iac", status=Status.FAILED,
         files={"a.tf": OPEN, ".checkov.yaml": "soft-fail: true\n"}),
    Trap(name="checkov looks at the first rule of a role only", naive=(*CHECKOV, ".", "--check", "CKV_K8S_49"), check="iam_wildcards", status=Status.FAILED,
         files={"role.yaml": ROLE}),
    Trap(name="checkov ends well on a folder that is not there", naive=(*CHECKOV, "nowhere"), check="iac", status=Status.FAILED, files={"a.tf": OPEN}),
    Trap(name="checkov obeys the repository beside a configuration of ours", naive=(*CHECKOV, ".", "--config-file", "ours.yaml"), check="iac",
         status=Status.FAILED, files={"a.tf": OPEN, "ours.yaml": "framework: [terraform]\n", ".checkov.yaml": "skip-check: ['CKV*']\n"}),
    Trap(name="hadolint ends well on an empty file", naive=("hadolint", "Dockerfile"), check="containers", status=Status.UNKNOWN, files={"Dockerfile": ""}),
    Trap(name="hadolint obeys a configuration in the repository", naive=("hadolint", "Dockerfile"), check="containers", status=Status.FAILED,
         files={"Dockerfile": CARELESS, ".hadolint.yaml": "ignored: [DL3006, DL3020, DL3025]\n"}),
    Trap(name="hadolint obeys a comment", naive=("hadolint", "Dockerfile"), check="containers", status=Status.FAILED,
         files={"Dockerfile": "# hadolint global ignore=DL3006,DL3020,DL3025\n" + CARELESS}),
    Trap(name="hadolint does not miss a health check", naive=("hadolint", "Dockerfile"), check="containers", status=Status.FAILED,
         files={"Dockerfile": 'FROM debian:12.1\nHEALTHCHECK NONE\nCMD ["true"]\n'}),
    Trap(name="pip-audit ends well on what it did not look up", naive=("pip-audit", "-r", "requirements.txt", "--no-deps", "--disable-pip"),
         check="dependencies", status=Status.UNKNOWN, files={"requirements.txt": "desk @ https://example.org/desk.tar.gz\n"}),
    Trap(name="zizmor obeys a configuration in the repository", naive=("zizmor", "--offline", "-q", ".github"), check="workflow_security", status=Status.FAILED,
         files={".github/workflows/a.yml": WORKFLOW, ".github/zizmor.yml": "rules:\n" + "".join(f"  {rule}:\n    disable: true\n" for rule in RULES)}),
)  # fmt: skip


@pytest.fixture(scope="module")
def processes():
    return Processes(cache=Settings.from_environ(os.environ).cache)


def argv(processes, tool):
    """How the real program is started; of detect-secrets and checkov their own commands, and not what we start in their place."""
    try:
        found = processes.toolbox.ensure(tool).argv
        own = {"detect-secrets": "detect_secrets", "checkov": "checkov.main"}.get(tool)
        return (found[0], "-I", "-B", "-m", own) if own else found
    except CannotTell as unable:
        pytest.skip(f"{tool} cannot be had here: {unable.reason}")


def lay_out(folder, files):
    root = repository(folder, {"README.md": "# Desk\n"})
    for name, text in files.items():
        content = text.replace("${token}", fake("github-pat"))
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.removeprefix("utf-16:").encode("utf-16") if content.startswith("utf-16:") else content.encode())
    commit(root, "Add")
    return root


def seen(root, processes, check_id, params, *, base="", privileged=False):
    one = check.load(check_id)
    now = datetime.now(UTC)
    world = World(name="desk", repo=open_repo(root, base=base), processes=processes, http=RealHttp(offline=True), now=now, privileged=privileged)
    item = Item(id="item", title="Item", check=check_id)
    typed = decode(params, one.params)
    observed = guarded(world.observe, Job(check_id=check_id, check=one, params=typed, items=(item,)))
    return judge(item, observed, usual=expectation.parse(one.usual(typed)), now=now)


def called(processes, words, root):
    """How a call ends, as the manual of the program writes it; semgrep gets our rules, as it must have some."""
    rules = root.with_name("rules.json")
    rules.write_text(json.dumps(yamltext.read(semgrep.RULES.read_text("utf-8"), name=semgrep.RULES.name).data))
    words = [*argv(processes, words[0]), *(word.replace("{rules}", str(rules)) for word in words[1:])]
    return subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_the_naive_call_ends_well_and_ours_does_not(trap, processes, tmp_path):
    root = lay_out(tmp_path / "service", trap.files)
    naive = called(processes, trap.naive, root)
    assert naive.returncode == 0, naive.stdout + naive.stderr
    assert trap.silent in naive.stdout
    outcome = seen(root, processes, trap.check, trap.params)
    assert trap.status is outcome.status, outcome.summary


COMMENTS = {
    "bandit": (("bandit", "-q", "a.py"), "code_security", {"a.py": FLAW.rstrip() + "  # nosec\n"}, {"engines": ["bandit"]}, "B324"),
    "semgrep": ((*SEMGREP, "a.js"), "code_security", {"a.js": "eval(text) // nosemgrep\n"}, {"engines": ["semgrep"]}, "javascript-code-from-text"),
    "checkov": (
        (*CHECKOV, ".", "--check", "CKV_AWS_24"), "iac", {"a.tf": OPEN.replace("{\n", "{\n  # checkov:skip=CKV_AWS_24:x\n", 1)}, {"only": ["CKV_AWS_24"]},
        "CKV_AWS_24",
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", COMMENTS)
def test_what_a_comment_hides_from_the_naive_call_is_listed_by_ours(tool, processes, tmp_path):
    """On a pull request it counts all the same until somebody signs: tests/acceptance/test_policy.py."""
    words, check_id, files, params, rule = COMMENTS[tool]
    root = lay_out(tmp_path / "service", files)
    naive = called(processes, words, root)
    assert naive.returncode == 0, naive.stdout + naive.stderr
    found = seen(root, processes, check_id, params).observation
    assert [(rule, True)] == [(one.rule, bool(one.suppressed)) for one in found.findings if one.rule == rule]


ALIKE = {
    "gitleaks": (GITLEAKS, {"a.py": TOKEN}, ("gitleaks", "dir", ".", "--no-banner", "--config", "nowhere.toml"), "secrets", {"voices": ["gitleaks"]}),
    "hadolint": (("hadolint", "Dockerfile"), {"Dockerfile": CARELESS}, ("hadolint", "nowhere"), "containers", {}),
}


@pytest.mark.parametrize("tool", ALIKE)
def test_a_program_ends_alike_when_it_found_something_and_when_it_broke(tool, processes, tmp_path):
    finding, files, breaking, check_id, params = ALIKE[tool]
    root = lay_out(tmp_path / "service", files)
    assert [1, 1] == [called(processes, words, root).returncode for words in (finding, breaking)]
    broken = write(tmp_path, {"broken": "#!/bin/sh\nexit 1\n"}) / "broken"
    broken.chmod(0o755)
    outcomes = [seen(root, one, check_id, params).status for one in (processes, Processes(cache=Path("unused"), replace={tool: broken}))]
    assert Status.FAILED is outcomes[0]
    assert Status.PASSED is not outcomes[1]


def test_checkov_runs_code_of_the_repository_and_not_when_we_call_it(processes, tmp_path):
    marker = tmp_path / "ran"
    files = {"a.tf": OPEN, ".checkov.yaml": "external-checks-dir: [checks]\n", "checks/__init__.py": "", "checks/trap.py": PLANTED.format(marker=marker)}
    root = lay_out(tmp_path / "service", files)
    assert (Status.FAILED, False) == (seen(root, processes, "iac", {}).status, marker.exists())
    called(processes, (*CHECKOV, "."), root)
    assert marker.exists()


def test_gitleaks_is_content_with_the_one_commit_of_a_shallow_clone(processes, tmp_path):
    root = lay_out(tmp_path / "service", {"a.py": TOKEN})
    (root / "a.py").unlink()
    commit(root, "Remove")
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), "shallow")
    call = [*argv(processes, "gitleaks"), "git", ".", "--no-banner"]
    assert 0 == subprocess.run(call, cwd=tmp_path / "shallow", capture_output=True, check=False).returncode
    assert Status.UNKNOWN is seen(tmp_path / "shallow", processes, "secrets", {"voices": ["gitleaks"]}).status


LINTERS = {
    "pylint": {".pylintrc": "[MAIN]\ninit-hook='import trap'\n"},
    "mypy": {"mypy.ini": "[mypy]\nplugins = trap.py\n"},
    "flake8": {".flake8": "[flake8:local-plugins]\nextension =\n    X1 = trap:plugin\npaths = .\n"},
}


@pytest.mark.parametrize("tool", LINTERS)
def test_a_linter_runs_code_of_the_repository_and_not_beside_secrets(tool, processes, tmp_path):
    marker = tmp_path / "ran"
    root = write(tmp_path / "service", {"a.py": "X = 1\n", "trap.py": PLANTED.format(marker=marker), **LINTERS[tool]})
    git(root, "init", "-q")
    commit(root, "Add")
    outcome = seen(root, processes, "linter", {"tool": tool}, privileged=True)
    assert (Status.UNKNOWN, False) == (outcome.status, marker.exists())
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-m", tool, "a.py"], cwd=root, env=env, capture_output=True, check=False)
    assert marker.exists()


def test_a_scanner_sees_no_token_of_ours(processes, monkeypatch, tmp_path):
    for name in ("GITHUB_TOKEN", "PRODREADY_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "leak")
    ended = processes.command(("env",), cwd=Path(tmp_path))
    assert b"leak" not in ended.stdout
