"""The shape of a tool's JSON report, told as data, and how to read findings by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.readers import places
from prodready.readers.places import Place
from prodready.readers.structured import Unreadable

FIELDS = ("rule", "message", "severity", "path", "line")


class Shape(Struct, frozen=True, kw_only=True):
    """Where things are in a report; paths as in ``config_value``."""

    tool: str
    results: str
    fields: Mapping[str, str]
    severities: Mapping[str, str] = field(default_factory=dict)
    examined: str = ""
    errors: str = ""


class Read(Struct, frozen=True, kw_only=True):
    """What was read from one report."""

    tool: str
    findings: tuple[Finding, ...]
    examined: int
    gaps: tuple[str, ...]


PRESETS = {
    "semgrep": Shape(
        tool="semgrep",
        results="results[*]",
        fields={"rule": "check_id", "message": "extra.message", "severity": "extra.severity", "path": "path", "line": "start.line"},
        severities={"ERROR": "high", "WARNING": "medium", "INFO": "low", "CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low"},
        examined="paths.scanned[*]",
        errors="errors[*]",
    ),
    "bandit": Shape(
        tool="bandit",
        results="results[*]",
        fields={"rule": "test_id", "message": "issue_text", "severity": "issue_severity", "path": "filename", "line": "line_number"},
        severities={"HIGH": "high", "MEDIUM": "medium", "LOW": "low", "UNDEFINED": "note"},
        examined="metrics.*.loc",
        errors="errors[*]",
    ),
    "eslint": Shape(
        tool="eslint",
        results="[*].messages[*]",
        fields={"rule": "ruleId", "message": "message", "severity": "severity", "path": "filePath", "line": "line"},
        severities={"1": "low", "2": "medium"},
        examined="[*].filePath",
    ),
    "pylint": Shape(
        tool="pylint",
        results="messages[*]",
        fields={"rule": "messageId", "message": "message", "severity": "type", "path": "path", "line": "line"},
        severities={"fatal": "high", "error": "high", "warning": "medium", "refactor": "low", "convention": "low", "info": "note"},
        examined="statistics.modulesLinted",
    ),
    "trivy": Shape(
        tool="trivy",
        results="Results[*].Vulnerabilities[*]",
        fields={"rule": "VulnerabilityID", "message": "Title", "severity": "Severity", "path": "Target"},
        severities={"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low", "UNKNOWN": "medium"},
        examined="Results[*].Target",
    ),
}
"""Shapes that were read off the tools' own output: semgrep 1.1xx, bandit 1.9, eslint 9, pylint 4 (json2), trivy 0.6x (schema 2)."""


def read(data: Any, shape: Shape, *, name: str, root: str) -> Read:
    """The findings of one report. Raises Unreadable when it has not the shape."""
    steps = places.parse(shape.results)
    selected = list(places.select(data, steps))
    if not selected and not _has_list(data, steps):
        raise Unreadable(f"{name}: it has no list at {shape.results}, so it is no whole report of {shape.tool}")
    missing = [place for place in selected if not place.found]
    found = [place for place in selected if place.found]
    examined = _count(data, shape.examined) if shape.examined else len(found)
    if missing and not found and not examined:
        raise Unreadable(f"{name}: nothing is at {missing[0]}, so it is no whole report of {shape.tool}")
    errors = [place for place in places.select(data, places.parse(shape.errors)) if place.found] if shape.errors else []
    return Read(
        tool=shape.tool,
        findings=tuple(_finding(data, place, shape, root) for place in found),
        examined=max(examined, len(found)),
        gaps=tuple(f"{name}: {shape.tool} could not scan everything: {shown(str(place.value)[:200])}" for place in errors),
    )


def _has_list(data: Any, steps: tuple[places.Step, ...]) -> bool:
    """Whether the containers that the last wildcard looks into are there, be they empty."""
    if not steps or steps[-1] is not places.Wild.EACH:
        return False
    holders = list(places.select(data, steps[:-1]))
    return all(isinstance(holder.value, list | dict) for holder in holders) and (bool(holders) or _has_list(data, steps[:-1]))


def _count(data: Any, path: str) -> int:
    """How many places there are; where the tool counted itself and one number stands there, that number."""
    found = [place for place in places.select(data, places.parse(path)) if place.found]
    own = found[0].value if len(found) == 1 and "*" not in path else None
    return own if isinstance(own, int) and not isinstance(own, bool) else len(found)


def _finding(data: Any, place: Place, shape: Shape, root: str) -> Finding:
    values = {name: _lookup(data, place, path) for name, path in shape.fields.items()}
    word = str(values.get("severity", ""))
    line = values.get("line")
    return Finding(
        rule=shown(str(values.get("rule") or "unnamed")[:120]),
        message=shown(str(values.get("message") or values.get("rule") or "no words")[:500]),
        severity=Severity[shape.severities.get(word, shape.severities.get(word.upper(), "high")).upper()],
        path=shown(str(values.get("path") or "").removeprefix(f"{root}/").removeprefix("./")),
        line=line if isinstance(line, int) and line > 0 else None,
    )


def _lookup(data: Any, place: Place, path: str) -> Any:
    """A field of the finding, or of the nearest mapping around it."""
    steps = places.parse(path)
    for depth in range(len(place.path), -1, -1):
        for found in places.select(_at(data, place.path[:depth]), steps):
            if found.found:
                return found.value
    return None


def _at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data
