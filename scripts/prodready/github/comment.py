"""The one comment a gate keeps on a pull request: found by marker and author, edited in place, never read for its contents."""

from __future__ import annotations

from prodready.github.client import ACTIONS_BOT, Comment, GitHubError, GitHubPort, Identity, Unreachable

LIMIT = 65536
"""Characters GitHub takes."""


def marker(gate: str) -> str:
    """The first line of the comment of a gate; ``--`` would end an HTML comment."""
    return f"<!-- prodready:v1:{gate.replace('--', '__').replace('>', '_')} -->"


def keep(port: GitHubPort, pr: int, gate: str, text: str) -> Comment:
    """Writes the comment or edits the one there is. Two runs at once end with one comment: the oldest stays. Raises GitHubError."""
    body = f"{marker(gate)}\n{text}"[:LIMIT]
    me = _myself(port)
    mine = _mine(port, pr, gate, me)
    if not mine:
        mine = _write(port, pr, gate, body, me)
    oldest, *younger = mine
    for twin in younger:
        port.delete_comment(twin.id)
    return oldest if _same(oldest.body, body) else port.edit_comment(oldest.id, body)


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
