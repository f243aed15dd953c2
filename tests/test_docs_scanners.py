"""What docs/scanners.md shows is what there is: its tables are the code's, its items are valid, its commands run."""

import re
import shlex
from pathlib import Path

import yaml

import programs
from prodready import check
from prodready.checks.code_security import bandit, semgrep
from prodready.checks.containers.lint import SEVERITIES as HADOLINT
from prodready.checks.linter.tools import LINTERS
from prodready.checks.secrets import detect_secrets
from prodready.checks.workflow_security import SEVERITIES
from prodready.errors import Exit
from prodready.model import Severity
from prodready.plan import bind
from prodready.scanners import trivy

PAGE = (Path(__file__).parent.parent / "docs" / "scanners.md").read_text("utf-8")


def fences(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def table(header):
    lines = PAGE[PAGE.index(header) :].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: lines.index("")]]
    return rows[0], rows[2:]


def test_the_severities_of_the_page_are_those_of_the_code():
    names, rows = table("| here | bandit")
    for column, words in enumerate((bandit.SEVERITIES, semgrep.SEVERITIES, SEVERITIES, HADOLINT, trivy.SEVERITIES), start=1):
        told = {word: row[0] for row in rows for word in row[column].split(", ") if word}
        assert {word: severity.word for word, severity in words.items()} == told, names[column]
    assert {row[0] for row in rows if row[6]} == {severity.word for severity in detect_secrets.KINDS.values()}


def test_what_the_page_says_of_linters_is_what_the_code_does():
    high = {(name, start) for name, one in LINTERS.items() for start, severity in one.severities.items() if severity is Severity.HIGH}
    medium = {(name, start) for name, one in LINTERS.items() for start, severity in one.severities.items() if severity is Severity.MEDIUM}
    assert {("flake8", "E9"), ("pylint", "E"), ("pylint", "F"), ("ruff", "invalid-syntax")} == high
    assert {("flake8", "F"), ("mypy", ""), ("pylint", "W"), ("ruff", "F"), ("ruff", "S")} == medium


def test_every_check_of_the_page_exists():
    _, rows = table("| check | looks at")
    assert set() == {row[0].strip("`") for row in rows} - set(check.known())


def test_the_item_of_the_page_is_valid():
    (item,) = yaml.safe_load(fences("yaml")[0])
    bind(item["check"], item["params"], where="page")


def test_the_commands_of_the_page_run(tmp_path):
    root = programs.repository(tmp_path / "service", {"desk.py": "LIMIT = 1\n", ".github/workflows/ci.yml": "on: push\npermissions: {}\njobs: {}\n"})
    for line in fences("sh")[0].splitlines():
        ended = programs.prodready(*shlex.split(line)[1:], cwd=root)
        assert ended.code in (Exit.READY, Exit.UNKNOWN), ended.everything
