"""Ports for servers that a test starts with a number: those that bind port 0 themselves need none of these."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

WORKERS = 8
"""As many test processes at once take turns: the ports of one are never those of another."""


def free(host: str = "127.0.0.1") -> int:
    """A port nobody listens on, nor will before the server of the caller does: none is told twice, and the system gives none of them to anybody."""
    return next(port for port in _TURNS if _unused(host, port))


def _turns() -> Iterator[int]:
    """The ports below those that connections are given, once around from anywhere."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(given.read_text("ascii").split()[0]) if given.exists() else 32768
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    mine = range(max(end - 20_000, 1024) + worker, end, WORKERS)
    start = random.randrange(len(mine))
    yield from (*mine[start:], *mine[:start])


def _unused(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        try:
            one.bind((host, port))
        except OSError:
            return False
    return True


_TURNS = _turns()
