"""SARIF 2.1.0: the findings of a run, and whether the run proves that it looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.readers.structured import Unreadable

LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.NOTE}
"""SARIF's own levels, for rules without a security severity."""
SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""The bands of CVSS, as GitHub reads ``security-severity``."""


class Result(Struct, frozen=True, kw_only=True):
    """What one tool reported."""

    tool: str
    findings: tuple[Finding, ...]
    examined: int
    """Artifacts it lists, or else rules it ran with; 1 for a bare success, 0 when nothing shows that it looked."""


def read(data: Any, *, name: str, root: str) -> tuple[Result, ...]:
    """The runs of a log. Raises Unreadable for another version, an unnamed tool, a failed or a missing scan."""
    if not isinstance(data, dict) or str(data.get("version")) != "2.1.0" or not _list(data, "runs"):
        raise Unreadable(f"{name}:1: no SARIF 2.1.0 log with a run in it")
    return tuple(_Run(run, name, root).result() for run in _list(data, "runs"))


class _Run:
    """One run of a log."""

    def __init__(self, data: Any, name: str, root: str) -> None:
        self.data, self.name, self.root = _mapping(data), name, root
        self.driver = _mapping(_mapping(self.data.get("tool")).get("driver"))
        self.tool = shown(f"{self.driver.get('name') or ''} {self.driver.get('semanticVersion') or self.driver.get('version') or ''}".strip()[:100])
        parts = (self.driver, *map(_mapping, _list(_mapping(self.data.get("tool")), "extensions")))
        self.rules = [rule for part in parts for rule in map(_mapping, _list(part, "rules"))]
        self.by_id = {str(rule.get("id")): rule for rule in self.rules}

    def result(self) -> Result:
        if not self.driver.get("name"):
            raise Unreadable(f"{self.name}: a run does not name its tool")
        self.succeeded()
        results = self.data.get("results")
        if not isinstance(results, list):
            raise Unreadable(f"{self.name}: {self.tool} did not finish: its run has no list of results")
        findings = tuple(finding for result in map(_mapping, results) for finding in self.findings(result))
        success = any(_mapping(call).get("executionSuccessful") is True for call in _list(self.data, "invocations"))
        examined = len(_list(self.data, "artifacts")) or len(self.rules) or max(int(success), len(results))
        return Result(tool=self.tool, findings=findings, examined=examined)

    def succeeded(self) -> None:
        """Raises Unreadable when the tool says that it failed, wholly or on a file."""
        for call in map(_mapping, _list(self.data, "invocations")):
            if call.get("executionSuccessful") is False:
                raise Unreadable(f"{self.name}: {self.tool} says that its execution failed")
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
                for notice in map(_mapping, _list(call, kind)):
                    if notice.get("level") == "error":
                        text = str(_mapping(notice.get("message")).get("text") or "no words")
                        raise Unreadable(f"{self.name}: {self.tool} reports an error of its own: {shown(text[:200])}")

    def findings(self, result: Mapping[str, Any]) -> Iterator[Finding]:
        if result.get("kind", "fail") != "fail" or result.get("baselineState") == "absent":
            return
        rule_id, rule = self.rule(result)
        path, line = self.place(result)
        yield Finding(
            rule=shown(rule_id[:120]),
            message=shown(self.message(result, rule)[:500]),
            severity=_severity(result, rule),
            path=path,
            line=line,
            fix=shown(str(_mapping(rule.get("help")).get("text") or "")[:300]),
            anchor="".join(sorted(map(str, _mapping(result.get("partialFingerprints")).values()))),
            suppressed=_suppressed(result),
        )

    def rule(self, result: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        reference = _mapping(result.get("rule"))
        rule_id = result.get("ruleId") or reference.get("id")
        index = result.get("ruleIndex", reference.get("index"))
        if rule_id is None and isinstance(index, int) and 0 <= index < len(self.rules):
            rule_id = self.rules[index].get("id")
        return str(rule_id or "unnamed"), self.by_id.get(str(rule_id), {})

    def place(self, result: Mapping[str, Any]) -> tuple[str, int | None]:
        location = _mapping(_mapping(next(iter(_list(result, "locations")), None)).get("physicalLocation"))
        path = unquote(urlsplit(str(_mapping(location.get("artifactLocation")).get("uri") or "")).path)
        line = _mapping(location.get("region")).get("startLine")
        return shown(path.removeprefix(f"{self.root}/").removeprefix("./")), line if isinstance(line, int) and line > 0 else None

    def message(self, result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
        message = _mapping(result.get("message"))
        known = _mapping(_mapping(rule.get("messageStrings")).get(str(message.get("id"))))
        short = _mapping(rule.get("shortDescription"))
        return str(message.get("text") or known.get("text") or short.get("text") or "no words")


def _severity(result: Mapping[str, Any], rule: Mapping[str, Any]) -> Severity:
    for holder in (result, rule):
        try:
            score = float(str(_mapping(holder.get("properties")).get("security-severity")))
        except ValueError:
            continue
        return next((severity for least, severity in SCORES if score >= least), Severity.NOTE)
    level = result.get("level") or _mapping(rule.get("defaultConfiguration")).get("level") or "warning"
    return LEVELS.get(str(level), Severity.HIGH)


def _suppressed(result: Mapping[str, Any]) -> str:
    """Who hides the result: all its suppressions count that nobody rejected or still reviews."""
    active = [entry for entry in map(_mapping, _list(result, "suppressions")) if entry.get("status") in (None, "accepted")]
    return shown(f"{active[0].get('kind', 'report')}: {active[0].get('justification') or 'no reason given'}"[:200]) if active else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []
