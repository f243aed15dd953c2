"""What each commit adds, as a text of its own: for a scanner that reads files."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.checks.secrets.commits import Commits
from prodready.checks.secrets.unsilenced import unsilenced
from prodready.context import Context
from prodready.world.disk import STAGE_LIMIT

_HUNK = re.compile(rb"^@@ -\d+(?:,(?P<gone>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_ESCAPED = re.compile(rb'^"[^\n]*"$')


class Added(Struct, frozen=True, kw_only=True):
    """A folder with a text for each commit, named by its hash."""

    folder: Path
    commits: Commits
    starts: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Of each text: the number of the line at which what was added to a file begins, and the file."""

    @property
    def inputs(self) -> frozenset[str]:
        """The texts, as a scanner prints them; that of the planted commit is not among them."""
        return frozenset(str(self.folder / commit) for commit in self.starts) - {self.canary}

    @property
    def canary(self) -> str:
        """The text of the planted commit."""
        return str(self.folder / self.commits.borrowed.canary)

    def origin(self, text: str, line: int | None) -> tuple[str, str]:
        """The commit, and the file to which it added that line of its text."""
        commit = Path(text).name
        files = self.starts[commit]
        return commit, files[max(bisect_right(files, line or 1, key=lambda start: start[0]) - 1, 0)][1]


def texts(ctx: Context, commits: Commits) -> Added:
    """Writes the texts. Raises CannotTell when git does not tell of each commit what it adds."""
    written = Added(folder=ctx.scratch(), commits=commits)
    patches = commits.borrowed.folder / "patches"
    commits.borrowed.git("log", "--format=%x00%H", "--patch", "--unified=0", "--diff-filter=d", f"--output={patches}", *commits.walk)
    if patches.stat().st_size > STAGE_LIMIT:
        raise CannotTell(
            f"what the commits add is larger than {STAGE_LIMIT // 1024**3} GiB together", "gate pull requests, which have few commits, with TruffleHog"
        )
    with patches.open("rb") as lines:
        seen = set(_write(lines, written))
    patches.unlink()
    if missing := {*commits.additions.commits, commits.borrowed.canary} - seen:
        raise CannotTell(f"git does not tell what {len(missing)} commits add", "look with 'git fsck' whether the repository is whole")
    return written


def _write(lines: BinaryIO, written: Added) -> Iterator[str]:
    """Writes what each commit adds, if anything; the hashes of all that are read."""
    commit, path, number = "", "", 0
    for line in lines:
        if line.startswith(b"\0"):
            commit, number = line[1:].strip().decode("ascii"), 0
            yield commit
        elif line.startswith(b"+++ "):
            path = _path(line[4:])
        elif hunk := _HUNK.match(line):
            text = b"".join(_new(lines, int(hunk["gone"] or 1), int(hunk["new"] or 1)))
            if text:
                number = _append(written, commit, path, text, number)


def _new(lines: BinaryIO, gone: int, new: int) -> Iterator[bytes]:
    """The added lines of a part. They are counted, so that none of them is taken for something else."""
    while gone or new:
        line = lines.readline()
        if line.startswith(b"+"):
            new -= 1
            yield line[1:]
        elif line.startswith(b"-"):
            gone -= 1
        elif not line.startswith(b"\\"):
            raise CannotTell("git broke off while it told what a commit adds", "look with 'git fsck' whether the repository is whole")


def _append(written: Added, commit: str, path: str, text: bytes, number: int) -> int:
    """Adds to a commit's text; returns how many lines it has now. An empty line parts what comes from different places."""
    text = unsilenced(text.rstrip(b"\n") + b"\n\n")
    written.starts.setdefault(commit, []).append((number + 1, path))
    with (written.folder / commit).open("ab") as file:
        file.write(text)
    return number + text.count(b"\n")


def _path(told: bytes) -> str:
    """A path as git writes it after ``+++``: with a prefix, and quoted as in C where it is odd."""
    told = told.rstrip(b"\n").removesuffix(b"\t")
    raw = ast.literal_eval("b" + told.decode("ascii")) if _ESCAPED.match(told) else told
    return bytes(raw).removeprefix(b"b/").decode("utf-8", "replace")
