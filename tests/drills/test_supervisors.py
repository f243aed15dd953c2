"""Each supervisor is asked in its own words, the process it looks after is killed, and it brings another one."""

import json
import os
import subprocess

import pytest

import engine
import supervised
from prodready.errors import Exit
from programs import prodready

pytestmark = pytest.mark.integration
PROJECT = """\
version: "3.7"
services:
  cache:
    image: cache:1
    command: [{redis}, --port, "{port}", --save, ""]
    network_mode: host
    restart: always
"""
STACK = """\
version: "3.7"
services:
  cache:
    image: cache:1
    command: [{redis}, --port, "{port}", --save, "", --protected-mode, "no"]
    networks: [machine]
    deploy: {{restart_policy: {{condition: any, delay: 0s}}}}
networks: {{machine: {{external: true, name: host}}}}
"""


def drill(folder, env=None, **params):
    words = [word for key, value in {"limit": 30, "interval": 0.25, "cooldown": 0.5, **params}.items() for word in ("-p", f"{key}={value}")]
    ended = prodready("drill", "chaos", *words, "--json", cwd=folder, env=env)
    return ended, json.loads(ended.out or "{}")


def passes(ended, record):
    assert Exit.READY == ended.code, ended.everything
    assert record["incidents"][0]["before"] != record["incidents"][0]["after"]


def test_supervisord(tmp_path):
    supervised.needs("supervisord", "supervisorctl", "redis-server")
    port = supervised.free_port()
    (tmp_path / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={tmp_path}/log\npidfile={tmp_path}/pid\n"
        f"[unix_http_server]\nfile={tmp_path}/sock\n[supervisorctl]\nserverurl=unix://{tmp_path}/sock\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[program:cache]\ncommand={supervised.find('redis-server')} --port {port} --save ''\n"
    )
    quiet = subprocess.DEVNULL
    supervisor = subprocess.Popen(["supervisord", "-c", str(tmp_path / "supervisord.conf")], cwd=tmp_path, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        supervised.eventually(lambda: supervised.answers(port), what="Redis")
        passes(*drill(tmp_path, target=f"redis://127.0.0.1:{port}", supervisord="cache"))
        ended, record = drill(tmp_path, target=f"redis://127.0.0.1:{port}", supervisord="no-such")
        assert (Exit.UNKNOWN, True) == (ended.code, "supervisor" in record["reason"]), ended.everything
    finally:
        supervisor.terminate()
        supervisor.wait(timeout=30)


def test_systemd_is_asked_in_the_words_of_its_manual(tmp_path):
    """No systemd runs as the first process here: its program is stood in for, and told apart by what it must be asked."""
    server = supervised.redis(tmp_path, 0.2)
    shim = tmp_path / "bin" / "systemctl"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n[ "$*" = "show --property=MainPID --value -- cache.service" ] || exit 1\ncat {server.pidfile}\necho\n')
    shim.chmod(0o755)
    try:
        server.start()
        path = f"{shim.parent}:{os.environ['PATH']}"
        passes(*drill(tmp_path, {"PATH": path}, target=server.target, systemd="cache.service"))
        shim.write_text("#!/bin/sh\necho 0\n")  # what it says of a unit that does not run
        ended, record = drill(tmp_path, {"PATH": path}, target=server.target, systemd="cache.service")
        assert (Exit.UNKNOWN, True) == (ended.code, "which is no process" in record["reason"]), ended.everything
    finally:
        server.stop()


@pytest.fixture(scope="module")
def docker():
    supervised.needs("redis-server")
    with engine.engine() as environ:
        engine.image(environ, "cache:1", "redis-server")
        yield environ


def test_a_compose_service(docker, tmp_path):
    supervised.needs("docker-compose")
    port = supervised.free_port()
    (tmp_path / "compose.yml").write_text(PROJECT.format(redis=supervised.find("redis-server"), port=port))
    argv = ["docker-compose", "-p", "chaos", "-f", "compose.yml", "up", "-d"]
    subprocess.run(argv, cwd=tmp_path, env={**os.environ, **docker}, check=True, capture_output=True)
    supervised.eventually(lambda: supervised.answers(port), what="Redis")
    passes(*drill(tmp_path, docker, target=f"redis://127.0.0.1:{port}", compose="cache"))
    ended, record = drill(tmp_path, docker, target=f"redis://127.0.0.1:{port}", compose="no-such")
    assert (Exit.UNKNOWN, True) == (ended.code, "no container of the compose service no-such" in record["reason"]), ended.everything


def test_a_swarm_service(docker, tmp_path):
    engine.docker(docker, "swarm", "init", "--advertise-addr", "127.0.0.1")
    port = supervised.free_port()
    (tmp_path / "stack.yml").write_text(STACK.format(redis=supervised.find("redis-server"), port=port))
    engine.docker(docker, "stack", "deploy", "--resolve-image", "never", "-c", str(tmp_path / "stack.yml"), "desk")
    supervised.eventually(lambda: supervised.answers(port), 60, "Redis")
    passes(*drill(tmp_path, docker, target=f"redis://127.0.0.1:{port}", swarm="desk_cache"))
