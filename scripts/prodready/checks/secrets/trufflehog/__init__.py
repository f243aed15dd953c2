"""TruffleHog, the third voice: how it is called and read. Its standard output holds the secrets themselves and goes no further than here.

It reads what commits add as texts of ours, in the same run as the files: of a range its own command reads as many commits as come before the base in the
log, which are not all where branches were merged, and it tells a number of commits that git does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready.checks.secrets import gitleaks
from prodready.checks.secrets.added import Added
from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.question import Question
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, json_of, want
from prodready.tools.scan import TREE, Scan, Scanned, scan

FOUND = 183
"""Its exit code with --fail."""
CANARY_RULE = "Github"
ADDRESSES = frozenset(("CouchBase", "FTP", "JDBC", "LDAP", "MongoDB", "Postgres", "RabbitMQ", "Redis", "SQLServer", "Snowflake", "URI"))
"""Detectors that go by the shape of an address with a password in it: mostly examples, unless the address lets one in."""

LOCK = re.compile(r"(?i)(?:\.lock|[-.]lock\.(?:json|ya?ml)|go\.sum|checksums?\.txt)$")
"""Files full of hashes, in which some detectors see keys."""


def scan_bench(ctx: Context, asked: Question) -> Scanned:
    """Scans the copies on a bench, and the texts of the commits; the anchor of each finding is the secret's identity. Raises CannotTell."""
    made, past = asked.bench, asked.past
    canary = planted(made)
    manner = Manner(
        codes={0: Says.NOTHING, FOUND: Says.SOMETHING},
        parse=_Reader(asked=asked).read,
        inputs=made.inputs | (past.inputs if past else frozenset()),
        canary=Canary(faults=dict.fromkeys([canary, *([past.canary] if past else [])], CANARY_RULE)),
        quotable=False,
    )
    flags = ("--json", "--no-update", "--fail", "--fail-on-scan-errors", "--results=verified,unknown,unverified", "--log-level=3", "--no-color")
    folders = (TREE, canary.partition("/")[0], *([str(past.folder)] if past else []))
    args = ("filesystem", *flags, *([] if asked.verify else ["--no-verification"]), *folders)
    return scan(ctx.run, Scan(tool="trufflehog", args=args, cwd=made.folder, manner=manner, deadline=asked.deadline))


def parted(scanned: Scanned, past: Added) -> tuple[Scanned, tuple[Finding, ...]]:
    """What was found in the files, and in the commits, the oldest first."""
    ages = past.commits.ages
    of_commits = [finding for finding in scanned.findings if finding.path in past.inputs]
    oldest_first = sorted(of_commits, key=lambda finding: ages[Path(finding.path).name], reverse=True)
    of_files = tuple(finding for finding in scanned.findings if finding.path not in past.inputs)
    gaps = tuple(gap.replace(f"{past.folder}/", "commit ") for gap in scanned.gaps)
    return replace(scanned, findings=of_files, gaps=gaps), tuple(_placed(finding, past) for finding in oldest_first)


def _placed(finding: Finding, past: Added) -> Finding:
    """The finding at its file. The line was that of the commit, and may be another one today."""
    commit, path = past.origin(finding.path, finding.line)
    words = finding.message.rpartition("; ")[2]
    return replace(
        finding,
        path=past.commits.place(path),
        line=None,
        message=f"a secret ({finding.rule}) was committed in {commit[:10]} and stays in the history for everyone who can clone it; {words}",
        fix=gitleaks.PAST_FIX,
    )


class _Reader(Struct, frozen=True, kw_only=True):
    asked: Question

    def read(self, output: Output) -> Reading:
        """What was found where, and which files were read. Raises Malformed."""
        where = self.asked.bench.where
        findings = dict.fromkeys(self._finding(result) for result in _lines(output.report.decode("utf-8", "replace")))
        return Reading(findings=tuple(findings), scanned=frozenset(map(where, _scanned(output.stderr))))

    def _finding(self, result: Mapping[str, object]) -> Finding:
        place = want(want(want(result, "SourceMetadata", dict), "Data", dict), "Filesystem", dict)
        detector, raw = want(result, "DetectorName", str), want(result, "Raw", str)
        path = self.asked.bench.where(want(place, "file", str))
        content = self._content(path)
        line = _line(content, raw, place)
        severity, words = self._weight(result, hint=detector in ADDRESSES or bool(LOCK.search(self._origin(path, line))))
        return Finding(
            rule=detector,
            message=f"a secret ({detector}) is in the file for everyone who can read it; {words}",
            severity=severity,
            path=path,
            line=line,
            fix="revoke it first, then take it out of the file and read it from a secret store; removing the line alone does not help, history keeps it",
            anchor=self.asked.identity.of(content.encode(), line or 0, (line or 0) + raw.strip().count("\n"), otherwise=path),
        )

    def _origin(self, path: str, line: int | None) -> str:
        """The file that it is about."""
        past = self.asked.past
        return past.origin(path, line)[1] if past and path in past.inputs else path

    def _weight(self, result: Mapping[str, object], *, hint: bool) -> tuple[Severity, str]:
        """How bad it is: what could not be tried counts as if it worked."""
        if want(result, "Verified", bool):
            return Severity.CRITICAL, "it works: its issuer let TruffleHog in"
        if self.asked.verify and not result.get("VerificationError"):
            return Severity.LOW, "its issuer refuses it today"
        tried = "whether it works could not be found out" if self.asked.verify else "whether it works was not tried, as that would send it to its issuer"
        return Severity.LOW if hint else Severity.HIGH, tried

    def _content(self, path: str) -> str:
        copy = self.asked.bench.folder / TREE / path  # the text of a commit is named by its whole path, and is found there
        return copy.read_bytes().decode("utf-8", "replace") if copy.is_file() else ""


def _lines(report: str) -> Iterator[Mapping[str, object]]:
    """The results: a JSON object a line."""
    for line in report.splitlines():
        data = json_of(line.encode())
        if not isinstance(data, dict):
            raise Malformed("a line is no JSON object")
        yield data


def _scanned(log: str) -> Iterator[str]:
    """The files that it says it opened. Raises Malformed when it does not say that it came to an end, or tells of an error."""
    ended = False
    for line in filter(None, log.splitlines()):
        said = json_of(line.encode())
        level, words = want(said, "level", str), want(said, "msg", str)
        if not level.startswith("info") or "remainder of file not scanned" in words or "exceeds max" in words:
            raise Malformed("its log tells of an error")
        if words == "scanning file":
            yield want(said, "path", str)
        ended = ended or (words == "finished scanning" and want(said, "chunks", int) > 0)
    if not ended:
        raise Malformed("its log does not tell that it came to an end")


def _line(content: str, raw: str, place: Mapping[str, object]) -> int | None:
    """Where the secret begins: the line it says may be one off. A secret that was decoded stands nowhere as it is, and keeps that line."""
    start = content.find(raw.strip().splitlines()[0]) if raw.strip() else -1
    told = place.get("line")
    return content.count("\n", 0, start) + 1 if start >= 0 else told if isinstance(told, int) and told > 0 else None
