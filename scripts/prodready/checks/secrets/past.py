"""The commits behind the files, scanned by gitleaks patch by patch and counted against git itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from prodready.checks.secrets import gitleaks
from prodready.checks.secrets.commits import Commits
from prodready.checks.secrets.identity import Identity
from prodready.context import Context
from prodready.model import Finding
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, want
from prodready.tools.scan import Scan, Scanned, scan

MOST_FILES = 500
"""Files of the past that are read to compare what was found in them."""


def scan_past(ctx: Context, commits: Commits, identity: Identity, *, mark: str, deadline: float) -> Scanned:
    """Scans the commits; the findings are the oldest first, and the anchor of each is the secret's identity. Raises CannotTell."""
    borrowed, additions = commits.borrowed, commits.additions
    reader = _Reader(commits=commits, identity=identity)
    report = borrowed.folder / f"report-{mark}.json"
    canary = Canary(faults={borrowed.canary: gitleaks.CANARY_RULE})
    manner = Manner(codes=gitleaks.CODES, parse=reader.read, inputs=frozenset(additions.commits), canary=canary, quotable=False)
    args = ("git", *gitleaks.flags(report, level="info"), f"--log-opts={' '.join(commits.walk)}", ".")
    scanned = scan(ctx.run, Scan(tool="gitleaks", args=args, cwd=borrowed.folder, manner=manner, report=report, env=borrowed.environment, deadline=deadline))
    ages = commits.ages
    oldest_first = sorted(scanned.findings, key=lambda finding: ages[finding.path], reverse=True)
    return replace(scanned, findings=tuple(map(reader.placed, oldest_first)))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one report and its log. While coverage is judged, the path of a finding is its commit; ``placed`` then puts the file there."""

    commits: Commits
    identity: Identity
    content: dict[str, bytes | None] = field(default_factory=dict)

    def read(self, output: Output) -> Reading:
        """What was found in which commit. Raises Malformed."""
        scanned = gitleaks.commits_scanned(output)
        additions = self.commits.additions
        if not additions.agrees(scanned):
            raise Malformed(f"it read {scanned - 1} commits, and git counts {len(additions.commits)} that add something")
        return Reading(findings=tuple(map(self._finding, gitleaks.leaks(output))), scanned=additions.commits)

    def _finding(self, leak: Mapping[str, object]) -> Finding:
        commit, path = want(leak, "Commit", str), want(leak, "File", str)
        plain = gitleaks.finding(leak, path=path)
        same = self.identity.of(self._content(commit, path), plain.line or 0, want(leak, "EndLine", int), otherwise=path)
        return replace(plain, path=commit, anchor=f"{same} {path}")

    def _content(self, commit: str, path: str) -> bytes | None:
        """The file as it was, for a bounded number of files: beyond, a secret that moved may be told twice."""
        name = f"{commit}:{path}"
        if name not in self.content and len(self.content) < MOST_FILES:
            self.content[name] = self.commits.borrowed.blob(name)
        return self.content.get(name)

    def placed(self, finding: Finding) -> Finding:
        """The finding at its file. The line was that of the commit, and may be another one today."""
        same, _, path = finding.anchor.partition(" ")
        return replace(
            finding,
            path=self.commits.place(path),
            line=None,
            anchor=same,
            message=f"{gitleaks.kind(finding.rule)} was committed in {finding.path[:10]} and stays in the history for everyone who can clone it",
            fix=gitleaks.PAST_FIX,
        )
