"""Every command of docs/reports.md runs, in its order, and what it shows is what there is."""

import re
import subprocess
from pathlib import Path

import pytest

from prodready.commands.report import PRINTED
from prodready.report import EXTENSIONS, RENDERERS
from prodready.report.pdf import company
from programs import prodready, repository
from test_bundle import FILES

PAGE = (Path(__file__).parent.parent / "docs" / "reports.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in FENCES if kind == "sh" for line in text.splitlines()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    repository(folder, FILES)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.parent / "release-key"], check=True, capture_output=True)
    prodready("run", ".", "--offline", cwd=folder)
    for name in ("release-key", "release-key.pub"):
        (folder / name).write_bytes((folder.parent / name).read_bytes())
    return folder


def test_every_command_runs_in_its_order(checkout):
    env = {"PRODREADY_HISTORY": str(checkout.parent / "history.sqlite")}
    ended = [(command, prodready(*command.split()[1:], cwd=checkout, env=env)) for command in COMMANDS]
    assert [] == [(command, one.everything[-500:]) for command, one in ended if one.code != 0]


def test_every_format_is_in_the_table_with_its_file():
    rows = re.findall(r"^\| (`.*?) \| .* \| (.*?) ?\|$", PAGE, re.MULTILINE)
    named = {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)}
    files = {file for _, files in rows for file in re.findall(r"`(report\.[\w.]+)`", files)}
    assert ({*RENDERERS, *PRINTED}, {f"report.{extension}" for extension in EXTENSIONS.values()}) == (named, files)


def test_the_companys_file_it_shows_is_valid(tmp_path):
    (text,) = [text for kind, text in FENCES if kind == "yaml" and text.startswith("organisation")]
    (tmp_path / "soc2.yml").write_text(text, "utf-8")
    assert "Acme Trading" == company.read(tmp_path / "soc2.yml").organisation


def test_every_file_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert [] == [link for link in links if not (Path(__file__).parent.parent / "docs" / link).exists()]
