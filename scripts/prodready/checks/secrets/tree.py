"""The files of the gated tree, scanned by gitleaks file by file, each of them accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready.checks.secrets import gitleaks, passing
from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.identity import Identity
from prodready.checks.secrets.question import Question
from prodready.checks.secrets.unsilenced import unsilenced
from prodready.context import Context
from prodready.model import Finding
from prodready.tools.classify import Canary, Manner, Output, Reading, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, bench, scan

_NEVER = "of kinds that gitleaks never reads: images, archives, lock files, third-party folders"
PASSED_OVER = {
    "skipping file: global allowlist": _NEVER,
    "skipping directory: global allowlist": _NEVER,
    "skipping binary file": "that hold no text",
    "skipping archive": "that are archives, which are not opened",
    "skipping empty file": "",
}
"""What gitleaks passes over by design, and how that is told."""


def laid_out(ctx: Context) -> Bench:
    """Copies of every file under the gate, as UTF-8. Raises CannotTell."""
    made = bench(ctx, ctx.repo.files())
    for path in made.paths:
        _as_utf8(made.folder / TREE / path)
    return made


def scan_bench(ctx: Context, asked: Question) -> Scanned:
    """Scans the copies on a bench; the anchor of each finding is the secret's identity. Raises CannotTell."""
    made = asked.bench
    report = made.folder / f"report-{made.mark}.json"
    manner = Manner(
        codes=gitleaks.CODES,
        parse=_Reader(bench=made, identity=asked.identity).read,
        inputs=made.inputs,
        canary=Canary(faults={planted(made): gitleaks.CANARY_RULE}),
        quotable=False,
    )
    args = ("dir", *gitleaks.flags(report, level="trace"), ".")
    return scan(ctx.run, Scan(tool="gitleaks", args=args, cwd=made.folder, manner=manner, report=report, deadline=asked.deadline))


def _as_utf8(copy: Path) -> None:
    """Scanners find nothing in UTF-16, which Windows tools write, and detect-secrets leaves out a text for one byte that is not UTF-8."""
    told = copy.read_bytes()
    content = unsilenced(told)
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    if encoding == "utf-16" or b"\0" not in content:
        content = unsilenced(content.decode(encoding, "replace").encode())
    if content != told:
        copy.write_bytes(content)


class _Reader(Struct, frozen=True, kw_only=True):
    """Reads one report and its log."""

    bench: Bench
    identity: Identity

    def read(self, output: Output) -> Reading:
        """What was found where, and which files were read. Raises Malformed."""
        read, passed_over = self._log(output.stderr)
        content = lru_cache(maxsize=8)(self._content)
        findings = []
        for leak in gitleaks.leaks(output):
            path = self.bench.where(want(leak, "File", str))
            findings.append(self._finding(leak, path, content(path)))
        return Reading(findings=tuple(findings), scanned=read | passed_over.keys(), notes=passing.passed_over(passed_over))

    def _finding(self, leak: Mapping[str, object], path: str, content: bytes | None) -> Finding:
        finding = gitleaks.finding(leak, path=path)
        start, end = want(leak, "StartLine", int), want(leak, "EndLine", int)
        return replace(finding, anchor=self.identity.of(content, start, end, otherwise=path))

    def _log(self, stderr: str) -> tuple[set[str], dict[str, str]]:
        """The files that were read, and those that were passed over with the reason."""
        read: set[str] = set()
        passed_over: dict[str, str] = {}
        for _, words in gitleaks.log(stderr):
            path = self.bench.where(gitleaks.path_in(words) or "")
            why = next((why for start, why in PASSED_OVER.items() if words.startswith(start)), None)
            if words.startswith("scanning path"):
                read.add(path)
            elif why is not None and "directory" in words.partition(":")[0]:
                passed_over |= {name: why for name in self.bench.inputs if name.startswith(f"{path}/")}
            elif why is not None:
                passed_over[path] = why
        return read, passed_over

    def _content(self, path: str) -> bytes | None:
        copy = self.bench.folder / TREE / path
        return copy.read_bytes() if copy.is_file() else None
