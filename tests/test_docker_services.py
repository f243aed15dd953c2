"""The check of running containers on a real Docker engine."""

from __future__ import annotations

import pytest

import engine
import servers
from live import seen

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def docker():
    servers.need("redis-server")
    with engine.engine() as environ:
        engine.image(environ, "cache:1", "redis-server", "redis-cli", "/bin/sh")
        yield environ


def start(docker, name, *words):
    program = servers.shutil.which("redis-server")
    engine.docker(docker, "run", "-d", "--name", name, *words, "cache:1", program, "--save", "")


def look(folder, docker, *services, **params):
    return seen("docker_services", folder / "looks", host=docker["DOCKER_HOST"], services=list(services), **params)


def rules(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


def test_a_healthy_service_passes_and_each_fault_of_others_is_found(docker, tmp_path):
    health = ["--health-interval=500ms", "--health-retries=1", f"--health-cmd={servers.shutil.which('redis-cli')} ping"]
    start(docker, "well", *health, "--memory=64m", "--restart=unless-stopped")
    start(docker, "ill", "--health-interval=500ms", "--health-retries=1", "--health-cmd=/no/such/program", "--memory=64m", "--restart=always")
    start(docker, "bare")
    servers.until(lambda: look(tmp_path, docker, "well").status == "passed", "never healthy", lambda: look(tmp_path, docker, "well").summary)
    servers.until(lambda: "unhealthy" in rules(look(tmp_path, docker, "ill")), "never unhealthy")
    assert ["missing-service", "no-health-check", "no-memory-limit", "no-restart"] == rules(look(tmp_path, docker, "bare", "gone"))
    engine.docker(docker, "kill", "bare")
    assert "not-running" in rules(look(tmp_path, docker, "bare"))


def test_an_engine_that_is_not_there_is_unknown(tmp_path):
    outcome = look(tmp_path, {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}, "well")
    assert ("unknown", True) == (outcome.status, "did not answer" in outcome.summary)
