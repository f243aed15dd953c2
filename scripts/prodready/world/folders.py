"""Private folders of one check. Small ones are in memory, where making a file costs a twentieth of what it costs on a disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field

MEMORY = Path("/dev/shm")  # noqa: S108 # nosec B108 - the folders in it are made by mkdtemp, for us alone
MOST = 256 * 1024**2
"""Bytes that one folder may take of the memory."""
SHARE = 4
"""Of what is free there, one folder takes at most this part: others write there too."""


class Scratch(Struct, frozen=True, kw_only=True):
    """Makes folders, and knows which."""

    memory: Path | None
    """Where files are kept in memory; None keeps all of them on disk."""
    made: list[Path] = field(default_factory=list)

    def folder(self) -> Path:
        """A new one on disk."""
        return self._new(None)

    def small(self, size: int) -> Path:
        """A new one for that many bytes, in memory where there is room."""
        if self.memory and size <= min(MOST, _free(self.memory) // SHARE):
            try:
                return self._new(self.memory)
            except OSError:
                pass  # not ours to write in
        return self._new(None)

    def _new(self, below: Path | None) -> Path:
        import tempfile

        self.made.append(Path(tempfile.mkdtemp(prefix="prodready-", dir=below)))
        return self.made[-1]


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Folders that are gone afterwards. Who sets TMPDIR has chosen where they are."""
    maker = Scratch(memory=None if "TMPDIR" in os.environ else MEMORY)
    try:
        yield maker
    finally:
        for folder in maker.made:
            shutil.rmtree(folder, ignore_errors=True)


def _free(folder: Path) -> int:
    try:
        room = os.statvfs(folder)
    except OSError:
        return 0
    return room.f_bavail * room.f_frsize
