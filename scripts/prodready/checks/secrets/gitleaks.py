"""gitleaks: how it is called, and what its reports and its log say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from prodready.model import Finding, Severity
from prodready.tools.classify import Malformed, Output, Says, json_of, objects, want

HERE = Path(__file__).parent
LEAKS = 77
"""Its default exit code for leaks is also its code for errors."""
CODES: Mapping[int, Says] = {0: Says.NOTHING, LEAKS: Says.SOMETHING}
CANARY_RULE = "github-pat"
CLOUD = re.compile(r"private-key|^(aws|gcp|azure|alibaba|digitalocean|heroku|hashicorp-tf|vault|cloudflare|flyio|kubernetes|openshift|pkcs12)")
"""Rules for keys to machines and clouds: whoever holds one needs nothing else."""
PAST_FIX = "revoke it first: taking it out of the files does not take it out of the history ('git filter-repo' does, once it is revoked)"
_LINE = re.compile(r"^\S+ (?P<level>[A-Z]{3}) (?P<words>.*)$")
_PATH = re.compile(r'\bpath=(?P<path>"(?:[^"\\]|\\.)*"|\S+)')
_COMMITS = re.compile(r" INF (\d+) commits scanned\.$", re.MULTILINE)


def flags(report: Path, *, level: str) -> tuple[str, ...]:
    """The options of every run: our rules, no suppression of the repository, secrets blanked."""
    return (
        *("--config", str(HERE / "gitleaks.toml"), "--gitleaks-ignore-path", str(HERE / "gitleaks.ignore"), "--ignore-gitleaks-allow"),
        *("--report-format", "json", "--report-path", str(report), "--redact", "--exit-code", str(LEAKS)),
        *("--max-decode-depth", "5", "--no-banner", "--no-color", "--log-level", level),
    )


def leaks(output: Output) -> Iterator[Mapping[str, object]]:
    """The entries of the report. Raises Malformed, also when the log tells of an error: gitleaks exits 0 on work it could not do."""
    for level, _ in log(output.stderr):
        if level in ("ERR", "FTL", "PNC"):
            raise Malformed("its log tells of an error")
    return objects(json_of(output.report))


def log(stderr: str) -> Iterator[tuple[str, str]]:
    """Level and words of each line of the log."""
    for line in stderr.splitlines():
        if match := _LINE.match(line):
            yield match["level"], match["words"]


def path_in(words: str) -> str | None:
    """The path that a line of the log is about."""
    match = _PATH.search(words)
    if not match:
        return None
    path = match["path"]
    if not path.startswith('"'):
        return path
    try:
        return str(ast.literal_eval(path))  # Go quotes with the escapes of Python
    except (SyntaxError, ValueError):
        return None


def commits_scanned(output: Output) -> int:
    """How many commits it says it has read. Raises Malformed when it does not say so."""
    match = _COMMITS.search(output.stderr)
    if not match:
        raise Malformed("its log does not tell how many commits were scanned")
    return int(match[1])


def finding(leak: Mapping[str, object], *, path: str) -> Finding:
    """A leak in our words: kind and place, never the secret, the commit's message or its author."""
    rule, line = want(leak, "RuleID", str), want(leak, "StartLine", int)
    return Finding(
        rule=rule,
        message=f"{kind(rule)} is in the file for everyone who can read it",
        severity=Severity.CRITICAL if CLOUD.search(rule) else Severity.HIGH,
        path=path,
        line=line or None,
        fix="revoke it first, then take it out of the file and read it from a secret store; removing the line alone does not help, history keeps it",
    )


def kind(rule: str) -> str:
    """The rule as a noun."""
    words = rule.replace("-", " ")
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}" if "key" in words or "token" in words else f"a secret ({words})"
