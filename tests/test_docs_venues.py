"""What docs/bybit.md and docs/ibkr.md show is what there is: commands run, metrics exist, items are valid."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import servers
from prodready.monitors.bybit.limits import Meter
from prodready.monitors.ibkr.traffic import METRICS
from prodready.plan import bind
from venues import ibkr

ROOT = Path(__file__).parent.parent
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("bybit", "ibkr")}


def fences(page, kind):
    return [text for found, text in re.findall(r"^```(\w+)\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL) if found == kind]


def words(command, **places):
    """A command of a page as it is started here, at places of this machine."""
    for usual, own in places.items():
        command = command.replace(f"127.0.0.1:{usual.removeprefix('at')}", own)
    return command.replace("python3 scripts/launch.py", f"{sys.executable} -I -u {ROOT / 'scripts' / 'prodready'}").split()


def ends_well(command, folder, **places):
    ended = subprocess.run(words(command, **places), cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.integration
def test_the_commands_of_the_page_on_bybit_run_in_their_order(tmp_path):
    servers.need("promtool")
    for command in "".join(fences("bybit", "sh")).splitlines():
        ends_well(command, tmp_path)


@pytest.mark.integration
def test_the_commands_of_the_page_on_ibkr_run_in_their_order(tmp_path):
    servers.need("promtool")
    with ibkr.serving() as (_, port):
        for number, command in enumerate("".join(fences("ibkr", "sh")).splitlines()):
            places = {"at4002": f"127.0.0.1:{port}", "at4102": "127.0.0.1:0", "at9465": "127.0.0.1:0"}
            if "--relay" not in command:
                ends_well(command, tmp_path, **places)
                continue
            log = tmp_path / str(number) / "log"
            with servers.running(words(command, **places), log.parent, lambda log=log: "relaying 127.0.0.1:" in log.read_text()):
                assert "/metrics" in log.read_text()


def test_the_three_lines_for_a_client_are_real():
    (shown,) = fences("bybit", "python")
    names = re.findall(r"^from (\S+) import (\S+)$", shown, re.MULTILINE)
    assert names == [("prodready.monitors.bybit.limits", "Meter"), ("prodready.monitors.exposition", "serve")]
    assert callable(Meter().saw)


def test_every_metric_that_is_shown_is_exported():
    assert set(re.findall(r"^\| `(\w+)`", PAGES["ibkr"], re.MULTILINE)) == set(METRICS) - {"ibkr_messages_total"}


@pytest.mark.parametrize("page", PAGES)
def test_the_items_that_are_shown_are_valid(page):
    for text in fences(page, "yaml"):
        data = yaml.safe_load(text)
        for item in data if isinstance(data, list) else data.get("add", []):
            bind(item["check"], item.get("params", {}), where=item["id"])
