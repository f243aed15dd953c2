"""Where a monitor listens, and how it tells what happens."""

from __future__ import annotations

import sys
import time

from prodready.errors import ProdreadyError
from prodready.monitors.exposition import Metrics, serve


def place(words: str) -> tuple[str, int]:
    """``host:port``. Raises ProdreadyError for what is none."""
    host, _, port = words.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ProdreadyError(f"{words!r} is no place", "write for example 127.0.0.1:9464")
    return host.strip("[]"), int(port)


def listen(metrics: Metrics, words: str) -> None:
    """Serves the metrics there. Raises ProdreadyError."""
    host, port = place(words)
    try:
        server = serve(metrics, host, port)
    except OSError as error:
        raise ProdreadyError(f"it cannot listen at {words}: {error}", "take a free port of this machine") from None
    say(f"serving http://{host}:{server.server_port}/metrics")


def say(words: str) -> None:
    """One line of what was asked for."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def tell(words: str) -> None:
    """One line of what happened, with its time."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()
