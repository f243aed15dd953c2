"""What the documentation shows can be written as it stands."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

import supervised
import vpn
from prodready import check, drill, drilling, yamltext
from prodready.decode import decode
from programs import HERE

DOCS = Path(__file__).parents[2] / "docs"
FENCES = {name: re.findall(r"^```(\w+)\n(.*?)^```$", (DOCS / f"{name}.md").read_text("utf-8"), re.MULTILINE | re.DOTALL) for name in ("drills", "wireguard")}
YAML = [(text, yamltext.read(text, name=name).data) for name, fences in FENCES.items() for kind, text in fences if kind == "yaml"]
COMMANDS = {name: [line for kind, text in fences if kind == "sh" for line in text.splitlines()] for name, fences in FENCES.items()}


def wished(text, folder):
    path = folder / "shown.yml"
    path.write_text(text, "utf-8")
    return drilling.wish(str(path), {})


@pytest.mark.parametrize("name", drill.known())
def test_the_file_that_a_drill_shows_is_one(name, tmp_path):
    _, _, shown = drill.doc(name).partition("A file that uses it:")
    assert name == wished(textwrap.dedent(shown), tmp_path).file.drill


def test_the_files_of_the_documentation_are_drills(tmp_path):
    drills = [text for text, data in YAML if isinstance(data, dict) and "drill" in data]
    assert len(drills) >= 4
    for text in drills:
        wished(text, tmp_path)


def test_the_items_of_the_documentation_ask_for_drills_that_exist():
    items = [item for _, data in YAML if isinstance(data, list) for item in data]
    assert items
    assert [] == [item["id"] for item in items if decode(item["params"], check.load(item["check"]).params).drill not in drill.known()]


@pytest.mark.parametrize("command", COMMANDS["drills"])
def test_the_commands_of_the_documentation_run(command):
    environ = {name: value for name, value in os.environ.items() if name != "PRODREADY_CACHE"}  # where the environment is that they start in
    ended = subprocess.run(command.split(), cwd=HERE, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.integration
def test_each_command_of_the_gateway_runs(tmp_path):
    supervised.needs("wg", "wg-quick")
    lines = [line for kind, text in FENCES["wireguard"] if kind == "ini" and "wg0" not in text and "[Interface]" in text for line in text.splitlines()]
    text = "\n".join(lines).replace("[Interface]", f"[Interface]\nPrivateKey = {vpn.key()[0]}").replace("…", vpn.key()[1])
    (tmp_path / "wg0.conf").write_text(text + "\n")
    for command in COMMANDS["wireguard"]:
        program, *words = command.split()
        vpn.run(HERE / program, "--config", tmp_path / "wg0.conf", *words, check="status" not in words)
    assert "alice" not in (tmp_path / "wg0.conf").read_text()
