"""The desk as it runs, on real servers on loopback: the release gate says ready, and says otherwise once a part of it is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

import servers
from prodready.errors import Exit

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parent.parent
DESK = ROOT / "examples" / "desk"
SECRETS = {
    "PRODREADY_BYBIT_KEY": "desk", "PRODREADY_BYBIT_SECRET": "stand-in", "PRODREADY_VAULT_TOKEN": "gate",
    "PRODREADY_AWS_ACCESS_KEY_ID": "testing", "PRODREADY_AWS_SECRET_ACCESS_KEY": "testing",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a stack that runs."""
    servers.need("redis-server", "prometheus", "prometheus-alertmanager", "promtool", "dnsmasq", "java", "mvn")
    folder = tmp_path_factory.mktemp("stack")
    with ExitStack() as stack:
        up = [sys.executable, "-u", DESK / "stack" / "up.py", "--run", folder / "run"]
        process = stack.enter_context(servers.running(up, folder / "up", lambda: "the desk runs" in (folder / "up" / "log").read_text(), patience=300))
        yield folder / "run"
        process.send_signal(signal.SIGTERM)  # it ends what it started
        process.wait(120)


def gate(run):
    out = run / "out"
    argv = [sys.executable, "-I", ROOT / "scripts" / "prodready", "run", run / "repo", "--stage", "release", "--out", out]
    environ = {**os.environ, **SECRETS}
    ended = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads((out / "report.json").read_text("utf-8"))
    return ended, {item["id"]: item["status"] for item in report["items"]}


def test_the_release_gate_over_the_running_desk_is_ready_until_a_part_is_gone(run):
    ended, statuses = gate(run)
    assert (Exit.READY, {"passed"}) == (ended.returncode, set(statuses.values())), ended.stdout[-3000:]
    end(run, "alertmanager")
    ended, statuses = gate(run)
    silent = {"live.pages", "live.bybit"}
    assert (Exit.UNKNOWN, silent) == (ended.returncode, {item for item, status in statuses.items() if status == "unknown"}), ended.stdout[-3000:]
    end(run, "desk")
    servers.until(lambda: gate(run)[1]["live.targets"] == "failed", "nobody noticed that the desk is gone")
    ended, statuses = gate(run)
    assert (Exit.NOT_READY, "unknown") == (ended.returncode, statuses["live.up"])


def end(run, name):
    """Ends one service of the stack, and no other."""
    number = int((run / f"{name}.pid").read_text())
    os.kill(number, signal.SIGKILL)
    port = {"alertmanager": "alertmanager", "desk": "desk"}[name]
    url = next(line.partition(": ")[2] for line in (run / "repo" / ".prodready.yml").read_text().splitlines() if line.strip().startswith(f"{port}:"))
    servers.until(lambda: not servers.answers(f"{url}/-/ready" if name == "alertmanager" else f"{url}/healthz"), f"{name} would not go")


@pytest.mark.parametrize("venue", ["bybit", "ibkr"])
def test_the_example_s_rules_of_a_venue_are_those_that_ship(venue):
    shipped = ROOT / "scripts" / "prodready" / "monitors" / venue / "files"
    for name in (f"{venue}.rules.yml", f"{venue}.test.yml", f"{venue}-runbook.md"):
        own = next((DESK / "stack" / "repo").rglob(name)).read_text("utf-8")
        assert own == (shipped / name).read_text("utf-8").replace("${runbook}", f"docs/{venue}-runbook.md")
