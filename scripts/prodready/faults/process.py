"""Kill or stop a process from the host, wherever it runs: plain, under a supervisor, or as the first process of a container.

A container's process is killed by its number on the host: ``docker kill`` would tell the engine that a person stopped it, and
``restart: always`` would not restart it.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from prodready.check import CannotTell
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.names import shown

PATIENCE = 5.0
"""Seconds within which a killed process must be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that is named for good: a number alone may be given to another one."""

    pid: int
    started: str
    command: str = field(compare=False)  # one that is dying has lost its own already, and one that lives may call itself something else

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def find(pid: int) -> Process | None:
    """The live process of that number; None when there is none, or only one that waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return Process(pid=pid, started=fields[19], command=shown(b" ".join(words).decode("utf-8", "replace"))[:120])


@dataclass(slots=True, kw_only=True)
class Kill:
    """SIGKILL, or SIGSTOP for a service that hangs."""

    where: str
    """How the process is found, in words."""
    locate: Callable[[], int]
    """Its number now. Raises CannotTell."""
    mode: Literal["kill", "hang"] = "kill"
    must_match: str = ""
    """A regular expression that its command line must match."""
    restore: tuple[str, ...] = ()
    """What starts it when it does not come back."""
    _victim: Process | None = field(default=None, init=False)

    @property
    def renews(self) -> bool:
        """Who was killed cannot answer again; who was stopped can."""
        return self.mode == "kill"

    @property
    def about(self) -> str:
        """The signal and the process."""
        return f"{'kill -9' if self.mode == 'kill' else 'kill -STOP'} {self._victim or self.where}"

    def prepare(self) -> Sequence[Undo]:
        """Finds the process. Raises CannotTell."""
        victim = find(self.locate())
        if victim is None:
            raise CannotTell(f"{self.where} names no process that runs", "see that the service runs, and that the file or name is its own")
        if victim.pid in (1, os.getpid(), os.getppid()):
            raise CannotTell(f"{self.where} names {victim}, which is no target", "name the service's own process")
        if self.must_match and not re.search(self.must_match, victim.command):
            raise CannotTell(f"{self.where} names {victim}, which does not match {self.must_match!r}", "a stale file names the wrong process: mend it")
        self._victim = victim
        return tuple(self._undo(victim))

    def strike(self) -> Struck:
        """Sends the signal and waits until it has taken. Raises CannotTell."""
        victim = self._victim
        if victim is None or find(victim.pid) != victim:
            raise CannotTell(f"{victim} ended before the drill could end it", "see why the service does not stay up")
        before = time.monotonic()
        try:
            os.kill(victim.pid, signal.SIGKILL if self.mode == "kill" else signal.SIGSTOP)
        except OSError as error:
            raise CannotTell(f"{victim} could not be signalled: {error.strerror}", "run the drill as root, or as the user of the service") from None
        while not self._taken(victim):
            if time.monotonic() > before + PATIENCE:
                raise CannotTell(f"{victim} still runs {PATIENCE:g} s after the signal", "see what holds it (a debugger, a dead disk)")
            time.sleep(0.0005)
        return Struck(before=before, after=time.monotonic())

    def identity(self) -> str:
        """The process that is found there now."""
        try:
            now = find(self.locate())
        except CannotTell:
            return ""
        return f"process {now.pid} started at tick {now.started}" if now else ""

    def _taken(self, victim: Process) -> bool:
        if self.mode == "kill":
            return find(victim.pid) != victim
        return Path(f"/proc/{victim.pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()[0] == "T"

    def _undo(self, victim: Process) -> list[Undo]:
        steps = [Undo(what=f"kill -CONT {victim}", signal=signal.SIGCONT, pid=victim.pid, started=victim.started)] if self.mode == "hang" else []
        return steps + ([Undo(what=" ".join(self.restore), argv=self.restore, if_down=True)] if self.restore else [])


def from_pidfile(path: Path) -> int:
    """The number in a pid file, read anew each time. Raises CannotTell."""
    try:
        with path.open("rb") as handle:
            word = handle.read(64).split()
        return _number(word[0].decode() if word else "", str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise CannotTell(f"the pid file {shown(str(path))} cannot be read: {why}", "name the service's pid file") from None


def from_output(words: str, where: str) -> int:
    """The number that a program printed on its last line. Raises CannotTell."""
    return _number(words.strip().rpartition("\n")[2].strip(), where)


def _number(word: str, where: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) < 2**22 + 1:
        raise CannotTell(f"{shown(where)} says {shown(word[:40])!r}, which is no process", "see that the service runs under that name")
    return int(word)
