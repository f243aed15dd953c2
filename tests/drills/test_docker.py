"""Containers are killed from the host on a real Docker engine, and their restart policy or the swarm brings them back."""

import contextlib
import json
import re
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

import engine
import supervised
from prodready.errors import Exit
from programs import prodready

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def docker():
    supervised.needs("redis-server")
    with engine.engine() as environ:
        engine.image(environ, "cache:1", "redis-server")
        yield environ


@pytest.fixture
def cache(docker):
    """A Redis in a container; gives its port."""
    port = supervised.free_port()

    def start(name, policy):
        words = ("--name", name, f"--restart={policy}", "-p", f"127.0.0.1:{port}:6379", "cache:1", supervised.find("redis-server"))
        engine.docker(docker, "run", "-d", *words, "--protected-mode", "no", "--save", "")
        supervised.eventually(lambda: "Ready to accept" in engine.docker(docker, "logs", name).stdout, what="Redis")
        return port

    yield start
    engine.docker(docker, "rm", "-f", "cache", check=False)


def drill(docker, folder, **params):
    words = [word for key, value in params.items() for word in ("-p", f"{key}={value}")]
    ended = prodready("drill", "chaos", *words, "--json", cwd=folder, env=docker)
    return ended, json.loads(ended.out or "{}")


def ready(docker, name):
    """When it served again, by its own log, as the engine stamped it."""
    lines = engine.docker(docker, "logs", "--timestamps", name).stdout.splitlines()
    stamp = [line.split()[0] for line in lines if "Ready to accept" in line][-1]
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z", r"\1+00:00", stamp)).timestamp()


class Death(threading.Thread):
    """Sees the first process of a container end; the engine's own event comes up to a second later."""

    def __init__(self, docker, name):
        super().__init__(daemon=True)
        self.stat = Path("/proc", engine.docker(docker, "inspect", "-f", "{{.State.Pid}}", name).stdout.strip(), "stat")
        self.at = 0.0
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while self.stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
                time.sleep(0.001)
        self.at = time.time()


def test_the_true_outage_of_a_container_lies_inside_the_interval(docker, cache, tmp_path):
    port = cache("cache", "always")
    death = Death(docker, "cache")
    ended, record = drill(docker, tmp_path, target=f"redis://127.0.0.1:{port}", container="cache", limit=30, interval=0.1)
    assert Exit.READY == ended.code, ended.everything
    low, high = record["interval"]
    death.join()
    # Its port on the host opens after the server's own word: what users miss is longer than what its log tells, never shorter.
    assert 0 < ready(docker, "cache") - death.at <= high, ended.everything
    assert high - low <= 0.4
    assert "1" == engine.docker(docker, "inspect", "-f", "{{.RestartCount}}", "cache").stdout.strip()


def test_a_container_without_a_restart_policy_never_comes_back(docker, cache, tmp_path):
    port = cache("cache", "no")
    ended, record = drill(docker, tmp_path, target=f"redis://127.0.0.1:{port}", container="cache", limit=2, restore="[docker, start, cache]")
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert "true" == engine.docker(docker, "inspect", "-f", "{{.State.Running}}", "cache").stdout.strip()


def test_docker_kill_would_have_switched_the_restart_policy_off(docker, cache):
    cache("cache", "always")
    engine.docker(docker, "kill", "cache")
    time.sleep(1.5)
    assert "exited" == engine.docker(docker, "inspect", "-f", "{{.State.Status}}", "cache").stdout.strip()


def test_a_container_that_does_not_exist_is_unknown(docker, cache, tmp_path):
    port = cache("cache", "always")
    ended, record = drill(docker, tmp_path, target=f"redis://127.0.0.1:{port}", container="no-such")
    assert (Exit.UNKNOWN, True) == (ended.code, "docker inspect ended with 1" in record["reason"]), ended.everything
