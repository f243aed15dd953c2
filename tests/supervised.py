"""Real servers for drills, under a supervisor that restarts them after a known delay and writes down when they ended."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ports import free as free_port
from prodready.engine.netns import inside, of_process
from prodready.engine.outage import Span

SUPERVISOR = """
import os, signal, subprocess, sys, time
delay, pidfile, log, user, *argv = sys.argv[1:]
demote = {"user": user, "group": user, "extra_groups": []} if user else {}
while True:
    child = subprocess.Popen(argv, **demote)
    with open(pidfile + ".new", "w") as handle:
        handle.write(str(child.pid))
    os.replace(pidfile + ".new", pidfile)
    alive = now = time.time()
    while child.poll() is None:
        alive = now
        time.sleep(0.001)
        now = time.time()
    with open(log, "a") as handle:
        handle.write(f"{alive:.6f} {time.time():.6f}\\n")
    if delay == "never":
        time.sleep(3600)
    time.sleep(float(delay))
"""
NEVER = "never"
TICK = 0.001
"""Seconds to which the servers write times in their logs, cut off."""


def needs(*programs: str) -> None:
    """Skips the test by name where a program is missing."""
    missing = [program for program in programs if not find(program)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


def find(program: str) -> str:
    """The program's path; empty where it is not installed. PostgreSQL hides its own."""
    folders = [*os.environ["PATH"].split(os.pathsep), "/usr/sbin", "/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    return shutil.which(program, path=os.pathsep.join(folders)) or ""


def eventually(done, seconds: float = 30.0, what: str = "it") -> None:
    """Waits until ``done()`` is true; fails the test when it never is."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"{what} did not come about within {seconds} s"
        time.sleep(0.01)


def answers(port: int) -> bool:
    """Whether somebody accepts connections."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def network() -> Iterator[None]:
    """The calling thread, and what it starts, are in a network of their own meanwhile."""
    holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"up\n"
        with inside(of_process(holder.pid)):
            yield
    finally:
        holder.stdout.close()
        holder.kill()
        holder.wait()


@dataclass(kw_only=True)
class Supervised:
    """A server under the supervisor."""

    folder: Path
    port: int
    argv: list[str]
    delay: float | str
    ready: re.Pattern[str]
    """The line of the server's own log that says that it serves, with the time as its group."""
    target: str
    user: str = ""
    clock: str = ""
    """How the log writes times."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pidfile(self) -> Path:
        return self.folder / "server.pid"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        user = self.user if os.geteuid() == 0 else ""
        words = [sys.executable, "-I", "-c", SUPERVISOR, str(self.delay), str(self.pidfile), str(self.folder / "ends.log"), user, *self.argv]
        self._process = subprocess.Popen(words, cwd=self.folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: len(self.readies()) == 1 and answers(self.port), what=f"{self.argv[0]} serving")

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self.user:
            shutil.rmtree(self.folder, ignore_errors=True)

    def readies(self) -> list[float]:
        """When the server began to serve, in seconds of the wall clock, each time, by its own log."""
        text = self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""
        return [datetime.strptime(found, self.clock).replace(tzinfo=UTC).timestamp() for found in self.ready.findall(text)]

    def outages(self) -> list[Span]:
        """How long it did not serve, each time: from its end to its own word that it serves again."""
        lines = (self.folder / "ends.log").read_text().splitlines()
        return outages([Span(*map(float, line.split())) for line in lines], self.readies())


def outages(ends: list[Span], readies: list[float]) -> list[Span]:
    """The true outages, each as exactly as anybody knows it: the end was between two looks at the process, and logs cut times off."""
    return [Span(ready - end.high, ready + TICK - end.low) for end, ready in zip(ends, readies[1:], strict=True)]


def holds(interval: Sequence[float], true: Span) -> bool:
    """Whether the interval is one in which the true time can lie."""
    low, high = interval
    return low <= true.high and true.low <= high


def redis(folder: Path, delay: float | str) -> Supervised:
    """A Redis that is restarted after ``delay`` seconds."""
    needs("redis-server")
    port = free_port()
    argv = [find("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--logfile", str(folder / "server.log"), "--dir", str(folder)]
    ready = re.compile(r"^\d+:M (\d+ \w+ \d+ [\d:.]+) \* Ready to accept connections", re.MULTILINE)
    return Supervised(folder=folder, port=port, argv=argv, delay=delay, ready=ready, clock="%d %b %Y %H:%M:%S.%f", target=f"redis://127.0.0.1:{port}")


def postgresql(folder: Path, delay: float | str) -> Supervised:
    """A PostgreSQL that is restarted after ``delay`` seconds."""
    needs("initdb", "postgres")
    port, user = free_port(), "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="prodready-pg-"))  # pytest takes the folders above tmp_path away from other users
    if os.geteuid() == 0:
        shutil.chown(folder, user, user)
    as_user(user, find("initdb"), "--pgdata", str(folder / "data"), "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale")
    settings = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off", "log_line_prefix": "%m ", "log_timezone": "UTC",
        "logging_collector": "off", "shared_buffers": "16MB", "max_connections": 30,
    }  # fmt: skip
    (folder / "data" / "postgresql.auto.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()), "utf-8")
    shell = f"exec {find('postgres')} -D {folder / 'data'} 2>>{folder / 'server.log'}"
    ready = re.compile(r"^([\d-]+ [\d:.]+) UTC LOG:  database system is ready to accept connections", re.MULTILINE)
    return Supervised(
        folder=folder, port=port, argv=["/bin/sh", "-c", shell], delay=delay, ready=ready, clock="%Y-%m-%d %H:%M:%S.%f",
        target=f"postgresql://postgres@127.0.0.1:{port}", user=user,
    )  # fmt: skip


def as_user(user: str, *argv: str) -> str:
    """Runs a program as that user, who is somebody else only for root."""
    demote = {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "HOME": "/tmp"}, **demote)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
