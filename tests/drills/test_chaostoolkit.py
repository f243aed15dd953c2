"""Experiments of Chaos Toolkit are taken for faults, by the toolkit itself; records are given in the shape of its journal."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import supervised
from drilled import drilled
from locked import interpreter
from prodready.errors import Exit
from programs import prodready

pytestmark = pytest.mark.integration
LOCK = Path(__file__).parents[1] / "chaostoolkit" / "toolkit.lock"


@pytest.fixture(scope="module")
def path():
    """PATH with the toolkit's own ``chaos``."""
    return f"{interpreter(LOCK, what='Chaos Toolkit').parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def redis(tmp_path):
    (tmp_path / "redis").mkdir()
    server = supervised.redis(tmp_path / "redis", 0.3)
    server.start()
    yield server
    server.stop()


def process(name, program, *arguments):
    return {"type": "action", "name": name, "provider": {"type": "process", "path": program, "arguments": list(arguments)}}


def strike(folder, path, server, *, method, rollbacks=()):
    hypothesis = {"title": "never holds", "probes": [{"type": "probe", "name": "no", "tolerance": 0, "provider": {"type": "process", "path": "false"}}]}
    experiment = {"title": "Redis dies", "description": "by hand", "steady-state-hypothesis": hypothesis, "method": list(method), "rollbacks": list(rollbacks)}
    (folder / "experiment.json").write_text(json.dumps(experiment), "utf-8")
    return drilled("chaos", folder, env={"PATH": path}, target=server.target, experiment="experiment.json", limit=60, interval=0.1)


def kill(server):
    return process("kill", "sh", "-c", f"kill -9 $(cat {server.pidfile})")


def test_its_actions_are_the_fault_and_its_rollbacks_restore(tmp_path, path, redis):
    ended, record = strike(tmp_path, path, redis, method=[kill(redis)], rollbacks=[process("restore", "touch", str(tmp_path / "restored"))])
    assert (Exit.READY, "s") == (ended.code, record["unit"]), ended.everything
    (true,) = redis.outages()
    assert supervised.holds(record["interval"], true), ended.everything
    assert ("chaos run experiment.json", True) == (record["incidents"][0]["fault"], (tmp_path / "restored").exists())
    told = prodready("drill", "--journal", *(tmp_path / "evidence").glob("*.json"))
    journal = json.loads(told.out)
    assert ("completed", False, "succeeded") == (journal["status"], journal["deviated"], journal["run"][0]["status"])
    assert {"experiment", "status", "start", "end", "duration", "deviated", "steady_states", "run", "rollbacks"} <= journal.keys()


def test_an_action_that_injects_nothing_proves_nothing_though_chaos_ends_well(tmp_path, path, redis):
    fails = {"type": "action", "name": "fails", "provider": {"type": "python", "module": "os", "func": "listdir", "arguments": {"path": "/no/such"}}}
    ended, record = strike(tmp_path, path, redis, method=[fails])
    assert (Exit.UNKNOWN, True) == (ended.code, "injected nothing: fails did not succeed" in record["reason"]), record["reason"]
    ended, record = strike(tmp_path, path, redis, method=[{**fails, "provider": {"type": "python", "module": "no_such_module", "func": "x"}}])
    assert (Exit.UNKNOWN, True) == (ended.code, "chaos ran no experiment" in record["reason"]), record["reason"]


def test_without_recovery_it_fails_and_without_the_toolkit_it_cannot_tell(tmp_path, path, redis):
    stop = process("stop", "sh", "-c", f"kill -STOP $(cat {redis.pidfile})")
    go = process("go", "sh", "-c", f"kill -CONT $(cat {redis.pidfile})")
    (tmp_path / "experiment.json").write_text(json.dumps({"title": "x", "description": "x", "method": [stop], "rollbacks": [go]}), "utf-8")
    asked = {"target": redis.target, "experiment": "experiment.json", "limit": 2, "interval": 0.1}
    try:
        ended, record = drilled("chaos", tmp_path, env={"PATH": path}, **asked)
    finally:
        os.kill(int(redis.pidfile.read_text()), signal.SIGCONT)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    ended, record = drilled("chaos", tmp_path, env={"PATH": "/usr/bin:/bin"}, **asked)
    assert (Exit.UNKNOWN, True) == (ended.code, "chaos could not be started" in record["reason"]), ended.everything


@pytest.mark.parametrize(("text", "words"), [("[]", "is no experiment"), ("{", "cannot be read"), ('{"method": []}', "has no action")])
def test_a_file_that_is_no_experiment_is_unknown(tmp_path, path, redis, text, words):
    (tmp_path / "experiment.json").write_text(text, "utf-8")
    ended, record = drilled("chaos", tmp_path, env={"PATH": path}, target=redis.target, experiment="experiment.json")
    assert (Exit.UNKNOWN, True) == (ended.code, words in record["reason"]), ended.everything
