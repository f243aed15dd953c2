"""Our own rules find the lines they must find, leave the others alone, and cannot be switched off by what they read."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from prodready import yamltext
from prodready.check import CannotTell
from prodready.checks.code_security.semgrep import CANARIES, FILES, RULES
from prodready.settings import Settings
from prodready.world.process import Processes
from programs import write

MARKED = Path(__file__).parent / "semgrep"
"""Sources in which ``ruleid: ID`` stands above a line that the rule must find, and ``ok: ID`` above one that it must leave alone."""
LOADED = yamltext.read(RULES.read_text("utf-8"), name="rules.yml").data


def marks(kind):
    lines = ((path, number, line) for path in sorted(MARKED.iterdir()) for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1))
    return {(path.name, match[1], number + 1) for path, number, line in lines if (match := re.search(rf"{kind}: ([\w-]+)", line))}


@pytest.fixture(scope="module")
def semgrep():
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox
    try:
        return toolbox.ensure("semgrep").argv
    except CannotTell as unable:
        pytest.skip(f"semgrep cannot be had here: {unable.reason}")


@pytest.fixture
def scan(semgrep, tmp_path):
    (tmp_path / "rules.json").write_text(json.dumps(LOADED))

    def scanned(folder, *options):
        argv = [*semgrep, "scan", "--experimental", "--metrics=off", "--disable-version-check", "--config", str(tmp_path / "rules.json"), "--json"]
        ended = subprocess.run([*argv, *options, "."], cwd=folder, env={"PATH": os.defpath, "HOME": str(tmp_path)}, capture_output=True, check=False)
        return ended.returncode, json.loads(ended.stdout)

    return scanned


def test_every_marked_line_is_found_and_no_other(scan):
    _, report = scan(MARKED, "--no-git-ignore", "--x-ignore-semgrepignore-files")
    assert marks("ruleid") == {(Path(one["path"]).name, one["check_id"].rpartition(".")[2], one["start"]["line"]) for one in report["results"]}


def test_every_rule_has_a_line_to_find_a_fix_and_a_weakness_by_number():
    rules = {rule["id"]: rule for rule in LOADED["rules"]}
    assert set(rules) == {rule for _, rule, _ in marks("ruleid")}
    assert [] == [name for name, rule in rules.items() if not rule["metadata"]["fix"] or not re.search(r"\(CWE-\d+", rule["message"])]


def test_every_language_of_the_rules_has_a_planted_fault():
    languages = {language for rule in LOADED["rules"] for language in rule["languages"]}
    assert {"python", "javascript", "typescript", "go", "java", "regex"} == languages
    assert {Path(name).suffix for name in CANARIES} == {".py", ".js", ".ts", ".go", ".java", ".sh"}
    assert {f"*{Path(name).suffix}" for name in CANARIES} <= set(FILES)


def test_the_naive_call_is_fooled_by_an_ignore_file_and_ends_well(scan, tmp_path):
    folder = write(tmp_path / "service", {"app.js": "eval(text)\n", "b.js": "eval(text) // nosemgrep\n", ".semgrepignore": "app.js\n"})
    code, report = scan(folder)
    assert (0, []) == (code, report["results"])


def test_the_naive_call_ends_well_on_python_that_does_not_parse(scan, tmp_path):
    """Which is why bandit, and not semgrep, answers for whether Python could be read."""
    code, report = scan(write(tmp_path / "service", {"app.py": "def f(:\n"}), "--error", "--strict")
    assert (0, [], []) == (code, report["results"], report["errors"])
