"""Real servers in containers, that serve again after a known delay: when they ended the kernel says, when they served, their own log."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import engine
import supervised
from prodready.engine.outage import Span
from supervised import Supervised


@dataclass(kw_only=True)
class Contained:
    """A server that ``supervised`` would run as a process, as a container instead."""

    environ: dict[str, str]
    name: str
    inner: Supervised
    delay: float
    policy: str
    deaths: list[Span] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def target(self) -> str:
        return self.inner.target

    def start(self) -> None:
        folder = self.inner.folder
        user = ("-u", str(folder.stat().st_uid)) if self.inner.user else ()
        mounts = [word for place in ("/usr:/usr:ro", "/etc:/etc:ro", f"{folder}:{folder}") for word in ("-v", place)]
        line = f"sleep {self.delay}; exec " + " ".join(self.inner.argv if not self.inner.user else [self.inner.argv[-1].removeprefix("exec ")])
        words = ("--name", self.name, f"--restart={self.policy}", "--network=host", "--ipc=host", *user, *mounts, "machine:1", "/bin/sh", "-c", line)
        engine.docker(self.environ, "run", "-d", *words)
        supervised.eventually(lambda: len(self.inner.readies()) == 1 and supervised.answers(self.inner.port), what=f"{self.name} serving")
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        engine.docker(self.environ, "rm", "-f", self.name, check=False)
        shutil.rmtree(self.inner.folder, ignore_errors=True)

    def comes_back(self) -> bool:
        """Whether it serves once more within ten seconds."""
        end = time.monotonic() + 10
        while not (there := supervised.answers(self.inner.port)) and time.monotonic() < end:
            time.sleep(0.1)
        return there

    def outages(self) -> list[Span]:
        """How long it did not serve, each time."""
        supervised.eventually(lambda: len(self.deaths) + 1 == len(self.inner.readies()), what="the last word of the log")
        return supervised.outages(self.deaths, self.inner.readies())

    def _watch(self) -> None:
        """Sees each first process of the container end; the engine's own event comes up to a second later."""
        last = ""
        while not self._stopped.wait(0.01):
            pid = engine.docker(self.environ, "inspect", "-f", "{{.State.Pid}}", self.name, check=False).stdout.strip()
            if pid in ("", "0", last):
                continue
            last, alive, now = pid, 0.0, time.time()
            with contextlib.suppress(OSError):
                while Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                    alive = now
                    time.sleep(0.001)
                    now = time.time()
            self.deaths.append(Span(alive, time.time()))


def _server(make: Callable[[Path, float], Supervised]) -> Callable[[dict[str, str], str, float, str], Contained]:
    def made(environ: dict[str, str], name: str, delay: float, policy: str) -> Contained:
        folder = Path(tempfile.mkdtemp(prefix=f"prodready-{name}-"))  # one that the engine can mount, whoever asks for it
        folder.chmod(0o755)
        inner = make(folder, delay)
        if inner.folder != folder:
            folder.rmdir()
        return Contained(environ=environ, name=name, inner=inner, delay=delay, policy=policy)

    return made


SERVERS = {"redis": _server(supervised.redis), "postgresql": _server(supervised.postgresql)}
