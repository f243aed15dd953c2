"""The commands of docs/blocking.md run as they stand, and its words are those of the program."""

import re
from pathlib import Path

import pytest

from fake_github.server import FakeGitHub
from prodready import cli
from prodready.errors import Exit
from programs import MINI, repository

PAGE = (Path(__file__).parent.parent / "docs" / "blocking.md").read_text("utf-8")
COMMANDS = [line for text in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in text.splitlines()]

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(repository(tmp_path / "repo", {"README.md": "hello\n", "mini.yml": MINI, ".prodready.yml": "extends: mini.yml\n"}))
    with FakeGitHub() as github:
        for name, text in {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": github.repository, "PRODREADY_TOKEN": "ghp_admin"}.items():
            monkeypatch.setenv(name, text)
        assert 0 == cli.outcome(command.split()[1:]), "".join(capsys.readouterr())


def test_every_exit_code_of_a_gate_is_in_the_table():
    codes = {int(code) for row in re.findall(r"^\| .* \| (?:success|failure|error|pending) \| (.*) \|$", PAGE, re.MULTILINE) for code in row.split(", ")}
    assert {*Exit} - {Exit.INTERRUPTED} == codes
