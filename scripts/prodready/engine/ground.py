"""What a drill may touch: a check's world, and what it takes to disturb and to restore."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from prodready.context import Context
from prodready.engine import deadman
from prodready.engine.acts import Act, act, start
from prodready.engine.guard import Guard, Undo
from prodready.engine.journal import Journal
from prodready.engine.permit import Permit


class DryRun(Exception):
    """Ends a dry run in front of the first disturbance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The world of one drill."""

    world: Context
    journal: Journal
    guard: Guard
    permit: Permit
    folder: Path
    """Where commands of the drill run."""
    environ: Mapping[str, str] = field(repr=False)
    """What they see of the environment: no tokens."""
    dry: bool = False

    def disturb(self, what: str, *, at: str, here: bool = False) -> None:
        """Stands in front of every disturbance. ``at`` is the host it reaches, or a name of something on this machine.

        Raises ProdreadyError when it is not allowed, DryRun in a dry run.
        """
        self.permit.require(at, here=here)
        if self.dry:
            self.journal.note("inject", f"would {what}")
            raise DryRun
        self.journal.note("inject", what)

    def read_only(self, what: str) -> None:
        """Stands in front of a drill that changes nothing. Raises DryRun in a dry run."""
        if self.dry:
            self.journal.note("baseline", f"would {what}")
            raise DryRun

    def secret(self, name: str) -> str:
        """The value of an environment variable, masked in everything the drill leaves. Raises CannotTell when unset."""
        value = self.world.secret(name)
        self.journal.secrets.add(value)
        return value

    def start(self, argv: tuple[str, ...], environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts a program that runs until the drill is over, however it ends. Raises CannotTell."""
        process = start(argv, folder=self.folder, environ={**self.environ, **(environ or {})})
        self.guard.arm([Undo(what=f"end {argv[0]}", signal=signal.SIGTERM, pid=process.pid, started=deadman.started(process.pid))])
        return process

    def act(self, argv: tuple[str, ...], *, deadline: float, folder: Path | None = None, environ: Mapping[str, str] = MappingProxyType({})) -> Act:
        """Runs a program of the machine, with more variables; what it leaves running stays."""
        return act(argv, folder=folder or self.folder, environ={**self.environ, **environ}, deadline=deadline)
