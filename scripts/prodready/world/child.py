"""One program, run and bounded: time, output and everything it started. Nothing it leaves behind survives it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from prodready.context import Ended

if TYPE_CHECKING:
    import selectors
    import subprocess

LIMIT = 64 * 1024 * 1024
"""Bytes a program may print on both streams together."""
GRACE = 2.0
"""Seconds between asking a program to end and ending it."""
LINGER = 1.0
"""Seconds the streams may stay open after the program has exited, by something it started."""
_MARK = "PRODREADY_CHILD"
"""A variable every program of ours inherits: finds those that left their process group."""
_CHUNK = 64 * 1024
_TICK = 0.1


class Ending(Struct, frozen=True, kw_only=True):
    """How a program ended, with all it printed."""

    ended: Ended
    code: int
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0


class Children:
    """The programs that run right now. Thread-safe; after ``kill_all`` no further one starts."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._live: set[Child] = set()
        self._closed = False

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], deadline: float, limit: int = LIMIT) -> Ending:
        """Runs a program to its end, its ``deadline`` in seconds or its ``limit`` in bytes, whichever comes first. Never raises for what it does."""
        begin = time.monotonic()
        try:
            with self.child(argv, cwd=cwd, env=env) as child:
                ended = child.watch(begin + deadline, limit)
        except (OSError, ValueError) as error:
            return Ending(ended=Ended.NOT_STARTED, code=-1, stderr=_why(argv, error).encode())
        return child.ending(ended, time.monotonic() - begin)

    @contextmanager
    def child(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], asked: bool = False) -> Iterator[Child]:
        """A program that runs within it and is ended, with all it started, after it; ``asked`` gives it a standard input. Raises OSError, ValueError."""
        child = self._start(argv, cwd, env, asked=asked)
        try:
            yield child
        finally:
            child.end()
            with self._lock:
                self._live.discard(child)

    def kill_all(self) -> None:
        """Ends every program and all they started: asked first, killed after ``GRACE`` seconds."""
        with self._lock:
            self._closed = True
            live = tuple(self._live)
        for child in live:
            child.send(signal.SIGTERM)
        until = time.monotonic() + GRACE
        while time.monotonic() < until and any(child.alive() for child in live):
            time.sleep(_TICK / 5)
        for child in live:
            child.send(signal.SIGKILL)

    def _start(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], *, asked: bool) -> Child:
        import subprocess

        mark = os.urandom(16).hex()
        with self._lock:  # a program that starts while all are being killed would be missed
            if self._closed:
                raise OSError("the run is being stopped")
            process = subprocess.Popen(
                list(argv), cwd=cwd, env={**env, _MARK: mark}, stdin=subprocess.PIPE if asked else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
            child = Child(process, mark)
            self._live.add(child)
            return child


class Child(Struct, eq=False):
    """A program that was started."""

    process: subprocess.Popen[bytes]
    mark: str
    said: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})

    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held to signal the group and to reap its leader: a reaped leader's number may be somebody else's."""

    def watch(self, end: float, limit: int) -> Ended:
        """Sees the program to its end, or asks it to end when it passes a bound."""
        ended = self.read(end, limit)
        if ended is not Ended.EXITED:
            self.send(signal.SIGTERM)
            until = time.monotonic() + GRACE
            while self.alive() and time.monotonic() < until:
                time.sleep(_TICK / 5)
        return ended

    def ending(self, ended: Ended, seconds: float) -> Ending:
        """The account of a program that was reaped."""
        code = self.process.returncode
        if ended is Ended.EXITED and code < 0:
            ended = Ended.KILLED
        return Ending(ended=ended, code=code, stdout=bytes(self.said["stdout"]), stderr=bytes(self.said["stderr"]), seconds=seconds)

    def read(self, end: float, limit: int) -> Ended:
        """Collects output until the program has exited and its streams are closed, or a bound is hit."""
        import selectors

        exited: float | None = None
        with selectors.DefaultSelector() as streams:
            for name in self.said:
                streams.register(getattr(self.process, name), selectors.EVENT_READ, name)
            while streams.get_map() or exited is None:
                now = time.monotonic()
                if exited is None and not self.alive():
                    exited = now
                if exited is not None and now > exited + LINGER:
                    return Ended.EXITED  # something it started keeps the streams open: its own end is what counts
                if exited is None and now > end:
                    return Ended.TIMED_OUT
                if self.listen(streams, limit):
                    return Ended.TOO_LOUD
        return Ended.EXITED

    def listen(self, streams: selectors.BaseSelector, limit: int) -> bool:
        """Takes what is there now; true when that is more than the limit."""
        if not streams.get_map():
            time.sleep(_TICK / 10)
            return False
        for key, _ in streams.select(_TICK):
            part = os.read(key.fd, _CHUNK)
            if not part:
                streams.unregister(key.fileobj)
            room = limit - sum(map(len, self.said.values()))
            self.said[key.data] += part[:room]
            if len(part) > room:
                return True
        return False

    def alive(self) -> bool:
        """Whether it has not exited. It stays unreaped, so that its process group's number cannot be given away."""
        if self.process.returncode is not None:
            return False
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self.process.poll() is None
        try:
            return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def end(self) -> None:
        """Kills whatever is left of it and reaps it."""
        with self.lock:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for _ in range(20):  # a process that forks while it is being looked for is found in the next round
            if not self.send_strays(signal.SIGKILL):
                break
            time.sleep(_TICK / 20)
        for name in ("stdin", *self.said):
            if stream := getattr(self.process, name):
                with contextlib.suppress(OSError):  # what it did not read any more
                    stream.close()

    def send(self, number: signal.Signals) -> None:
        """Signals the process group and everything that left it."""
        with self.lock:
            if self.process.returncode is None:
                _signal_group(self.process.pid, number)
        self.send_strays(number)

    def send_strays(self, number: signal.Signals) -> int:
        """Signals the processes outside the group that carry our mark; how many there were. Linux only."""
        found = [pid for pid in _marked(self.mark) if pid != self.process.pid]
        for pid in found:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue
        return len(found)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _marked(mark: str) -> list[int]:
    """Live processes whose first environment carries the mark."""
    needle = f"{_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _why(argv: Sequence[str], error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    missing = getattr(error, "filename", None)
    return f"{argv[0]} could not be started: {reason}" + (f" ({missing})" if missing and missing != argv[0] else "")
