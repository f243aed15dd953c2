"""Programs that a drill runs on purpose: unlike those of a check, what they start (a database, a deployment) lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from prodready.check import CannotTell
from prodready.names import shown

LIMIT = 4 * 1024 * 1024
"""Bytes that are read of what a program printed."""
PASSED = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "KUBECONFIG", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "XDG_RUNTIME_DIR")
"""Variables that say where to act, and hold no secret: commands of a drill see them besides the clean environment."""


class Overdue(CannotTell):
    """The program did not end in its time."""


class Act(Struct, frozen=True, kw_only=True):
    """A program that has ended."""

    code: int
    output: str
    """Standard output and error, in one."""
    begun: float
    """Monotonic seconds."""
    ended: float

    @property
    def last(self) -> str:
        """The last line it printed."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return shown(lines[-1])[:200] if lines else ""


def act(argv: Sequence[str], *, folder: Path, environ: Mapping[str, str], deadline: float) -> Act:
    """Runs a program to its end, without a shell. Raises CannotTell when it cannot start or takes longer than ``deadline`` seconds."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:  # a daemon that keeps it open holds nobody up, as it would with a pipe
        try:
            process = subprocess.Popen(
                list(argv), cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise CannotTell(f"{shown(argv[0])} could not be started: {error}", "install it, or mend the command") from None
        try:
            code = process.wait(timeout=deadline)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Overdue(f"{shown(argv[0])} did not end within {deadline:g} s", "see why it hangs, or give it more time") from None
            raise
        return Act(code=code, output=_text(output), begun=begun, ended=time.monotonic())


def start(argv: Sequence[str], *, folder: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts a program that runs on, in a session of its own and without a shell. Raises CannotTell when it cannot start."""
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(list(argv), cwd=folder, env=dict(environ), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except (OSError, ValueError) as error:
        raise CannotTell(f"{shown(argv[0])} could not be started: {error}", "install it, or mend the command") from None


def waited(done: Callable[[], bool], within: float) -> bool:
    """Asks until ``done()`` or until that many seconds have passed; whether it came about."""
    end = time.monotonic() + within
    while not (come := done()) and time.monotonic() < end:
        time.sleep(0.02)
    return come


def _text(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - LIMIT))
    return output.read().decode("utf-8", "replace")


def environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What commands of a drill see: the clean environment of every program of ours, and where to act."""
    from prodready.world.process import clean_environment

    home = Path(environ.get("HOME") or folder)  # docker and kubectl keep their contexts there
    return {**clean_environment(environ, home=home, tmp=folder), **{name: environ[name] for name in PASSED if name in environ}}
