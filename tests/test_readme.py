"""Every command of the README runs, and what it shows is what there is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from prodready import check, checklist
from prodready.errors import Exit
from prodready.profile import PolicyText
from programs import git

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in FENCES if kind == "sh" for line in text.splitlines()]
ENDINGS = {"scripts/gate examples/desk": (1,), "scripts/gate examples/desk --profile release": (1,)}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A fresh clone of what is committed."""
    folder = tmp_path_factory.mktemp("clone") / "prodready"
    git(ROOT, "clone", "-q", str(ROOT), str(folder))
    shutil.copy(ROOT / "README.md", folder)
    return folder


def test_the_two_commands_come_first():
    assert COMMANDS[:3] == ["scripts/gate", "scripts/gate examples/desk", "scripts/test"]


def ran(clone, command):
    return subprocess.run(command.split(), cwd=clone, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in ("scripts/test", "scripts/gate")])
def test_every_command_runs_as_it_stands_in_a_fresh_clone(clone, command):
    """``scripts/test`` is what runs this test, and ``scripts/gate`` takes minutes: the next test runs it."""
    ended = ran(clone, command)
    assert ended.returncode in ENDINGS.get(command, (0,)), ended.stdout[-2000:] + ended.stderr[-2000:]


def test_our_own_gate_is_ready_or_cannot_tell_the_advisories_alone(clone):
    ended = ran(clone, "scripts/gate")
    assert ended.returncode in (0, 3), ended.stdout[-2000:] + ended.stderr[-2000:]
    items = json.loads((clone / "prodready-out" / "report.json").read_text("utf-8"))["items"]
    doubtful = {item["id"] for item in items if item["status"] not in ("passed", "not_applicable")}
    assert doubtful <= {"dependencies.vulnerable", "dependencies.advisories"}


def test_the_repository_file_it_shows_is_valid_for_the_starter_profile():
    (own,) = [text for kind, text in FENCES if kind == "yaml" and text.startswith("extends:")]
    held = checklist.load(checklist.find("starter", ROOT), PolicyText(text=own, name=".prodready.yml"))
    assert "risk.max-drawdown" in {item.id for item in held.items}


def test_the_workflow_it_shows_is_the_one_to_copy():
    shown = [text for kind, text in FENCES if kind == "yaml" and text.startswith("name:")]
    assert shown == [(ROOT / "examples" / "workflows" / "prodready.yml").read_text("utf-8").partition("\n")[2]]


def test_the_checks_it_names_exist():
    named = re.findall(r"^\| `(\w+)` \| ", README, re.MULTILINE)
    assert [name for name in named if name not in check.known()] == []


def test_the_exit_codes_it_lists_are_all_there_are():
    listed = [int(code) for code in re.findall(r"^\| (\d+) \| ", README, re.MULTILINE)]
    assert sorted(Exit) == listed


def test_every_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
