"""PostgreSQL servers of the tests' own: with an archive and a base backup, and with a standby."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import supervised

USER = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


@dataclass(kw_only=True)
class Cluster:
    """One server."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="prodready-pg-")))
    port: int = field(default_factory=supervised.free_port)

    def __post_init__(self) -> None:
        supervised.needs("initdb", "postgres", "pg_ctl", "pg_basebackup", "psql")
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)

    @property
    def target(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def start_words(self) -> str:
        """A line of shell that starts it and waits."""
        once = f"{as_user()} {supervised.find('pg_ctl')} start -w -D {self.data} -l {self.folder}/log -o '-p {self.port}' </dev/null >/dev/null 2>&1"
        return f"for try in $(seq 100); do {once} && break; sleep 0.2; done"  # what a killed one leaves behind ends a moment later

    def make(self, **settings: object) -> None:
        """A new one."""
        self.run("initdb", "--pgdata", self.data, "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale")
        usual = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, "fsync": "off", "shared_buffers": "16MB", "max_connections": 30,
            "wal_level": "replica", "max_wal_senders": 4, "wal_keep_size": "64MB",
        }  # fmt: skip
        text = "".join(f"{name} = '{value}'\n" for name, value in {**usual, **settings}.items())
        (self.data / "postgresql.auto.conf").write_text(text, "utf-8")

    def start(self) -> None:
        ended = subprocess.run(["sh", "-c", self.start_words], check=False, cwd="/")
        assert (0, True) == (ended.returncode, supervised.answers(self.port)), (self.folder / "log").read_text()[-2000:]

    def stop(self) -> None:
        """It and everything of it is gone."""
        self.die()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *words: object) -> str:
        return supervised.as_user(USER, supervised.find(program), *map(str, words))

    def sql(self, words: str) -> str:
        return self.run("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-Atc", words, "postgres").strip()

    def script(self, name: str, *lines: str) -> str:
        """A program of the runbook."""
        path = self.folder / name
        path.write_text("\n".join(("#!/bin/sh", "set -e", "cd /", *lines, "")))
        path.chmod(0o755)
        return str(path)

    def die(self) -> None:
        """It is gone, where it was there."""
        if (self.data / "postmaster.pid").exists():
            subprocess.run(["sh", "-c", self.kill()], check=False, stderr=subprocess.DEVNULL)

    def kill(self) -> str:
        """A line of shell that ends it as a dead machine does, all its processes at once."""
        # The first process stands still meanwhile, so that none of the others can be reaped between being listed and being killed.
        every = f'all=$(head -1 {self.data}/postmaster.pid); kill -STOP $all; all="$all $(ps -o pid= --ppid $all)"; kill -9 $all'
        lives = 'grep -qs "^State:[[:space:]]*[^ZX[:space:]]" /proc/$one/status'
        # What waits to be reaped is dead, but its number would keep the next one from starting: the dead machine forgets it.
        return f"{every}; for one in $all; do while {lives}; do sleep 0.02; done; done; rm -f {self.data}/postmaster.pid {self.folder}/.s.PGSQL.*"


def as_user() -> str:
    """How a line of shell becomes PostgreSQL's user."""
    return f"setpriv --reuid={USER} --regid={USER} --clear-groups" if os.geteuid() == 0 else ""


def archived() -> Cluster:
    """A server that archives each second, with a base backup."""
    made = Cluster()
    made.make(archive_mode="on", archive_command=f"cp %p {made.folder}/archive/%f", archive_timeout="1s")
    supervised.as_user(USER, "mkdir", str(made.folder / "archive"))
    made.start()
    made.run("pg_basebackup", "-h", "127.0.0.1", "-p", made.port, "-U", "postgres", "-D", made.folder / "base", "--checkpoint=fast", "--no-sync")
    return made


def pair(**settings: object) -> tuple[Cluster, Cluster]:
    """A primary, and a standby that follows it."""
    primary, standby = Cluster(), Cluster()
    primary.make(**settings)
    primary.start()
    standby.run("pg_basebackup", "-h", "127.0.0.1", "-p", primary.port, "-U", "postgres", "-D", standby.data, "-R", "--checkpoint=fast", "--no-sync")
    with (standby.data / "postgresql.auto.conf").open("a") as handle:
        handle.write(f"unix_socket_directories = '{standby.folder}'\nsynchronous_standby_names = ''\n")
    standby.start()
    return primary, standby
