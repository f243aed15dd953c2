"""Real servers are killed under a real supervisor: the true outage, by the server's own log, lies inside what the drill reports."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import supervised
from prodready.errors import Exit
from prodready.faults.process import Process
from programs import PROGRAM, prodready
from supervised import NEVER

pytestmark = pytest.mark.integration
SERVERS = {"redis": supervised.redis, "postgresql": supervised.postgresql}


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(kind, delay):
        folder = tmp_path / f"{kind}{len(started)}"
        folder.mkdir()
        server = SERVERS[kind](folder, delay)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


def drill(server, *options, folder, **params):
    given = {"target": server.target, "pidfile": server.pidfile, "limit": 30, "interval": 0.1, **params}
    words = [word for key, value in given.items() for word in ("-p", f"{key}={value}")]
    ended = prodready("drill", "chaos", *words, "--json", *options, cwd=folder)
    return ended, json.loads(ended.out) if ended.out.startswith("{") else {}


@pytest.mark.parametrize("delay", [0.2, 1, 3])
@pytest.mark.parametrize("kind", SERVERS)
def test_the_true_outage_lies_inside_the_interval(kind, delay, serve, tmp_path):
    server = serve(kind, delay)
    ended, record = drill(server, folder=tmp_path)
    assert Exit.READY == ended.code, ended.everything
    low, high = record["interval"]
    (true,) = server.outages()
    assert supervised.holds((low, high), true), ended.everything
    assert high - low <= 0.2 or record["incidents"][0]["late"], ended.everything
    assert (high, "s") == (record["measured"], record["unit"])
    assert record["incidents"][0]["before"] != record["incidents"][0]["after"]


@pytest.mark.parametrize("kind", SERVERS)
def test_without_a_supervisor_it_never_comes_back_and_fails_at_the_limit(kind, serve, tmp_path):
    server = serve(kind, NEVER)
    begin = time.monotonic()
    ended, record = drill(server, folder=tmp_path, limit=2)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert 2 <= record["interval"][0] <= time.monotonic() - begin
    assert record["interval"][1] is None
    assert "was not back" in record["summary"]


def test_recovery_by_the_harness_is_no_recovery_but_it_is_restored(serve, tmp_path):
    server = serve("redis", NEVER)
    ended, record = drill(server, folder=tmp_path, limit=1, restore=json.dumps([*server.argv, "--daemonize", "yes", "--pidfile", str(server.pidfile)]))
    assert Exit.NOT_READY == ended.code, ended.everything
    assert "restore" in {event["phase"] for event in record["journal"]}
    try:
        supervised.eventually(lambda: supervised.answers(server.port))
    finally:
        os.kill(int(server.pidfile.read_text()), signal.SIGKILL)


def test_a_fault_that_hits_another_process_is_not_proven(serve, tmp_path):
    server, other = serve("redis", 0.2), serve("redis", 0.2)
    ended, record = drill(server, folder=tmp_path, pidfile=other.pidfile, limit=5)
    assert (Exit.UNKNOWN, "unknown") == (ended.code, record["status"])
    assert "the fault was not observed" in record["reason"]


def test_a_target_that_is_down_before_has_no_steady_state(serve, tmp_path):
    server = serve("redis", 0.2)
    ended, record = drill(server, folder=tmp_path, target=f"redis://127.0.0.1:{supervised.free_port()}", steady=1)
    assert (Exit.UNKNOWN, True) == (ended.code, "no steady state" in record["reason"])


def test_a_stale_pid_file_kills_nobody(serve, tmp_path):
    server = serve("redis", 0.2)
    bystander = subprocess.Popen(["sleep", "60"])
    server.pidfile.write_text(str(bystander.pid))
    ended, record = drill(server, folder=tmp_path, must_match="redis-server")
    still = bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert (Exit.UNKNOWN, True, True) == (ended.code, "does not match" in record["reason"], still)


def test_a_process_that_is_dying_or_renames_itself_is_still_the_same():
    """The first process of a container waits for all others before it is gone: until then the fault is not through."""
    assert Process(pid=7, started="1", command="postgres -D data") == Process(pid=7, started="1", command="")
    assert Process(pid=7, started="1", command="postgres") != Process(pid=7, started="2", command="postgres")


def test_a_server_that_hangs_is_let_go_at_the_end(serve, tmp_path):
    server = serve("redis", 0.2)
    ended, _ = drill(server, folder=tmp_path, mode="hang", limit=2)
    assert Exit.NOT_READY == ended.code, ended.everything
    ended, _ = drill(server, folder=tmp_path)
    assert Exit.READY == ended.code, ended.everything


def test_when_the_harness_is_killed_in_mid_drill_all_is_restored_within_ten_seconds(serve, tmp_path):
    server = serve("redis", 0.2)
    stat = Path(f"/proc/{server.pidfile.read_text()}/stat")

    def state():
        return stat.read_text().rpartition(")")[2].split()[0]

    words = ["-p", f"target={server.target}", "-p", f"pidfile={server.pidfile}", "-p", "mode=hang", "-p", "limit=60"]
    harness = subprocess.Popen([*PROGRAM, "drill", "chaos", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    supervised.eventually(lambda: state() == "T", what="the fault")
    harness.kill()
    harness.wait()
    supervised.eventually(lambda: state() != "T", 10, "restoration")


def test_when_the_harness_is_killed_after_the_fault_what_restores_is_run_within_ten_seconds(serve, tmp_path):
    server = serve("redis", NEVER)
    back = json.dumps([*server.argv, "--daemonize", "yes", "--pidfile", str(tmp_path / "again")])
    words = ["-p", f"target={server.target}", "-p", f"pidfile={server.pidfile}", "-p", f"restore={back}", "-p", "limit=60"]
    harness = subprocess.Popen([*PROGRAM, "drill", "chaos", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    supervised.eventually(lambda: not supervised.answers(server.port), what="the fault")
    harness.kill()
    harness.wait()
    try:
        supervised.eventually(lambda: supervised.answers(server.port) and (tmp_path / "again").exists(), 10, "restoration")
    finally:
        os.kill(int((tmp_path / "again").read_text()), signal.SIGKILL)


def test_several_rounds_give_a_mean(serve, tmp_path):
    server = serve("redis", 0.2)
    ended, record = drill(server, folder=tmp_path, rounds=3, cooldown=0.2)
    assert (Exit.READY, 3) == (ended.code, record["examined"]), ended.everything
    assert all(supervised.holds(one["lasted"], true) for one, true in zip(record["incidents"], server.outages(), strict=True))


def test_a_dry_run_disturbs_nothing_and_leaves_no_record(serve, tmp_path):
    server = serve("redis", NEVER)
    ended, _ = drill(server, "--dry-run", folder=tmp_path)
    assert (Exit.READY, True) == (ended.code, "would kill -9" in ended.err)
    assert (True, False) == (supervised.answers(server.port), (tmp_path / "evidence").exists())


def test_production_must_be_named_twice(serve, tmp_path):
    server = serve("redis", 0.2)
    words = ["-p", f"target={server.target}", "-p", f"pidfile={server.pidfile}", "-p", "cooldown=0.1"]
    refused = prodready("drill", "chaos", *words, cwd=tmp_path, env={"PRODREADY_ENV": "production"})
    agreed = prodready("drill", "chaos", *words, "--production", "127.0.0.1", cwd=tmp_path, env={"PRODREADY_ENV": "production"})
    assert (Exit.USAGE, True) == (refused.code, "--production 127.0.0.1" in refused.err)
    assert Exit.READY == agreed.code, agreed.everything


def test_a_password_reaches_neither_record_nor_log(serve, tmp_path):
    server = serve("redis", 0.2)
    subprocess.run(["redis-cli", "-p", str(server.port), "config", "set", "requirepass", "pa55-of-the-test"], check=True, capture_output=True)
    target = server.target.replace("//", "//:$REDIS_PASSWORD@")
    words = ["-p", f"target={target}", "-p", f"pidfile={server.pidfile}", "-p", "limit=2"]
    ended = prodready("drill", "chaos", *words, "--json", cwd=tmp_path, env={"REDIS_PASSWORD": "pa55-of-the-test"})
    left = ended.everything + "".join(path.read_text("utf-8") for path in (tmp_path / "evidence").iterdir())
    assert (Exit.NOT_READY, False) == (ended.code, "pa55" in left), ended.everything
    assert "without any password configured" in left  # restarted, it has no password any more, and AUTH is refused


def test_two_drills_never_overlap(serve, tmp_path):
    server = serve("redis", 2)
    words = ["drill", "chaos", "-p", f"target={server.target}", "-p", f"pidfile={server.pidfile}"]
    env = {**os.environ, "PRODREADY_CACHE": str(tmp_path / "cache")}
    first = subprocess.Popen([*PROGRAM, *words], cwd=tmp_path, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    first.stderr.readline()
    second = prodready(*words, cwd=tmp_path, env={"PRODREADY_CACHE": str(tmp_path / "cache")})
    first.communicate()
    assert (Exit.USAGE, True) == (second.code, "another drill is running: drill chaos" in second.err), second.everything
    assert 0 == first.returncode
