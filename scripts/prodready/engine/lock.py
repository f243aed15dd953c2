"""One drill at a time on a machine: two faults at once prove nothing about either."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodready.errors import ProdreadyError


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Holds the lock in ``folder``; the kernel lets go of it when the process dies. Raises ProdreadyError while another drill runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "drill.lock").open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            raise ProdreadyError(
                f"another drill is running: {handle.read(200).strip() or 'it has not said which'}", "start this one when it has ended"
            ) from None
        handle.truncate(0)
        handle.write(f"{what}, process {os.getpid()}\n")
        handle.flush()
        yield
