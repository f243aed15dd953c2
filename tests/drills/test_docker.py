"""Containers are killed from the host on a real Docker engine, and their restart policy or the swarm brings them back."""

import os
import subprocess
import time

import pytest

import contained
import engine
import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import PROGRAM

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def docker():
    supervised.needs("busybox")
    with engine.engine() as environ:
        engine.image(environ, "machine:1", "busybox", links=engine.MERGED)
        yield environ


@pytest.fixture
def serve(docker):
    """A server in a container on the network of the engine, so that nothing stands between it and its users."""
    started = []

    def start(kind, delay, policy="always"):
        server = contained.SERVERS[kind](docker, f"{kind}{len(started)}", delay, policy)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


def drill(docker, folder, **params):
    return drilled("chaos", folder, env=docker, **params)


@pytest.mark.parametrize(("kind", "delay"), [("redis", 0.2), ("postgresql", 1)])
def test_the_true_outage_of_a_container_lies_inside_the_interval(docker, serve, tmp_path, kind, delay):
    server = serve(kind, delay)
    ended, record = drill(docker, tmp_path, target=server.target, container=server.name, limit=30, interval=0.25)
    assert Exit.READY == ended.code, ended.everything
    (true,) = server.outages()
    assert supervised.holds(record["interval"], true), ended.everything
    assert "1" == engine.docker(docker, "inspect", "-f", "{{.RestartCount}}", server.name).stdout.strip()


def test_a_container_without_a_restart_policy_never_comes_back(docker, serve, tmp_path):
    server = serve("redis", 0, "no")
    ended, record = drill(docker, tmp_path, target=server.target, container=server.name, limit=2, restore=["docker", "start", server.name])
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert "true" == engine.docker(docker, "inspect", "-f", "{{.State.Running}}", server.name).stdout.strip()


def test_when_the_harness_is_killed_a_container_that_nobody_restarts_is_started_within_ten_seconds(docker, serve, tmp_path):
    server = serve("redis", 0, "no")
    given = {"target": server.target, "container": server.name, "limit": 60, "restore": f"[docker, start, {server.name}]"}
    words = [word for key, value in given.items() for word in ("-p", f"{key}={value}")]
    harness = subprocess.Popen([*PROGRAM, "drill", "chaos", *words], cwd=tmp_path, env={**os.environ, **docker}, stderr=subprocess.DEVNULL)
    supervised.eventually(lambda: not supervised.answers(server.inner.port), what="the fault")
    harness.kill()
    harness.wait()
    supervised.eventually(lambda: supervised.answers(server.inner.port), 10, "restoration")


def test_docker_kill_would_have_switched_the_restart_policy_off(docker, serve):
    server = serve("redis", 0)
    engine.docker(docker, "kill", server.name)
    time.sleep(1.5)
    assert "exited" == engine.docker(docker, "inspect", "-f", "{{.State.Status}}", server.name).stdout.strip()


def test_a_container_that_does_not_exist_is_unknown(docker, serve, tmp_path):
    ended, record = drill(docker, tmp_path, target=serve("redis", 0).target, container="no-such")
    assert (Exit.UNKNOWN, True) == (ended.code, "docker inspect ended with 1" in record["reason"]), ended.everything
