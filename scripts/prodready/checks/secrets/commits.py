"""The commits behind the files: which of them add anything, counted by git itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.secrets.borrowed import Borrowed, borrow
from prodready.context import Context, History
from prodready.tools.scan import printable

WALK = ("--text", "--no-renames", "--no-merges", "--full-history", "--ignore-submodules=all")
"""Of each commit all that it adds, whatever an attribute says; what a merge brings was added by a commit of its branch.
Without ``--full-history`` git leaves out a branch that took back what it had added, when paths are given."""


class Commits(Struct, frozen=True, kw_only=True):
    """The commits to read, as git lists them."""

    borrowed: Borrowed
    walk: tuple[str, ...]
    """The words that make ``git log`` list them, and the planted one last."""
    prefix: str
    """The gated folder within the repository; empty at the top."""
    additions: Additions

    def place(self, path: str) -> str:
        """A file of a commit, as a path below the gated folder."""
        return path.removeprefix(printable(self.prefix))

    @property
    def ages(self) -> dict[str, int]:
        """How many commits are newer than each."""
        return {commit: number for number, commit in enumerate(self.additions.commits)}


def listed(ctx: Context, history: History, *, since: str, mark: str) -> Commits:
    """The commits after ``since`` (empty: all) up to HEAD. Raises CannotTell."""
    borrowed = borrow(ctx, history, mark)
    where = ("--", borrowed.file, _pathspec(history.prefix)) if history.prefix else ()
    walk = (*WALK, history.head, borrowed.canary, *([f"^{since}"] if since else []), *where)
    return Commits(borrowed=borrowed, walk=walk, prefix=history.prefix, additions=Additions.count(borrowed, walk))


def _pathspec(prefix: str) -> str:
    """The gated folder as git matches it. gitleaks splits its options at blanks, so whatever is not plain becomes the wildcard for one byte."""
    return ":(top,glob)" + re.sub(rb"[^A-Za-z0-9._/-]", b"?", prefix.encode("utf-8", "surrogateescape")).decode() + "**"


class Additions(Struct, frozen=True, kw_only=True):
    """The commits that change lines of a file they do not delete: those that gitleaks counts."""

    commits: tuple[str, ...]
    """The newest first."""
    binary: frozenset[str]
    """Those of them that add only to binary files, in which git counts no lines: nothing may have been added after all."""

    @classmethod
    def count(cls, borrowed: Borrowed, walk: Sequence[str]) -> Additions:
        """Asks git. Raises CannotTell."""
        added, text, binary = dict[str, None](), set[str](), set[str]()  # a dict keeps the order of the log
        commit = ""
        for line in borrowed.git("log", "--format=%H", "--numstat", "--diff-filter=d", *walk).splitlines():
            lines, _, rest = line.partition("\t")
            if line and not rest:
                commit = line
            elif lines == "-":
                added.setdefault(commit)
                binary.add(commit)
            elif lines and not line.startswith("0\t0\t"):  # gitleaks also counts a commit that only takes lines away
                added[commit] = None
                text.add(commit)
        if borrowed.canary not in text:
            raise CannotTell("git did not list the commit that was planted to be read last", "look with 'git fsck' whether the repository is whole")
        return cls(commits=tuple(commit for commit in added if commit != borrowed.canary), binary=frozenset(binary - text))

    def agrees(self, scanned: int) -> bool:
        """Whether that many commits, the canary among them, is what there was to read."""
        return len(self.commits) - len(self.binary) <= scanned - 1 <= len(self.commits)
