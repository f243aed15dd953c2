"""What each linter is started with, and how its words are read: a table, and one reader for all of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct, field

from prodready.model import Finding, Severity
from prodready.names import shown

Tool = Literal["black", "flake8", "isort", "mypy", "pylint", "ruff", "ruff-format"]
MOST = 20_000
"""Findings that are kept."""


class Linter(Struct, frozen=True, kw_only=True):
    """One linter."""

    argv: tuple[str, ...]
    finding: str
    """A line about a finding: the groups path, line, rule and message, as far as it has them."""
    examined: str
    """Where it says how many files it looked at: the group number, or a match for each file. Numbers are added up."""
    gap: str = ""
    """A line about what it could not look at."""
    clean: Collection[int] = (0,)
    """Exit codes that say that it found nothing."""
    found: Collection[int] = (1,)
    """Exit codes that say that it found something."""
    rule: str = ""
    """The rule of a finding that names none."""
    message: str = ""
    """What a finding without words is about."""
    fix: str
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """Beginning of a rule -> how bad; all else is low."""
    parses: bool = True
    """Whether it tells of a file that is no Python."""
    score: str = ""
    """Where it says its score, which is then what counts."""

    def agrees(self, code: int, said: Told) -> bool:
        """Whether the exit code says what its words say."""
        return code in self.found if said.findings else code in self.clean or (bool(said.gaps) and code in self.found)


class Told(Struct, frozen=True, kw_only=True):
    """What a linter said."""

    findings: tuple[Finding, ...]
    examined: int
    gaps: tuple[str, ...] = ()
    score: float | None = None


LINTERS: Mapping[Tool, Linter] = {
    "black": Linter(
        argv=("black", "--check"),
        finding=r"^would reformat (?P<path>.+)$",
        examined=r"\b(?P<number>\d+) files? would (?:be reformatted|be left unchanged)",
        gap=r"^error: (?:cannot format|cannot parse:?) (?P<path>.+?)(?::\d+:\d+)?$",
        found=(1, 123),
        rule="black",
        message="black would write this file differently",
        fix="run 'black' on it",
    ),
    "flake8": Linter(
        argv=("flake8", "--benchmark"),
        finding=r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+) (?P<message>.+)$",
        examined=r"^(?P<number>\d+)\s+total files processed$",
        fix="mend it, or take the rule out of the configuration for everybody",
        severities={"F": Severity.MEDIUM, "E9": Severity.HIGH},
    ),
    "isort": Linter(
        argv=("isort", "--check-only", "--verbose"),
        finding=r"^ERROR: (?P<path>.+?) Imports are incorrectly sorted",
        examined=r"^(?:SUCCESS: .+ Everything Looks Good!|ERROR: .+ Imports are incorrectly sorted)",
        parses=False,
        rule="isort",
        message="its imports stand in another order than isort's",
        fix="run 'isort' on it",
    ),
    "mypy": Linter(
        argv=("mypy", "--no-pretty", "--show-error-codes", "--no-color-output", "--hide-error-context"),
        finding=r"^(?P<path>[^:\n]+):(?P<line>\d+)(?::\d+)*: error: (?P<message>.+?)(?:  \[(?P<rule>[\w-]+)\])?$",
        examined=r"(?:checked|no issues found in) (?P<number>\d+) source files?|^(?:Found \d+ errors? in )\d+ files? \(errors prevented further checking\)",
        gap=r"\((?P<path>errors prevented further checking)\)",
        found=(1, 2),
        rule="mypy",
        fix="mend the type, or the annotation that promises another one",
        severities={"": Severity.MEDIUM},
    ),
    "pylint": Linter(
        argv=(
            *("pylint", "--persistent=n", "--recursive=y", "--reports=y", "--score=y", "--output-format=text"),
            "--msg-template={path}:{line}:{column}: {msg_id}: {msg} ({symbol})",
        ),
        finding=r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]\d{4}): (?P<message>.+)$",
        examined=r"^\|module\s*\|(?P<number>\d+)\s*\|",
        score=r"^Your code has been rated at (?P<score>-?\d+(?:\.\d+)?)/10",
        found=tuple(range(32)),  # with findings it ends with 0 where the configuration is content with the score
        fix="see https://pylint.readthedocs.io/en/stable/user_guide/messages/messages_overview.html",
        severities={"E": Severity.HIGH, "F": Severity.HIGH, "W": Severity.MEDIUM},
    ),
    "ruff": Linter(
        argv=("ruff", "check", "--no-cache", "--output-format=concise", "--verbose"),
        finding=r"^(?P<path>[^:\n\[]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+|invalid-syntax):? (?P<message>.+)$",
        examined=r"Checked (?P<number>\d+) files? in",
        fix="run 'ruff check --fix', or mend it by hand",
        severities={"F": Severity.MEDIUM, "S": Severity.MEDIUM, "invalid-syntax": Severity.HIGH},
    ),
    "ruff-format": Linter(
        argv=("ruff", "format", "--check", "--no-cache", "--output-format=concise", "--verbose"),
        finding=r"^(?P<path>[^:\n\[]+):\d+:\d+: unformatted",
        examined=r"\b(?P<number>\d+) files? (?:would be reformatted|already formatted)",
        gap=r"^(?P<path>[^:\n\[]+):\d+:\d+: invalid-syntax",
        found=(1, 2),
        rule="ruff-format",
        message="ruff would write this file differently",
        fix="run 'ruff format' on it",
    ),
}


def told(linter: Linter, text: str, *, root: str) -> Told:
    """What the words of a linter say."""
    findings = [_finding(linter, match, root) for match in re.finditer(linter.finding, text, re.MULTILINE)]
    numbers = [int(match.groupdict().get("number") or 1) for match in re.finditer(linter.examined, text, re.MULTILINE)]
    gaps = [f"not looked at: {_below(match['path'], root)}" for match in re.finditer(linter.gap, text, re.MULTILINE)] if linter.gap else []
    score = re.search(linter.score, text, re.MULTILINE) if linter.score else None
    return Told(findings=tuple(findings[:MOST]), examined=sum(numbers), gaps=tuple(gaps[:100]), score=float(score["score"]) if score else None)


def _finding(linter: Linter, match: re.Match[str], root: str) -> Finding:
    groups = match.groupdict()
    rule = groups.get("rule") or linter.rule
    return Finding(
        rule=rule,
        message=shown((groups.get("message") or linter.message)[:300]),
        severity=_severity(linter, rule),
        path=_below(groups["path"], root),
        line=int(groups["line"]) if groups.get("line") else None,
        fix=linter.fix,
    )


def _below(path: str, root: str) -> str:
    return shown(path.removeprefix(f"{root}/").removeprefix("./"))


def _severity(linter: Linter, rule: str) -> Severity:
    return max((severity for start, severity in linter.severities.items() if rule.startswith(start)), default=Severity.LOW)
