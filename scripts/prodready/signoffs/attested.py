"""Attestations: a person's word on named files, which ends when one of them changes. A word with a key is bound to their hashes, another to its commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.names import few, shown
from prodready.signoffs.nouns import Source
from prodready.signoffs.signature import Signature


def bound(given: Signature, files: Mapping[str, str], repo: Repo, head: str) -> Signature:
    """The word, void when the files (path -> sha256) are not those it was given for."""
    if given.void or not files:
        return given
    if given.how is Source.SSH and given.about:
        other = [path for path, digest in files.items() if given.evidence.get(path) != digest]
        return _lapsed(given, [path for path in other if path in given.evidence], [path for path in other if path not in given.evidence])
    try:
        changed, absent = _since(repo, given.commit or head, files)
    except CannotTell as unable:
        return replace(given, void=f"is for {given.commit[:12]}, which cannot be compared here: {unable.reason}")
    return _lapsed(given, changed, absent)


def _lapsed(given: Signature, changed: Collection[str], absent: Collection[str]) -> Signature:
    if changed:
        return replace(given, void=f"was given before {few([shown(path) for path in changed])} changed", lapsed=True)
    return replace(given, void=f"does not cover {few([shown(path) for path in absent])}", lapsed=True) if absent else given


def _since(repo: Repo, commit: str, files: Collection[str]) -> tuple[list[str], list[str]]:
    """Which of the files are not as the commit has them, and which it has not. Raises CannotTell."""
    prefix = repo.history.prefix if repo.history else ""
    whole = [f"{prefix}{path}" for path in files]
    there = set(repo.git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split("\0"))
    changed = set(repo.git("diff", "--no-renames", "--name-only", "-z", "--end-of-options", commit, "--", *whole).split("\0"))
    return [path for path in files if f"{prefix}{path}" in changed], [path for path in files if f"{prefix}{path}" not in there]
