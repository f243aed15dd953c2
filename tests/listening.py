"""A server of the standard library, served on a thread for as long as a block runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import TypeVar

S = TypeVar("S", bound=BaseServer)


@contextmanager
def listening(server: S) -> Iterator[S]:
    """The server, until the end of the block."""
    server.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
