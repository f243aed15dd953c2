"""Network namespaces of Linux: the sockets of one thread belong to another one for a while."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodready.check import CannotTell

_CLONE_NEWNET = 0x40000000
NAMED = Path("/run/netns")
"""Where ``ip netns`` keeps those that have a name."""


@contextmanager
def inside(namespace: Path) -> Iterator[None]:
    """What the calling thread opens meanwhile is in that namespace; other threads are not touched. Raises CannotTell, OSError when it is gone."""
    try:
        with Path("/proc/thread-self/ns/net").open("rb") as own, namespace.open("rb") as other:
            _enter(other.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())
    except PermissionError as error:
        raise CannotTell(f"the network namespace {namespace} cannot be entered: {error.strerror}", "run the drill as root") from None


def _enter(descriptor: int) -> None:
    """``setns(2)``; the standard library has it from Python 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def of_process(pid: int) -> Path:
    """The namespace that a process is in."""
    return Path(f"/proc/{pid}/ns/net")
