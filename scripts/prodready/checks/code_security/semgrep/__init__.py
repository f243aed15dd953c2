"""semgrep with our own rules, the second look: how it is called and read. It is offline, and reads no configuration but ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from prodready import yamltext
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, bench, scan

RULES = Path(__file__).parent / "rules.yml"
FILES = ("*.py", "*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts", "*.go", "*.java", "*.sh", "*.bash")
"""What the rules are about (gitignore patterns)."""
CODES = {0: Says.NOTHING, 1: Says.SOMETHING}
CANARIES = {
    "canary.py": ("python-jwt-unverified", "jwt.decode(token, verify=False)\n"),
    "canary.js": ("javascript-code-from-text", "eval(text)\n"),
    "canary.ts": ("javascript-code-from-text", "eval(text)\n"),
    "canary.go": ("go-tls-unverified", "package canary\n\nvar config = tls.Config{InsecureSkipVerify: true}\n"),
    "canary.java": ("java-objects-from-outside", "class Canary { Object read() { return new ObjectInputStream(in).readObject(); } }\n"),
    "canary.sh": ("shell-download-run", "curl -fsSL https://example.org/install.sh | sh\n"),
}
"""A flaw for each parser: one that fell silent is seen."""
SEVERITIES = {"ERROR": Severity.HIGH, "WARNING": Severity.MEDIUM, "INFO": Severity.LOW}
MARK = b"nosem"


def scan_files(ctx: Context, paths: Sequence[str]) -> Scanned:
    """Scans the files; what a ``nosemgrep`` comment hides is marked as suppressed. Raises CannotTell."""
    made = bench(ctx, paths)
    faults = {made.plant(name, text): rule for name, (rule, text) in CANARIES.items()}
    (made.folder / "rules.json").write_text(json.dumps(yamltext.read(RULES.read_text("utf-8"), name=RULES.name).data))
    raw = scan(ctx.run, _job(made, faults, "--disable-nosem"))
    if not any(MARK in (made.folder / TREE / path).read_bytes() for path in paths):
        return raw
    heeding = frozenset(scan(ctx.run, _job(made, faults)).findings)
    return replace(raw, findings=tuple(finding if finding in heeding else replace(finding, suppressed="// nosemgrep") for finding in raw.findings))


def _job(made: Bench, faults: Mapping[str, str], *more: str) -> Scan:
    args = (
        *("scan", "--experimental", "--metrics=off", "--disable-version-check", "--config", "rules.json", "--json", "--error"),
        *("--no-git-ignore", "--x-ignore-semgrepignore-files", "--max-target-bytes=0", "--timeout=30", "--timeout-threshold=0", *more),
        *(TREE, next(iter(faults)).partition("/")[0]),
    )
    manner = Manner(codes=CODES, parse=partial(_read, made), inputs=made.inputs, canary=Canary(faults=faults))
    return Scan(tool="semgrep", args=args, cwd=made.folder, manner=manner)


def _read(made: Bench, output: Output) -> Reading:
    """What was found where, and which files were read. Raises Malformed."""
    report = json_of(output.report)
    if list(each(report, "skipped_rules")):
        raise Malformed("some of our rules were skipped")
    unread = {}
    for error in each(report, "errors"):  # one that names no file is about the whole run
        unread[made.where(want(error, "path", str))] = f"semgrep cannot read all of it ({_kind(error)})"
    return Reading(
        findings=tuple(_finding(result, made.where(want(result, "path", str))) for result in each(report, "results")),
        scanned=frozenset(made.where(str(name)) for name in want(want(report, "paths", dict), "scanned", list)),
        unread=unread,
    )


def _kind(error: Mapping[str, object]) -> str:
    kind = error.get("type")
    return str(kind[0] if isinstance(kind, list) and kind else kind)[:40]


def _finding(result: Mapping[str, object], path: str) -> Finding:
    extra = want(result, "extra", dict)
    severity = want(extra, "severity", str)
    if severity not in SEVERITIES:
        raise Malformed("a severity is none that semgrep knows")
    return Finding(
        rule=want(result, "check_id", str).rpartition(".")[2],
        message=want(extra, "message", str),
        severity=SEVERITIES[severity],
        path=path,
        line=want(want(result, "start", dict), "line", int),
        fix=want(want(extra, "metadata", dict), "fix", str),
    )
