"""Each supervisor is asked in its own words, the process it looks after is killed, and it brings another one."""

import json
import os
import subprocess

import pytest

import engine
import machines
import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import PROGRAM, Ended

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
    return drilled("chaos", folder, env=env, **{"limit": 30, "interval": 0.25, "cooldown": 0.5, **params})


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


SERVICE = """\
[Unit]
DefaultDependencies=no
[Service]
ExecStart={redis} --port {port} --bind 127.0.0.1 --save "" --dir {folder}
Restart=always
RestartSec=0.3
"""


def test_systemd_itself(tmp_path):
    """The real one, as the first process of a machine of its own: the drill runs there, as it would on its machine."""
    supervised.needs("redis-server")
    port = supervised.free_port()
    service = SERVICE.format(redis=supervised.find("redis-server"), port=port, folder=tmp_path)
    with machines.systemd(tmp_path, {"cache.service": service}) as beside:
        subprocess.run([*beside, "systemctl", "start", "cache.service"], check=True)
        for unit, code in (("cache.service", Exit.READY), ("no-such.service", Exit.UNKNOWN)):
            given = [f"target=redis://127.0.0.1:{port}", f"systemd={unit}", "limit=30", "interval=0.25", "cooldown=0.5"]
            words = [word for pair in given for word in ("-p", pair)]
            argv = [*beside, "env", f"--chdir={tmp_path}", *PROGRAM, "drill", "chaos", *words, "--json"]
            environ = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
            ended = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
            record = json.loads(ended.stdout or "{}")
            assert code == ended.returncode, ended.stdout + ended.stderr
            if code == Exit.UNKNOWN:
                assert "which is no process" in record["reason"]
            else:
                passes(Ended(code=code, out="", err=""), record)
        again = subprocess.run([*beside, "systemctl", "show", "--property=NRestarts", "--value", "cache.service"], capture_output=True, text=True, check=True)
        assert "1" == again.stdout.strip()


def test_systemd_is_asked_in_the_words_of_its_manual(tmp_path):
    """What the drill asks, word for word, also where no systemd can run."""
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
