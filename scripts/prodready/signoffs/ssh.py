"""Statements signed with SSH keys: files of the repository or of a folder of evidence, each beside its ``.sig``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready.evidence.signature import BadSignature, Trust, verify
from prodready.names import shown
from prodready.signoffs.nouns import Source
from prodready.signoffs.signature import Signature, bound
from prodready.signoffs.statement import LIMIT, Statement, parse

FOLDER = ".prodready/signoffs"
"""Where statements lie in a repository. A commit that adds some and nothing else leaves those before it valid."""
MOST = 200
"""Statements that are read."""


class Subject(Struct, frozen=True, kw_only=True):
    """What must have been signed."""

    repository: str
    head: str
    pr: int | None
    policy: str
    """sha256 of the policy that holds."""
    same: Callable[[str], bool]
    """Whether a commit differs from the head by statements alone."""


def signatures(folders: Iterable[Path], subject: Subject, trust: Trust | None, now: datetime) -> tuple[Signature, ...]:
    """The word of every statement below the folders, void where it does not hold. Raises CannotTell when none could be checked at all."""
    files = sorted({path for folder in folders if folder.is_dir() and not folder.is_symlink() for path in folder.glob("*.json")})[:MOST]
    return tuple(one for path in files if (one := _read(path, subject, trust, now)))


def _read(path: Path, subject: Subject, trust: Trust | None, now: datetime) -> Signature | None:
    """None for a file that is no statement at all: it may be another record."""
    try:
        raw, signature = _bounded(path), _bounded(path.with_suffix(".sig")).decode("ascii", "replace")
        statement = parse(raw)
    except (OSError, ValueError):
        return None
    given = Signature(
        who=shown(path.name), how=Source.SSH, commit=statement.commit, at=datetime.fromisoformat(statement.signed), roles=frozenset((statement.role,)),
        about=statement.about, evidence=statement.evidence, until=statement.until,
    )  # fmt: skip
    if trust is None:
        return replace(given, void="cannot be verified: the base has no file of allowed signers")
    try:
        return _held(replace(given, who=verify(raw, signature, trust, now=now)), statement, subject, now)
    except BadSignature as bad:
        if who := _before_revocation(raw, signature, trust, now):
            return replace(given, who=who, void="was signed with a key that is revoked", lapsed=True)
        return replace(given, void=f"is not validly signed: {bad}")


def _before_revocation(raw: bytes, signature: str, trust: Trust, now: datetime) -> str:
    """Whose it would be if no key had been revoked; empty when it was never good."""
    try:
        return verify(raw, signature, replace(trust, revoked=""), now=now) if trust.revoked else ""
    except BadSignature:
        return ""


def _held(given: Signature, statement: Statement, subject: Subject, now: datetime) -> Signature:
    """Signed well; void when it is about something else."""
    if statement.repository != subject.repository:
        void = f"is for the repository {shown(statement.repository)}"
    elif statement.pr is not None and statement.pr != subject.pr:
        void = f"is for pull request #{statement.pr}"
    elif given.at and given.at > now:
        void = f"is dated {given.at:%Y-%m-%d %H:%M}, in the future: a clock is wrong"
    elif statement.until <= now:
        return replace(given, void=f"has expired on {statement.until:%Y-%m-%d %H:%M}", lapsed=True)
    elif statement.about:  # is bound to its files, whatever else has changed
        return given
    elif statement.policy and statement.policy != subject.policy:
        void = "was given under another policy than the one that holds"
    elif statement.commit != subject.head and not subject.same(statement.commit):
        return bound(given, subject.head)
    else:
        return given
    return replace(given, void=void)


def _bounded(path: Path) -> bytes:
    if path.is_symlink() or path.stat().st_size > LIMIT:
        raise ValueError("no statement")
    return path.read_bytes()
