"""Ports on loopback for servers that want a number. Standard library alone, so that programs beside the package may use it."""

from __future__ import annotations

import random
import socket
import sys
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The ports that Linux gives to connections and to whoever binds port 0: none of ours may be among them."""
WIDTH = 4_000
BELOW = 20_000
"""How far below those ours end: the tests of this project have the ones between."""


class Ports:
    """Ports that nobody listens on, nor will before the server they are meant for: no two of these, in whatever process, hold the same one."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self) -> int:
        """Another one, held until ``close`` or the end of the process. Raises OSError when all are taken."""
        for port in _shuffled():
            if _unused(port) and self._ours(port):
                return port
        raise OSError("no port on loopback is free")

    def close(self) -> None:
        """Lets others have them."""
        while self._held:
            self._held.pop().close()

    def _ours(self, port: int) -> bool:
        """Takes the port's name, which ends with the process; a name is no file, and only Linux has them."""
        if not sys.platform.startswith("linux"):
            return True
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0prodready-port-{port}")
        except OSError:
            name.close()
            return False
        self._held.append(name)
        return True


def _shuffled() -> list[int]:
    given = int(RANGE.read_text("ascii").split()[0]) if RANGE.exists() else 49_152
    last = max(given - BELOW, 1024 + WIDTH)
    return random.sample(range(last - WIDTH, last), WIDTH)


def _unused(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
