"""One shape for every scanner: stage the inputs, plant a canary, run the pinned program, and believe nothing that does not add up."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Completed, Context, Run
from prodready.model import Evidence, Finding, Found, Severity
from prodready.tools.classify import Manner, Output, Reading, classify, gaps

DEADLINE = 300.0
"""Seconds a scanner may take."""
REPORT_LIMIT = 64 * 1024 * 1024
"""Bytes of a report that are read."""
ROOM = 2
"""Times the size of the files that copies of them and a report may take."""
TREE = "tree"


class Scan(Struct, frozen=True, kw_only=True):
    """One run of a scanner: how it is called, and how its ending is read."""

    tool: str
    args: Sequence[str]
    """Never an option or a configuration that comes from the repository."""
    cwd: Path
    manner: Manner
    report: Path | None = None
    """The file it writes its report to; None for standard output."""
    env: Mapping[str, str] = field(default_factory=dict)
    deadline: float = DEADLINE


class Scanned(Struct, frozen=True, kw_only=True):
    """What a scanner found, and how far that reaches."""

    tool: str
    """Name and version."""
    sha256: str
    """Of what its report says; the report itself also tells times and random places."""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def found(self, *, examined: int, source: str, notes: Iterable[str] = ()) -> Found:
        """The observation of a check that rests on this one run."""
        evidence = Evidence(source=source, tool=self.tool, sha256=self.sha256)
        return Found(examined=examined, evidence=evidence, findings=self.findings, gaps=self.gaps, notes=(*self.notes, *notes))


def scan(run: Run, job: Scan) -> Scanned:
    """Runs the scanner and reads how it ended. Raises CannotTell whenever its word cannot be taken for a verdict."""
    if job.report:
        job.report.unlink(missing_ok=True)
    ended = run.tool(job.tool, *job.args, cwd=job.cwd, env=job.env, deadline=job.deadline)
    report = _report(ended, job.report)
    reading = classify(ended, Output(report=report, stderr=ended.stderr.decode("utf-8", "replace")), job.manner)
    return Scanned(
        tool=ended.program,
        sha256=_digest(reading),
        findings=reading.findings,
        gaps=(*gaps(reading.unread), *reading.gaps),
        notes=reading.notes,
    )


def _digest(reading: Reading) -> str:
    """Without order, which is left to tools that work in parallel, and without anchors, which for secrets are hashes under the key of one run."""
    findings = sorted((one.path, one.line or 0, one.rule, one.severity, one.message) for one in reading.findings)
    said = json.dumps([findings, sorted(reading.unread.items()), sorted(reading.gaps)])
    return hashlib.sha256(said.encode()).hexdigest()


def together(first: Scanned, *more: Scanned) -> Scanned:
    """Several scanners' words about the same inputs as one."""
    every = (first, *more)
    return Scanned(
        tool=", ".join(one.tool for one in every if one.tool),
        sha256=first.sha256 if not more else hashlib.sha256("".join(one.sha256 for one in every).encode()).hexdigest(),
        findings=tuple(finding for one in every for finding in one.findings),
        gaps=tuple(gap for one in every for gap in one.gaps),
        notes=tuple(note for one in every for note in one.notes),
    )


def _report(ended: Completed, path: Path | None) -> bytes:
    if path is None:
        return ended.stdout
    if not path.is_file() or path.is_symlink():
        return b""
    if path.stat().st_size > REPORT_LIMIT:
        raise CannotTell(f"the report of {ended.program} is larger than {REPORT_LIMIT // 2**20} MiB", "narrow the files of the item")
    return path.read_bytes()


class Bench(Struct, frozen=True, kw_only=True):
    """A neutral folder in which a scanner sees copies of its inputs, a canary, and nothing else of the repository."""

    folder: Path
    paths: tuple[str, ...]
    mark: str
    """Random, new for each run: an old or invented report does not know it."""

    @property
    def inputs(self) -> frozenset[str]:
        """The repository's paths as tools print them."""
        return frozenset(map(printable, self.paths))

    def canary(self, name: str) -> str:
        """The path under which ``where`` knows a canary file."""
        return f"canary-{self.mark}/{name}"

    def plant(self, name: str, text: str) -> str:
        """Writes a canary file; returns its path."""
        path = self.canary(name)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")
        return path

    def where(self, printed: str) -> str:
        """The repository's path (or the canary's) for a path that a tool run in ``folder`` printed."""
        return printed.removeprefix("./").removeprefix(f"{TREE}/")


def bench(ctx: Context, paths: Sequence[str]) -> Bench:
    """Stages the files. Raises CannotTell when one cannot be read."""
    folder = ctx.small(ROOM * ctx.repo.size(paths)) if ctx.small else ctx.scratch()
    made = Bench(folder=folder, paths=tuple(paths), mark=secrets.token_hex(8))
    (made.folder / TREE).mkdir()
    ctx.repo.stage(made.folder / TREE, paths)
    return made


def nothing(what: str, patterns: Iterable[str]) -> Found:
    """There was nothing to scan, with what was looked for. Never a pass: whether an item applies is for its ``when:`` to say."""
    return Found(examined=0, evidence=Evidence(source=f"no {what} ({', '.join(patterns)})"))


def numbered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings sorted by place, each anchored by its number among those of its rule in its file: stable when lines move, and free of content."""
    count: Counter[tuple[str, str]] = Counter()
    numbered = []
    for finding in sorted(findings, key=lambda one: (one.path, one.line or 0, one.rule, one.message)):
        count[finding.rule, finding.path] += 1
        numbered.append(replace(finding, anchor=f"number {count[finding.rule, finding.path]}"))
    return tuple(numbered)


def lowered(severity: Severity) -> Severity:
    """One step below: for what a tool itself holds to be unlikely."""
    return Severity(max(severity - 1, Severity.NOTE))


def printable(path: str) -> str:
    """The path as a tool prints it: undecodable bytes are replaced."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
