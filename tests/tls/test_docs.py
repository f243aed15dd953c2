"""What docs/tls.md and docs/caddy.md show is what there is: items that load, rules that exist, a command that passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import programs
from prodready import expectation, yamltext
from prodready.caddy.rules import RULES
from prodready.plan import bind

ROOT = Path(__file__).parents[2]
TEXTS = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("tls.md", "caddy.md")}


def items():
    for text in TEXTS.values():
        for block in re.findall(r"^```yaml\nadd:\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield from yamltext.read(f"add:\n{block}", name="docs").data["add"]


@pytest.mark.parametrize("item", list(items()), ids=lambda item: item["id"])
def test_every_item_of_the_documentation_is_valid(item):
    bind(item["check"], item["params"], where=item["id"])
    expectation.parse(item.get("expect", "no findings"))


def test_every_rule_is_told_with_its_severities():
    told = {row[0]: row[1] for row in re.findall(r"^\| (CDY-\d\d) \| ([\w, ]+) \|", TEXTS["caddy.md"], re.MULTILINE)}
    assert {rule.id: set() for rule in RULES}.keys() == told.keys()
    assert all(rule.severity.word in told[rule.id] for rule in RULES)


@pytest.mark.integration
def test_the_caddy_command_passes_and_its_vulnerable_neighbour_fails():
    (command,) = re.findall(r"^python3 scripts/launch.py (check caddy.*)$", TEXTS["caddy.md"], re.MULTILINE)
    words = command.split()
    assert 0 == programs.prodready(*words, cwd=ROOT).code
    assert 1 == programs.prodready(*[word.replace("fixed.Caddyfile", "Caddyfile") for word in words], cwd=ROOT).code


def test_the_other_commands_name_checks_and_parameters_that_exist():
    commands = [command for text in TEXTS.values() for command in re.findall(r"^python3 scripts/launch.py check (.*)$", text, re.MULTILINE)]
    for command in commands:
        check_id, _, *rest = command.replace(" -p ", " ").split()
        bind(check_id, dict(word.split("=", 1) for word in rest if "=" in word and not word.startswith("--")), where=command)
