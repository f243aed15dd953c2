"""The commits behind the files, scanned by gitleaks patch by patch and counted against git itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from prodready.check import CannotTell
from prodready.checks.secrets import gitleaks
from prodready.checks.secrets.borrowed import Borrowed, borrow
from prodready.checks.secrets.identity import Identity
from prodready.context import Context, History
from prodready.model import Finding
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, want
from prodready.tools.scan import Scan, Scanned, printable, scan

WALK = ("--text", "--no-renames", "--no-merges", "--full-history", "--ignore-submodules=all")
"""Of each commit all that it adds, whatever an attribute says; what a merge brings was added by a commit of its branch.
Without ``--full-history`` git leaves out a branch that took back what it had added, when paths are given."""
MOST_FILES = 500
"""Files of the past that are read to compare what was found in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was found in the commits, the oldest first."""

    scanned: Scanned
    commits: int
    """How many add anything, and were thus read."""


def scan_past(ctx: Context, history: History, identity: Identity, *, since: str, mark: str, deadline: float) -> Past:
    """Scans the commits after ``since`` (empty: all) up to HEAD; the anchor of each finding is the secret's identity. Raises CannotTell."""
    borrowed = borrow(ctx, history, mark)
    where = ("--", borrowed.file, _pathspec(history.prefix)) if history.prefix else ()
    walk = (*WALK, history.head, borrowed.canary, *([f"^{since}"] if since else []), *where)
    additions = Additions.count(borrowed, walk)
    reader = _Reader(borrowed=borrowed, prefix=history.prefix, additions=additions, identity=identity)
    report = borrowed.folder / f"report-{mark}.json"
    canary = Canary(faults={borrowed.canary: gitleaks.CANARY_RULE})
    manner = Manner(codes=gitleaks.CODES, parse=reader.read, inputs=frozenset(additions.commits), canary=canary, quotable=False)
    args = ("git", *gitleaks.flags(report, level="info"), f"--log-opts={' '.join(walk)}", ".")
    scanned = scan(ctx.run, Scan(tool="gitleaks", args=args, cwd=borrowed.folder, manner=manner, report=report, env=borrowed.environment, deadline=deadline))
    age = {commit: number for number, commit in enumerate(additions.commits)}
    oldest_first = sorted(scanned.findings, key=lambda finding: age[finding.path], reverse=True)
    placed = [reader.placed(finding) for finding in oldest_first]
    findings = tuple(replace(finding, suppressed=_left_out(ctx, finding.path)) for finding in placed)
    return Past(scanned=replace(scanned, findings=findings), commits=len(additions.commits))


def _left_out(ctx: Context, path: str) -> str:
    reason = ctx.repo.excluded(path)
    return f"excluded: {reason}" if reason else ""


def _pathspec(prefix: str) -> str:
    """The gated folder as git matches it. gitleaks splits its options at blanks, so whatever is not plain becomes the wildcard for one byte."""
    return ":(top,glob)" + re.sub(rb"[^A-Za-z0-9._/-]", b"?", prefix.encode("utf-8", "surrogateescape")).decode() + "**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
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


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one report and its log. While coverage is judged, the path of a finding is its commit; ``placed`` then puts the file there."""

    borrowed: Borrowed
    prefix: str
    additions: Additions
    identity: Identity
    content: dict[str, bytes | None] = field(default_factory=dict)

    def read(self, output: Output) -> Reading:
        """What was found in which commit. Raises Malformed."""
        scanned = gitleaks.commits_scanned(output)
        if not self.additions.agrees(scanned):
            raise Malformed(f"it read {scanned - 1} commits, and git counts {len(self.additions.commits)} that add something")
        return Reading(findings=tuple(map(self._finding, gitleaks.leaks(output))), scanned=self.additions.commits)

    def _finding(self, leak: Mapping[str, object]) -> Finding:
        commit, path = want(leak, "Commit", str), want(leak, "File", str)
        plain = gitleaks.finding(leak, path=path)
        same = self.identity.of(plain.rule, self._content(commit, path), plain.line or 0, want(leak, "EndLine", int), otherwise=path)
        return replace(plain, path=commit, anchor=f"{same} {path}")

    def _content(self, commit: str, path: str) -> bytes | None:
        """The file as it was, for a bounded number of files: beyond, a secret that moved may be told twice."""
        name = f"{commit}:{path}"
        if name not in self.content and len(self.content) < MOST_FILES:
            self.content[name] = self.borrowed.blob(name)
        return self.content.get(name)

    def placed(self, finding: Finding) -> Finding:
        """The finding at its file. The line was that of the commit, and may be another one today."""
        same, _, path = finding.anchor.partition(" ")
        return replace(
            finding,
            path=path.removeprefix(printable(self.prefix)),
            line=None,
            anchor=same,
            message=f"{gitleaks.kind(finding.rule)} was committed in {finding.path[:10]} and stays in the history for everyone who can clone it",
            fix="revoke it first: taking it out of the files does not take it out of the history ('git filter-repo' does, once it is revoked)",
        )
