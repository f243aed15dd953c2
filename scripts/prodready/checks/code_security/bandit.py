"""bandit, the first look at Python: how it is called and read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, bench, scan

INI = Path(__file__).parent / "bandit.ini"
FILES = ("*.py",)
CODES = {0: Says.NOTHING, 1: Says.SOMETHING}
CANARY = "import subprocess\n\nsubprocess.call(input(), shell=True)\n"
CANARY_RULE = "B602"
SEVERITIES = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW, "UNDEFINED": Severity.HIGH}
QUOTING = ("B105", "B106", "B107")
"""Rules whose message quotes the password."""
UNSURE = " (bandit itself is not sure)"
"""Its confidence is low. How sure it is and how bad it would be are two things: the severity stays as it says."""
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""In some messages an object is quoted with its address, which is another one in each run."""


def scan_files(ctx: Context, paths: Sequence[str]) -> Scanned:
    """Scans the files; what a ``# nosec`` comment hides is marked as suppressed. Raises CannotTell."""
    made = bench(ctx, paths)
    canary = made.plant("canary.py", CANARY)
    raw = scan(ctx.run, _job(made, canary, "--ignore-nosec"))
    heeding = scan(ctx.run, _job(made, canary)) if _has_nosec(made) else raw
    return replace(raw, findings=_marked(raw, heeding))


def _job(made: Bench, canary: str, *more: str) -> Scan:
    report = made.folder / f"report-{made.mark}.json"
    # -x: without it bandit passes over .tox, .eggs and others, which a service may well ship.
    args = ("--recursive", TREE, canary.partition("/")[0], "--ini", str(INI), "-x", f"/{made.mark}", "--format", "json", "--output", str(report), *more)
    manner = Manner(codes=CODES, parse=_reader(made), inputs=made.inputs, canary=Canary(faults={canary: CANARY_RULE}))
    return Scan(tool="bandit", args=args, cwd=made.folder, manner=manner, report=report)


_REMEDY = "; mend it, start the gate with a Python as new as the code is written for, or exclude it with a reason"


def _reader(made: Bench) -> Callable[[Output], Reading]:
    def read(output: Output) -> Reading:
        report = json_of(output.report)
        errors = {made.where(want(error, "filename", str)): want(error, "reason", str) for error in each(report, "errors")}
        metrics = want(report, "metrics", dict)
        want(metrics, "_totals", dict)
        return Reading(
            findings=tuple(_finding(result, made.where(want(result, "filename", str))) for result in each(report, "results")),
            scanned=frozenset(made.where(str(name)) for name in metrics if name != "_totals"),
            unread={path: f"bandit cannot read it ({why}){_REMEDY}" for path, why in errors.items()},
        )

    return read


def _finding(result: Mapping[str, object], path: str) -> Finding:
    rule, severity, text = want(result, "test_id", str), want(result, "issue_severity", str), want(result, "issue_text", str)
    if severity not in SEVERITIES:
        raise Malformed("a severity is none that bandit knows")
    words = text.partition(":")[0] if rule in QUOTING else ADDRESS.sub("", text)
    return Finding(
        rule=rule,
        message=f"{words}{UNSURE if want(result, 'issue_confidence', str) == 'LOW' else ''}",
        severity=SEVERITIES[severity],
        path=path,
        line=want(result, "line_number", int),
        fix=f"the safe way is shown at {want(result, 'more_info', str)}",
    )


def _has_nosec(made: Bench) -> bool:
    return any(b"nosec" in (made.folder / TREE / path).read_bytes() for path in made.paths)


def _marked(raw: Scanned, heeding: Scanned) -> tuple[Finding, ...]:
    """All findings, those that are gone when ``# nosec`` is heeded marked as suppressed. The words do not tell them apart: some quote objects."""
    left = Counter(map(_place, heeding.findings))
    marked = []
    for finding in raw.findings:
        left[_place(finding)] -= 1
        marked.append(finding if left[_place(finding)] >= 0 else replace(finding, suppressed="# nosec"))
    return tuple(marked)


def _place(finding: Finding) -> tuple[str, str, int | None, Severity]:
    return finding.rule, finding.path, finding.line, finding.severity
