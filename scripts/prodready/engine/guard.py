"""Restoration that survives its drill: the steps wait in a process of their own, which runs them at the end or when the drill dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.journal import Journal

_DEADMAN = Path(__file__).with_name("deadman.py")


class Undo(Struct, frozen=True, kw_only=True):
    """One step of restoration: a program, or a signal to a process that still is the same one."""

    what: str
    """In words, for the log."""
    argv: tuple[str, ...] = ()
    signal: int = 0
    pid: int = 0
    started: str = ""
    """The process's start time in clock ticks."""
    if_down: bool = False
    """Only if the service did not come back by itself: recovery by our hand is not recovery."""

    @property
    def message(self) -> dict[str, object]:
        """As ``deadman.py`` reads it."""
        step: dict[str, object] = {"argv": self.argv} if self.argv else {"signal": self.signal, "pid": self.pid, "started": self.started}
        return {"undo": {**step, "if_down": self.if_down}}


@dataclass(slots=True, kw_only=True)
class Guard:
    """Arms steps before the fault that they undo, and runs them however the drill is left."""

    journal: Journal
    environ: Mapping[str, str] = field(repr=False)
    within: float = 3600.0
    """Seconds after which it restores whatever happens."""
    recovered: bool = False
    """Set by the drill when the service came back by itself."""
    _process: subprocess.Popen[bytes] | None = None
    _steps: list[Undo] = field(default_factory=list)

    def arm(self, steps: Sequence[Undo]) -> None:
        """Hands the steps over; returns when they are safe. Raises CannotTell, and then nothing may be disturbed."""
        for step in steps:
            self._told(step.message)
            self._steps.append(step)

    def disarm(self) -> None:
        """Takes back what was armed for a service that is down: the drill brings it back itself. Raises CannotTell."""
        self._told({"disarm": True})
        self._steps = [step for step in self._steps if not step.if_down]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is None:
            return
        self._send({"restore": not self.recovered})
        failed = self._failed()
        for step in self._steps:
            if not (self.recovered and step.if_down):
                self.journal.note("restore", step.what)
        for words in failed:
            self.journal.note("restore", f"could not be restored: {words}")

    @property
    def _deadman(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            argv = [sys.executable, "-I", str(_DEADMAN), str(self.within)]
            self._process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(self.environ), start_new_session=True
            )
        return self._process

    def _told(self, message: Mapping[str, Any]) -> None:
        self._send(message)
        if self._deadman.stdout is None or self._deadman.stdout.readline() != b"armed\n":
            raise CannotTell("the process that restores after a crash did not start", "run the drill on a machine that can start one more process")

    def _send(self, message: Mapping[str, Any]) -> None:
        pipe = self._deadman.stdin
        if pipe is not None:
            pipe.write(json.dumps(message).encode() + b"\n")
            pipe.flush()

    def _failed(self) -> list[str]:
        out, _ = self._deadman.communicate()
        lines = out.splitlines()
        return [str(words) for words in json.loads(lines[-1])] if lines else ["the restoring process died"]
