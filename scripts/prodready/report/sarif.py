"""The report as SARIF 2.1.0, within the limits of GitHub code scanning. Fingerprints stay the same when lines move.

Limits: 25 000 results, 25 000 rules, 1 000 characters of a message (docs.github.com, SARIF support for code scanning).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from prodready.model import Finding, Outcome, Report, Severity, Status
from prodready.report import words
from prodready.report.escape import line, markdown
from prodready.report.inert import dumped, filled
from prodready.rules import rules as known_rules

MOST = 25_000
"""Results of one run; GitHub refuses more."""
HOME = "https://github.com/org/prodready"
POLICY = ".prodready.yml"
"""Where a result without a file of its own is shown: the file that says what is asked for."""
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.NOTE: "none"}
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0", Severity.NOTE: "0.0"}
"""The middle of each band of CVSS, which is how GitHub reads ``security-severity``."""
_UNTOLD = (Status.UNKNOWN, Status.STALE, Status.PENDING)


def render(report: Report, *, prefix: str = "") -> str:
    """The log. ``prefix`` is the gated folder below the repository's root, as paths need it on GitHub."""
    rows = sorted(_rows(report), key=lambda row: -row[1])
    rules: dict[str, dict[str, Any]] = {}
    results = [_result(outcome, finding, severity, rules, prefix) for outcome, severity, finding in rows[:MOST]]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(report, rules)},
                "automationDetails": {"id": f"prodready/{line(report.checklist.id, 80)}/{report.stage.value}/"},
                "invocations": [_invocation(report, len(rows) - MOST)],
                "versionControlProvenance": list(_provenance(report)),
                "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"ready": report.decision.ready, "score": report.score.value, "passMark": report.score.pass_mark},
            }
        ],
    }
    return dumped(log) + "\n"


def _rows(report: Report) -> Iterator[tuple[Outcome, int, Finding | None]]:
    """What there is to show: findings, and items that do not hold without one. Sorted worst first, so that a cut takes the least."""
    for outcome in report.outcomes:
        found = words.findings(outcome)
        yield from ((outcome, int(finding.severity), finding) for finding in found)
        if outcome.status in _UNTOLD or (outcome.status is Status.FAILED and not any(not finding.suppressed for finding in found)):
            yield outcome, int(Severity.HIGH if outcome.item.required else Severity.MEDIUM), None


def _driver(report: Report, rules: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "prodready", "informationUri": HOME, "semanticVersion": line(report.version, 40) or "0", "rules": list(rules.values())}


def _result(outcome: Outcome, finding: Finding | None, severity: int, rules: dict[str, dict[str, Any]], prefix: str) -> dict[str, Any]:
    rule_id = filled(f"{outcome.item.check}/{finding.rule}" if finding else f"item/{outcome.item.id}", 200)
    index = _rule(rules, rule_id, outcome, finding, Severity(severity))
    level = _LEVELS[Severity(severity)]
    message = _told(finding) if finding else f"{outcome.status.value}: {outcome.summary}"
    path, number = (finding.path, finding.line) if finding and finding.path else ("", None)
    place = str(PurePosixPath(prefix) / path) if path else str(PurePosixPath(prefix) / POLICY)
    print_ = finding.fingerprint if finding else Finding(rule=rule_id, message="", severity=Severity.NOTE, anchor=outcome.item.id).fingerprint
    return {
        "ruleId": rule_id, "ruleIndex": index, "level": level, "message": {"text": filled(message, 1000)},
        "locations": [{"physicalLocation": _physical(place, number)}],
        "partialFingerprints": {"primaryLocationLineHash": f"{print_}:1", "prodready/v1": print_},
        "properties": {"item": line(outcome.item.id, 120), "status": outcome.status.value, "required": outcome.item.required},
        **_suppressions(outcome, finding),
    }  # fmt: skip


def _told(finding: Finding) -> str:
    """The message with its own way out: a rule's help is one text for all its places."""
    return f"{_sentence(finding.message)} What to do: {finding.fix}" if finding.fix else finding.message


def _physical(path: str, number: int | None) -> dict[str, Any]:
    try:
        uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")  # a name that is no text keeps its bytes
    except UnicodeEncodeError:
        uri = quote(path.encode("utf-8", "replace"), safe="/")
    return {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}, "region": {"startLine": max(1, number or 1)}}


def _suppressions(outcome: Outcome, finding: Finding | None) -> dict[str, Any]:
    """A waived or hidden finding stays in the log, and says so."""
    waiver = outcome.waiver if outcome.status is Status.WAIVED else None
    why = finding.suppressed if finding and finding.suppressed else f"waived by {waiver.owner} until {waiver.until}: {waiver.reason}" if waiver else ""
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": line(why)}]} if why else {}


def _rule(rules: dict[str, dict[str, Any]], rule_id: str, outcome: Outcome, finding: Finding | None, severity: Severity) -> int:
    """The rule's place in the list; the first and worst result that names it gives its severity."""
    if rule_id not in rules:
        about = finding.message if finding else outcome.item.title
        help_text = (finding.fix if finding else "") or words.remedy(outcome)
        known = known_rules(outcome.item.check).get(finding.rule) if finding else None
        title, why, page = (known.title, known.why, known.help) if known else (outcome.item.title, outcome.item.why or about, HOME)
        rules[rule_id] = {
            "id": rule_id, "name": _pascal(rule_id), "shortDescription": {"text": _sentence(title)},
            "fullDescription": {"text": _sentence(why)}, "help": _help(help_text, why, page) if known else {"text": filled(help_text)}, "helpUri": page,
            "defaultConfiguration": {"level": _LEVELS[severity]},
            "properties": {"tags": ["production-readiness"], "precision": "high", "security-severity": _SCORES[severity]},
        }  # fmt: skip
    return list(rules).index(rule_id)


def _help(fix: str, why: str, page: str) -> dict[str, str]:
    """What a rule of a check is about, why it matters and what to do, for the reader who has only the log."""
    first = f"\n\nWhat to do, by the first place:{_copied(fix)}" if fix else ""
    return {"text": filled(f"{why} What to do, by the first place: {fix}" if fix else why), "markdown": f"{markdown(why, 1000)}{first}\n\n[More]({page})"}


def _copied(fix: str) -> str:
    """What to write, so that it can be copied as it stands: text that is kept from being Markdown has marks in it that nobody sees."""
    if not any(mark in fix for mark in '"<{'):
        return f" {markdown(fix, 1000)}"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", fix)), default=0))
    return f"\n\n{fence}text\n{filled(fix, 1000)}\n{fence}"


def _pascal(rule_id: str) -> str:
    """A name for people who read rules as identifiers: ``code_security/B602`` is ``CodeSecurityB602``."""
    parts = "".join(character if character.isalnum() else " " for character in rule_id).split()
    return "".join(part[:1].upper() + part[1:] for part in parts)[:120] or "Rule"


def _sentence(text: str) -> str:
    words_ = filled(text, 1000)
    return words_ if words_.endswith((".", "!", "?", "…")) else f"{words_}."


def _invocation(report: Report, over: int) -> dict[str, Any]:
    """Whether everything could be told; what could not be is an error of the tool, and a reader must not take it for clean."""
    missing = [f"{check.id}: {check.why_not}" for check in report.checks if not check.ran]
    untold = [f"{outcome.item.id}: {outcome.summary}" for outcome in report.outcomes if outcome.status is Status.UNKNOWN]
    cut = [f"{over} results of the least severity were left out: GitHub takes {MOST}"] if over > 0 else []
    return {
        "executionSuccessful": not untold, "exitCode": report.decision.exit_code, "startTimeUtc": f"{report.started:%Y-%m-%dT%H:%M:%S}Z",
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": filled(text)}} for level, texts in (("error", untold), ("warning", [*missing, *cut])) for text in texts[:500]
        ],
    }  # fmt: skip


def _provenance(report: Report) -> Iterator[dict[str, str]]:
    subject = report.subject
    if subject.commit and subject.repository:
        yield {"repositoryUri": f"https://github.com/{quote(line(subject.repository, 200))}", "revisionId": line(subject.commit, 64)}
