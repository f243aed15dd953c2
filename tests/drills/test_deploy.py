"""A release is rolled back on a real swarm, and a compose project is started from a real registry: every replica and every service counts."""

import json
import os
import subprocess
import sys
import time

import pytest

import engine
import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import HERE, git, repository

pytestmark = pytest.mark.integration
STACK = """\
version: "3.7"
services:
  web:
    image: {image}
    command: [{busybox}, httpd, -f, -p, "8080", -h, /www]
    stop_grace_period: 0s
    deploy: {{replicas: {replicas}, update_config: {{order: {order}, parallelism: 2, delay: 0s, monitor: 1s}}}}
"""
ANYBODY = """\
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from prodready.engine.netns import inside, of_process
from prodready.probes import http, parse
def told(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True).stdout.split()
for container in told("ps", "-q", "--filter", "label=com.docker.swarm.service.name=" + sys.argv[2]):
    try:
        with inside(of_process(int(told("inspect", "-f", "{{.State.Pid}}", container)[0]))):
            print(http.fetch(parse("http://127.0.0.1:8080/", lambda name: name), 2))
            sys.exit(0)
    except Exception:
        continue
sys.exit("nobody answers")
"""
"""A user whom a load balancer leads to any replica that answers; kernels without IPVS have no ingress network to ask."""
PROJECT = """\
version: "3.7"
services:
  web:
    image: {registry}/web:1
    command: [{busybox}, httpd, -f, -p, "8080", -h, /www]
    stop_grace_period: 0s
    healthcheck: {{test: [CMD, {busybox}, wget, -q, -O, "-", "http://127.0.0.1:8080/version"], interval: 1s, retries: 3}}
  migrate:
    image: {registry}/web:1
    command: [{busybox}, "true"]
"""


@pytest.fixture(scope="module")
def docker():
    supervised.needs("busybox")
    with engine.engine() as environ:
        for version in ("2.2.0", "2.3.9", "2.4.0"):
            engine.image(environ, f"web:{version}", "busybox", files={"/www/version": version + "\n", "/www/index.html": "ok\n"})
        yield environ


@pytest.fixture(scope="module")
def swarm(docker):
    engine.docker(docker, "swarm", "init", "--advertise-addr", "127.0.0.1")
    return docker


@pytest.fixture
def desk(swarm, tmp_path):
    """A stack at version 2.4.0 that owes nothing to the test before, in a repository that has its tags."""
    folder = repository(tmp_path / "desk", {"README.md": "desk"})
    (folder / ".git" / "info" / "exclude").write_text("*")
    git(folder, "tag", "v2.3.9")

    def deploy(version, order="start-first", replicas=2):
        stack = STACK.format(busybox=supervised.find("busybox"), image=f"web:{version}", order=order, replicas=replicas)
        (folder / f"{version}.yml").write_text(stack)
        return ["docker", "stack", "deploy", "--resolve-image", "never", "-c", f"{version}.yml", deploy.stack]

    deploy.folder, deploy.stack = folder, f"desk{os.urandom(4).hex()}"  # of its own: what is left of the last one takes its time to go
    deploy.service = f"{deploy.stack}_web"
    subprocess.run(deploy("2.4.0"), cwd=folder, env={**os.environ, **swarm}, check=True, capture_output=True)
    supervised.eventually(lambda: ["web:2.4.0"] * 2 == running(swarm, deploy), 60, "the stack")
    yield deploy
    engine.docker(swarm, "service", "rm", deploy.service)


def running(swarm, desk):
    label = f"label=com.docker.swarm.service.name={desk.service}"
    return engine.docker(swarm, "ps", "--filter", label, "--filter", "status=running", "--format", "{{.Image}}").stdout.split()


def roll_back(swarm, desk, act, **params):
    steps = [{"run": ["git", "tag", "-f", "prod-rollback", "v2.3.9"]}, {"run": act, "timeout": 60}]
    meanwhile = [{"run": [sys.executable, "-I", "-c", ANYBODY, str(HERE / "scripts"), desk.service]}]
    given = {"service": desk.service, "to": "2.3.9", "act": steps, "meanwhile": meanwhile, "limit": 30, **params}
    return drilled("rollback", desk.folder, env=swarm, **given)


def test_a_rollback_is_served_by_every_replica(swarm, desk):
    ended, record = roll_back(swarm, desk, desk("2.3.9"), post=[{"run": desk("2.4.0"), "timeout": 60}])
    assert Exit.READY == ended.code, ended.everything
    assert 0 < record["measured"] <= 30
    assert git(desk.folder, "rev-parse", "prod-rollback") == git(desk.folder, "rev-parse", "v2.3.9")
    images = "{{.Spec.TaskTemplate.ContainerSpec.Image}}"
    assert "web:2.4.0" == engine.docker(swarm, "service", "inspect", "-f", images, desk.service).stdout.strip()


def test_a_rollback_to_the_wrong_version_fails(swarm, desk):
    ended, record = roll_back(swarm, desk, desk("2.2.0"), limit=6)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert "not within 6 s" in str(record["journal"])


def test_a_replica_that_stays_on_the_old_version_fails(swarm, desk):
    """Behind the load balancer nobody would see it."""
    slow = desk("2.3.9")
    (desk.folder / "2.3.9.yml").write_text((desk.folder / "2.3.9.yml").read_text().replace("parallelism: 2, delay: 0s", "parallelism: 1, delay: 60s"))
    ended, record = roll_back(swarm, desk, slow, limit=8)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert "web:2.4.0" in running(swarm, desk)


def test_users_who_notice_are_counted(swarm, desk):
    """One replica that is stopped before its successor is started."""
    subprocess.run(desk("2.4.0", replicas=1), cwd=desk.folder, env={**os.environ, **swarm}, check=True, capture_output=True)
    supervised.eventually(lambda: ["web:2.4.0"] == running(swarm, desk), what="the stack")
    ended, record = roll_back(swarm, desk, desk("2.3.9", order="stop-first", replicas=1), interval=0.1)
    assert (Exit.NOT_READY, True) == (ended.code, "users noticed" in record["summary"]), ended.everything
    assert 1 <= record["facts"]["failed_meanwhile"]


def test_a_service_that_was_back_already_proves_nothing(swarm, desk):
    ended, record = roll_back(swarm, desk, desk("2.4.0"), to="2.4.0")
    assert (Exit.UNKNOWN, True) == (ended.code, "held before anything was done" in record["reason"]), ended.everything


def test_a_service_that_nobody_knows_is_unknown(swarm, desk):
    ended, record = roll_back(swarm, desk, desk("2.3.9"), service="desk_api")
    assert Exit.UNKNOWN == ended.code, ended.everything
    assert "docker service ended with 1" in record["reason"] or "0 of 0 replicas" in record["reason"]


@pytest.fixture(scope="module")
def registry(docker, tmp_path_factory):
    """A registry with the image of the project, and nothing on the engine."""
    supervised.needs("docker-compose", "docker-registry")
    folder = tmp_path_factory.mktemp("registry")
    port = supervised.free_port()
    settings = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "data")}}, "http": {"addr": f"127.0.0.1:{port}"}}
    (folder / "config.yml").write_text(json.dumps(settings))
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdin=quiet, stdout=quiet, stderr=quiet)
    supervised.eventually(lambda: supervised.answers(port), what="the registry")
    engine.docker(docker, "tag", "web:2.4.0", f"127.0.0.1:{port}/web:1")
    engine.docker(docker, "push", f"127.0.0.1:{port}/web:1")
    yield f"127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def project(docker, registry, tmp_path):
    engine.docker(docker, "rmi", f"{registry}/web:1", check=False)
    (tmp_path / "compose.yml").write_text(PROJECT.format(registry=registry, busybox=supervised.find("busybox")))
    yield tmp_path
    ids = engine.docker(docker, "ps", "-aq", "--filter", "label=com.docker.compose.project=rehearsal").stdout.split()
    engine.docker(docker, "rm", "-f", *ids, check=False)
    engine.docker(docker, "network", "rm", "rehearsal_default", check=False)


def start(docker, folder, **params):
    given = {"project": "rehearsal", "files": ["compose.yml"], "compose": ["docker-compose"], "ends": ["migrate"], "limit": 60, "interval": 0.5, **params}
    return drilled("compose_up", folder, env=docker, **given)


def compose(docker, folder, *words):
    argv = ["docker-compose", "-p", "rehearsal", "-f", "compose.yml", *words]
    subprocess.run(argv, cwd=folder, env={**os.environ, **docker}, check=True, capture_output=True)


def test_a_project_starts_from_nothing_and_a_second_start_changes_nothing(docker, project):
    old = f"  old:\n    image: web:2.2.0\n    command: [{supervised.find('busybox')}, sleep, '600']\n"
    (project / "compose.yml").write_text((project / "compose.yml").read_text() + old)
    compose(docker, project, "up", "-d", "old")
    (project / "compose.yml").write_text((project / "compose.yml").read_text().partition("  old:")[0])
    ended, record = start(docker, project)
    assert Exit.READY == ended.code, ended.everything
    assert 0 < record["measured"] <= 60
    services = engine.docker(docker, "ps", "-a", "--filter", "label=com.docker.compose.project=rehearsal", "--format", "{{.Names}}").stdout
    assert ("web" in services, "old" in services) == (True, False)


def test_a_service_that_never_gets_healthy_fails(docker, project):
    (project / "compose.yml").write_text((project / "compose.yml").read_text().replace("8080/version", "8080/no-such"))
    ended, record = start(docker, project, limit=5)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert "not within 5 s" in str(record["journal"])


def test_an_image_that_cannot_be_pulled_fails(docker, project):
    (project / "compose.yml").write_text((project / "compose.yml").read_text().replace("/web:1", "/web:2"))
    ended, record = start(docker, project, limit=8)
    assert (Exit.NOT_READY, True) == (ended.code, "the act itself failed" in record["findings"][0]["message"]), ended.everything


def test_a_start_that_is_not_the_same_twice_fails(docker, project):
    """Something in the runbook's way to start makes containers anew each time."""
    again = project / "always-anew"
    again.write_text('#!/bin/sh\ncase "$*" in *up*) exec docker-compose "$@" --force-recreate;; esac\nexec docker-compose "$@"\n')
    again.chmod(0o755)
    ended, record = start(docker, project, compose=[str(again)])
    assert Exit.NOT_READY == ended.code, ended.everything
    assert "a second start" in record["findings"][0]["message"]


def test_a_project_that_is_up_already_proves_nothing(docker, project):
    compose(docker, project, "up", "-d")
    time.sleep(0.1)
    ended, record = start(docker, project, limit=60)
    if ended.code == Exit.READY:  # its health check had not answered yet
        ended, record = start(docker, project)
    assert (Exit.UNKNOWN, True) == (ended.code, "held before anything was done" in record["reason"]), ended.everything


def test_a_file_that_compose_cannot_read_is_unknown(docker, project):
    ended, record = start(docker, project, files=["no-such.yml"])
    assert (Exit.UNKNOWN, True) == (ended.code, "docker-compose -p ended with" in record["reason"]), ended.everything
