"""TruffleHog, the third voice: how it is called and read. Its standard output holds the secrets themselves and goes no further than here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prodready.checks.secrets.canary import planted
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, json_of, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, scan

FOUND = 183
"""Its exit code with --fail."""
CANARY_RULE = "Github"
ADDRESSES = frozenset(("CouchBase", "FTP", "JDBC", "LDAP", "MongoDB", "Postgres", "RabbitMQ", "Redis", "SQLServer", "Snowflake", "URI"))
"""Detectors that go by the shape of an address with a password in it: mostly examples, unless the address lets one in."""

LOCK = re.compile(r"(?i)(?:\.lock|[-.]lock\.(?:json|ya?ml)|go\.sum|checksums?\.txt)$")
"""Files full of hashes, in which some detectors see keys."""


def scan_bench(ctx: Context, made: Bench, *, verify: bool, deadline: float) -> Scanned:
    """Scans the copies on a bench. Unless ``verify`` is set, no secret is sent to anybody to see whether it works. Raises CannotTell."""
    canary = planted(made)
    manner = Manner(
        codes={0: Says.NOTHING, FOUND: Says.SOMETHING},
        parse=_Reader(bench=made, verify=verify).read,
        inputs=made.inputs,
        canary=Canary(faults={canary: CANARY_RULE}),
        quotable=False,
    )
    flags = ("--json", "--no-update", "--fail", "--fail-on-scan-errors", "--results=verified,unknown,unverified", "--log-level=3", "--no-color")
    args = ("filesystem", *flags, *([] if verify else ["--no-verification"]), TREE, canary.partition("/")[0])
    return scan(ctx.run, Scan(tool="trufflehog", args=args, cwd=made.folder, manner=manner, deadline=deadline))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    bench: Bench
    verify: bool

    def read(self, output: Output) -> Reading:
        """What was found where, and which files were read. Raises Malformed."""
        findings = dict.fromkeys(self._finding(result) for result in _lines(output.report.decode("utf-8", "replace")))
        return Reading(findings=tuple(findings), scanned=frozenset(map(self.bench.where, _scanned(output.stderr))))

    def _finding(self, result: Mapping[str, object]) -> Finding:
        place = want(want(want(result, "SourceMetadata", dict), "Data", dict), "Filesystem", dict)
        detector, raw = want(result, "DetectorName", str), want(result, "Raw", str)
        path = self.bench.where(want(place, "file", str))
        severity, words = self._weight(result, hint=detector in ADDRESSES or bool(LOCK.search(path)))
        return Finding(
            rule=detector,
            message=f"a secret ({detector}) is in the file for everyone who can read it; {words}",
            severity=severity,
            path=path,
            line=_line(self._content(path), raw, place),
            fix="revoke it first, then take it out of the file and read it from a secret store; removing the line alone does not help, history keeps it",
        )

    def _weight(self, result: Mapping[str, object], *, hint: bool) -> tuple[Severity, str]:
        """How bad it is: what could not be tried counts as if it worked."""
        if want(result, "Verified", bool):
            return Severity.CRITICAL, "it works: its issuer let TruffleHog in"
        if self.verify and not result.get("VerificationError"):
            return Severity.LOW, "its issuer refuses it today"
        tried = "whether it works could not be found out" if self.verify else "whether it works was not tried, as that would send it to its issuer"
        return Severity.LOW if hint else Severity.HIGH, tried

    def _content(self, path: str) -> str:
        copy = self.bench.folder / TREE / path
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
