"""Somebody who may say so has said it, about these very files, and it still holds.

``roles`` are roles of the policy; each must have spoken, and one person speaks for one of them. With a ``statement`` its name is what was said:
``prodready sign ROLE --about NAME`` signs it with an SSH key together with the sha256 of every file that matches ``files``, until a day; where the
policy admits comments, ``/attest NAME COMMIT`` does the same for the files as that commit has them. It is not bound to a commit otherwise: a report
that was signed in spring still is in summer, unless it was changed. Without a ``statement`` it is the role's sign-off on the very commit: a review, an
approval, a statement or a comment (docs/sign-offs.md).

Nobody has spoken: the item waits for people. A file was changed or added since, the word has expired, was taken back, or its key was revoked: it is
stale. A file that is not there, or a person of the role who said no, fails it. Words that could not be heard leave it unknown.

An item that uses it:

    - id: risk.policy-approved
      title: The risk officer has approved the risk policy
      check: attestation
      params: {statement: risk-policy, roles: [risk-officer], files: [docs/risk-policy.md]}
      max_age: 365 d
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from prodready.check import Awaited, CannotTell, Check, Lapsed
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.signoffs.nouns import Word

_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class Params(Struct, frozen=True, kw_only=True):
    """Who must have said what about which files."""

    roles: tuple[str, ...]
    """Roles of the policy that must have spoken, each by another person."""
    statement: str = ""
    """The name of what is said; empty for the sign-off on the commit."""
    files: tuple[str, ...] = ()
    """gitignore patterns of the evidence; each must match a file."""

    def __post_init__(self) -> None:
        if not self.roles:
            raise ValueError("roles: name the role that must speak")
        if self.statement and not _NAME.fullmatch(self.statement):
            raise ValueError(f"statement: {self.statement!r}: use lower-case letters, digits, dots and dashes")


def observe(ctx: Context, params: Params) -> Found:
    """How the roles stand. Raises CannotTell, Awaited and Lapsed."""
    if ctx.people is None:
        raise CannotTell("nobody is asked here", "run the whole gate: 'prodready run'")
    if absent := [pattern for pattern in params.files if not ctx.repo.files(pattern)]:
        findings = tuple(_absent(pattern, params) for pattern in absent)
        return Found(examined=1, evidence=Evidence(source=f"the files of the repository, looking for {few(absent)}"), findings=findings)
    files = {path: ctx.repo.sha256(path) for path in ctx.repo.files(*params.files)} if params.files else {}
    words = ctx.people.attested(params.roles, params.statement, files)
    refused = tuple(_refused(word) for word in words if word.against and word.row.missing)
    if not refused:
        _open([word for word in words if word.row.missing], params)
    return Found(examined=len(words), evidence=_evidence(words, files), findings=refused)


def _open(missing: Sequence[Word], params: Params) -> None:
    """Raises CannotTell for a word that could not be heard, Lapsed when all that is missing was given once, Awaited for everything else."""
    if not missing:
        return
    reason = "; ".join(f"{word.row.role}: {word.row.missing}" for word in missing)
    if any(word.row.untold for word in missing):
        raise CannotTell(reason, "let the job read what it needs, and run the gate again")
    kind = Lapsed if all(word.lapsed for word in missing) else Awaited
    raise kind(reason, " and ".join(_how(word.row.role, params) for word in missing))


def _how(role: str, params: Params) -> str:
    quoted = f"'{role}'" if " " in role else role
    return f"prodready sign {quoted} --about {params.statement}" if params.statement else f"approve this very commit, or: prodready sign {quoted}"


def _absent(pattern: str, params: Params) -> Finding:
    words = f"no file matches {pattern}, so there is nothing that {few(params.roles)} could attest"
    return Finding(rule="missing-evidence", message=words, severity=Severity.HIGH, fix=f"put the evidence there: {pattern}")


def _refused(word: Word) -> Finding:
    return Finding(rule="refused", message=f"{word.row.role}: {word.row.missing}", severity=Severity.HIGH, fix="do what that person asks for, then ask again")


def _evidence(words: Sequence[Word], files: Mapping[str, str]) -> Evidence:
    """Who spoke, when and how; good until the first of the words ends."""
    about = f" on {', '.join(map(shown, files))}" if 0 < len(files) <= 3 else f" on {counted(len(files), 'file')}" if files else ""
    given = [word.row for word in words if not word.row.missing]
    return Evidence(
        source="; ".join(_said(words)) + about, sha256=_digest(files),
        collected=min((row.at for row in given if row.at), default=None), expires=min((word.until for word in words if word.until), default=None),
    )  # fmt: skip


def _said(words: Sequence[Word]) -> Iterator[str]:
    for word in words:
        row = word.row
        until = f", until {word.until:%Y-%m-%d}" if word.until else ""
        when = f" on {row.at:%Y-%m-%d}" if row.at else ""
        yield f"{row.role}: {row.missing}" if row.missing else f"{row.who} for {row.role} ({row.how}{when}{until})"


def _digest(files: Mapping[str, str]) -> str:
    """Of the one file; of several, that of the list ``sha256sum`` would print."""
    if len(files) <= 1:
        return next(iter(files.values()), "")
    return hashlib.sha256("".join(f"{digest}  {path}\n" for path, digest in files.items()).encode("utf-8", "surrogateescape")).hexdigest()


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="people", people=True)
