"""checkov with the languages that are asked for, and no other, tells what its own command line tells; what it cannot do it does not pass over."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from prodready.check import CannotTell
from prodready.checks import iac
from prodready.checks.iac.kinds import KINDS
from prodready.settings import Settings
from prodready.world.process import Processes

START = Path(iac.__file__).with_name("start.py")
ROLE = """
locals { rights = ["iam:PassRole", "ec2:RunInstances"] }
resource "aws_iam_role_policy" "desk" {
  role   = "desk"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = local.rights, Resource = "*" }] })
}
"""
ALWAYS = ("--directory", ".", "--skip-download", "--download-external-modules", "false", "--compact", "--output", "json")


@pytest.fixture(scope="module")
def python():
    """The interpreter of the pinned one."""
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox
    try:
        return toolbox.ensure("checkov").argv[0]
    except CannotTell as unable:
        pytest.skip(f"checkov cannot be had here: {unable.reason}")


@pytest.fixture
def declared(tmp_path):
    """A faulty resource in each language, a role that may do too much, and a file that ends in the middle."""
    for kind in KINDS:
        (tmp_path / f"{kind.framework}{kind.names[0]}").write_text(kind.canary.format(mark="1"))
    (tmp_path / "role.tf").write_text(ROLE)
    (tmp_path / "broken.tf").write_text('resource "aws_s3_bucket" {')
    return tmp_path


def ended(python, how, folder, *languages):
    """Exit code, and by language the records in the words that the check reads, and what did not parse."""
    ran = subprocess.run([python, "-I", "-B", *how, "--framework", *languages, *ALWAYS], cwd=folder, capture_output=True, check=False)
    reports = json.loads(ran.stdout or "[]")
    return ran.returncode, {report["check_type"]: told(report["results"]) for report in (reports if isinstance(reports, list) else [reports])}


def told(results):
    words = ("check_id", "check_name", "file_path", "file_line_range", "resource")
    records = {name: sorted(str([record[word] for word in words]) for record in results[name]) for name in ("passed_checks", "failed_checks")}
    return {**records, "parsing_errors": results["parsing_errors"]}


@pytest.mark.parametrize("languages", [("terraform",), ("kubernetes", "cloudformation", "arm")])
def test_it_tells_what_checkov_itself_tells(python, declared, languages):
    code, reports = ended(python, ("-m", "checkov.main"), declared, *languages)
    assert (code, reports.keys()) == (1, set(languages))
    assert ended(python, (START,), declared, *languages) == (code, reports)


def test_a_language_without_a_file_has_an_empty_report(python, tmp_path):
    assert ended(python, (START,), tmp_path, "arm") == (0, {"arm": {"passed_checks": [], "failed_checks": [], "parsing_errors": []}})


@pytest.mark.parametrize("words", [("--framework", "secrets"), ("--framework", "terraform", "--skip-check", "CKV_AWS_24"), ()])
def test_words_that_it_does_not_know_end_it(python, tmp_path, words):
    ran = subprocess.run([python, "-I", "-B", START, *words, *ALWAYS], cwd=tmp_path, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"")


def test_all_languages_of_the_check_can_be_asked_for(python, tmp_path):
    code, reports = ended(python, (START,), tmp_path, *(kind.framework for kind in KINDS))
    assert (code, list(reports)) == (0, [kind.framework for kind in KINDS])
