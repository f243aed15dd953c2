"""Every way prodready ends, with its exit code, its name and a paragraph of help."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes (design 4.2). ``--help`` of ``run`` prints ``meaning`` of each."""

    READY = 0
    NOT_READY = 1
    USAGE = 2
    UNKNOWN = 3
    PENDING = 4
    BUG = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One sentence of help."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.READY: "ready: every required item holds and the score reaches the pass mark",
    Exit.NOT_READY: "not ready: something failed, or the score is too low",
    Exit.USAGE: "the command line, profile or configuration is wrong; nothing was run",
    Exit.UNKNOWN: "not ready, and only because something could not be told or its evidence is stale",
    Exit.PENDING: "not ready, and only people are awaited",
    Exit.BUG: "a bug of prodready: please report it with the lines above",
    Exit.INTERRUPTED: "interrupted; every program that was started has been stopped",
}


class ProdreadyError(Exception):
    """The user can mend this: ends the program with exit code 2, the message and the remedy."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
