"""Each supervisor is asked in its own words, the process it looks after is killed, and it brings another one."""

import json
import os
import re
import subprocess
from contextlib import contextmanager

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


def state(pid, beside=()):
    """What the process does, in the letter of ps; empty where it is gone."""
    said = subprocess.run([*beside, "ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return said.strip()[:1]


def serving(port, beside=()):
    """The process that listens there."""
    said = subprocess.run([*beside, "ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"pid=(\d+)", said)[1])


def abandoned(folder, port, *words, beside=(), env=None):
    """Hangs the server, kills the drill in the middle of it with SIGKILL, and waits until somebody lets the server run on."""
    server, number = serving(port, beside), folder / "harness"
    given = [word for pair in (f"target=redis://127.0.0.1:{port}", "mode=hang", "limit=60", *words) for word in ("-p", pair)]
    drill = [*PROGRAM, "drill", "chaos", *given]
    argv = [*beside, "env", f"--chdir={folder}", "sh", "-c", f'echo $$ > {number}; exec "$@"', "sh", *drill]
    environ = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "PRODREADY_CACHE": str(folder / "cache"), **(env or {})}
    harness = subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        supervised.eventually(lambda: harness.poll() is not None or state(server, beside) == "T", 60, "the fault")
        assert harness.poll() is None, "the drill ended before it was killed"
    finally:
        subprocess.run([*beside, "kill", "-KILL", number.read_text().strip()], check=False)
        harness.wait(30)
    supervised.eventually(lambda: state(server, beside) not in ("T", ""), 10, "restoration")


@contextmanager
def supervisord(folder):
    """A real one that looks after Redis; the port."""
    supervised.needs("supervisord", "supervisorctl", "redis-server")
    port = supervised.free_port()
    (folder / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={folder}/log\npidfile={folder}/pid\n"
        f"[unix_http_server]\nfile={folder}/sock\n[supervisorctl]\nserverurl=unix://{folder}/sock\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[program:cache]\ncommand={supervised.find('redis-server')} --port {port} --save ''\n"
    )
    quiet = subprocess.DEVNULL
    supervisor = subprocess.Popen(["supervisord", "-c", str(folder / "supervisord.conf")], cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        supervised.eventually(lambda: supervised.answers(port), what="Redis")
        yield port
    finally:
        supervisor.terminate()
        supervisor.wait(timeout=30)


def test_supervisord(tmp_path):
    with supervisord(tmp_path) as port:
        passes(*drill(tmp_path, target=f"redis://127.0.0.1:{port}", supervisord="cache"))
        ended, record = drill(tmp_path, target=f"redis://127.0.0.1:{port}", supervisord="no-such")
        assert (Exit.UNKNOWN, True) == (ended.code, "supervisor" in record["reason"]), ended.everything


def test_when_the_drill_is_killed_what_supervisord_looks_after_runs_on_within_ten_seconds(tmp_path):
    with supervisord(tmp_path) as port:
        abandoned(tmp_path, port, "supervisord=cache")


SERVICE = """\
[Unit]
DefaultDependencies=no
[Service]
ExecStart={redis} --port {port} --bind 127.0.0.1 --save "" --dir {folder}
Restart=always
RestartSec=0.3
"""


def test_systemd_itself(tmp_path):
    """The real one, as the first process of a machine of its own: the drill runs there, as it would on its machine; killed, it leaves nothing hanging."""
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
        abandoned(tmp_path, port, "systemd=cache.service", beside=beside)


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
    abandoned(tmp_path, port, "compose=cache", env=docker)


def test_a_swarm_service(docker, tmp_path):
    engine.docker(docker, "swarm", "init", "--advertise-addr", "127.0.0.1")
    port = supervised.free_port()
    (tmp_path / "stack.yml").write_text(STACK.format(redis=supervised.find("redis-server"), port=port))
    engine.docker(docker, "stack", "deploy", "--resolve-image", "never", "-c", str(tmp_path / "stack.yml"), "desk")
    supervised.eventually(lambda: supervised.answers(port), 60, "Redis")
    passes(*drill(tmp_path, docker, target=f"redis://127.0.0.1:{port}", swarm="desk_cache"))
    abandoned(tmp_path, port, "swarm=desk_cache", env=docker)
