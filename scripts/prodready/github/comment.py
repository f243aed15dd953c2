"""The one comment a gate keeps on a pull request: found by marker and author, edited in place, read for nothing but who wrote it when."""

from __future__ import annotations

import re

from msgspec import Struct

from prodready.github.client import ACTIONS_BOT, Comment, GitHubError, GitHubPort, Identity, Unreachable
from prodready.settings import Settings

LIMIT = 65536
"""Characters GitHub takes."""
_STAMP = re.compile(r"^<!-- run (\d{1,18})\.(\d{1,9}) ([0-9a-f]{0,64}) ([a-z-]{0,20}) -->$", re.MULTILINE)


def marker(gate: str) -> str:
    """The first line of the comment of a gate; ``--`` would end an HTML comment."""
    return f"<!-- prodready:v1:{gate.replace('--', '__').replace('>', '_')} -->"


class Stamp(Struct, frozen=True, kw_only=True):
    """The second line of the comment: which run wrote it, about which commit, and how that ended. Only our own are read."""

    run: int = 0
    attempt: int = 0
    head: str = ""
    word: str = ""

    @classmethod
    def of(cls, settings: Settings, head: str, word: str) -> Stamp:
        """The stamp of this run."""
        run, attempt = settings.github.run_id, settings.github.run_attempt
        return cls(run=int(run) if run.isdigit() else 0, attempt=int(attempt) if attempt.isdigit() else 0, head=head, word=word)

    @classmethod
    def in_(cls, body: str) -> Stamp:
        """The one a comment bears; an empty one when it bears none."""
        found = _STAMP.search(body[:500])
        return cls(run=int(found[1]), attempt=int(found[2]), head=found[3], word=found[4]) if found else cls()

    def __str__(self) -> str:
        return f"<!-- run {self.run}.{self.attempt} {self.head} {self.word} -->" if self.run else ""

    def newer_than(self, other: Stamp) -> bool:
        """Whether it is of a later run about the same commit: runs of other commits end in no order."""
        return self.head == other.head and (self.run, self.attempt) > (other.run, other.attempt)


NO_STAMP = Stamp()


class Overtaken(Exception):
    """A later run has written already; what we know is older."""


def keep(port: GitHubPort, pr: int, gate: str, text: str, stamp: Stamp = NO_STAMP, *, anew: bool = False) -> Comment:
    """Writes the comment or edits the one there is. Two runs at once end with one comment: the oldest stays. Raises Overtaken and GitHubError.

    With ``anew`` a changed verdict gets a comment of its own, below the talk of people, and the youngest stays.
    """
    body = "\n".join(filter(None, (marker(gate), str(stamp), text)))[:LIMIT]
    me = _myself(port)
    mine = _mine(port, pr, gate, me)
    stamps = [Stamp.in_(comment.body) for comment in mine]
    if any(one.newer_than(stamp) for one in stamps):
        raise Overtaken("a later run about the same commit has written already")
    if anew and mine and stamps[-1].word != stamp.word:
        return _anew(port, pr, gate, body, me)
    if not mine:
        mine = _write(port, pr, gate, body, me)
    oldest, *younger = mine
    for twin in younger:
        port.delete_comment(twin.id)
    return oldest if _same(oldest.body, body) else port.edit_comment(oldest.id, body)


def _anew(port: GitHubPort, pr: int, gate: str, body: str, me: Identity) -> Comment:
    """Another comment at the end; those before it are deleted, so that of two runs at once the younger stays."""
    try:
        made = port.create_comment(pr, body)
    except Unreachable:
        found = [comment for comment in _mine(port, pr, gate, me) if _same(comment.body, body)]
        made = found[-1] if found else port.create_comment(pr, body)
    for older in _mine(port, pr, gate, me):
        if older.id < made.id:
            port.delete_comment(older.id)
    return made


def _write(port: GitHubPort, pr: int, gate: str, body: str, me: Identity) -> tuple[Comment, ...]:
    """Creates it and looks again: another run may have done so at the same time."""
    try:
        made = port.create_comment(pr, body)
    except Unreachable:
        # It may have been stored all the same: look, and write once more only when it was not.
        if mine := _mine(port, pr, gate, me):
            return mine
        made = port.create_comment(pr, body)
    return _mine(port, pr, gate, me) or (made,)


def _mine(port: GitHubPort, pr: int, gate: str, me: Identity) -> tuple[Comment, ...]:
    """Our own comments of this gate, oldest first; anybody can paste a marker, so the author counts."""
    first = marker(gate)
    found = [comment for comment in port.comments(pr) if comment.body.split("\n", 1)[0].strip() == first and me.wrote(comment)]
    return tuple(sorted(found, key=lambda comment: comment.id))


def _myself(port: GitHubPort) -> Identity:
    try:
        return port.whoami()
    except GitHubError:
        return Identity(login=ACTIONS_BOT)


def _same(old: str, new: str) -> bool:
    """GitHub may change line ends and trailing space."""
    return old.replace("\r\n", "\n").rstrip() == new.rstrip()
