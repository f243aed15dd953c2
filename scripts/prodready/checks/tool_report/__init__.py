"""The findings of another tool, from the report it left: SARIF 2.1.0, or JSON of any shape.

SARIF needs no parameters. For JSON, name a ``preset`` (semgrep, bandit, eslint, pylint, trivy) or say where things are: ``results`` leads to the
findings, ``fields`` names their rule, message, severity, path and line (looked up in the finding, then in what encloses it), ``severities``
translates words, ``examined`` leads to what was scanned, ``errors`` to what must be empty. A report that is missing, empty, cut off, committed,
older than the commit, that names no tool, says that its execution failed, or shows neither findings nor anything it examined leaves the item
unknown. Suppressed findings count, unless ``honour_suppressions``: a pull request can write the marker that suppresses them. The report is
only as honest as the job that made it.

An item that uses it:

    - id: code.semgrep
      title: Semgrep finds nothing serious
      check: tool_report
      params: {files: [reports/semgrep.sarif]}
      expect: no findings >= high
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from prodready import reports
from prodready.check import CannotTell, Check
from prodready.checks.tool_report import shape
from prodready.checks.tool_report.shape import Shape
from prodready.context import Context
from prodready.model import Evidence, Finding, Found
from prodready.names import shown
from prodready.readers import json_text, places, sarif
from prodready.readers.sarif import Result
from prodready.readers.structured import Unreadable
from prodready.reports import ReportFile

MAKE = "run the tool in an earlier step with its report option, such as --sarif --output reports/tool.sarif"


class Params(Struct, frozen=True, kw_only=True):
    """Which reports, and how to read them."""

    files: tuple[str, ...]
    """Where the reports are (gitignore patterns)."""
    preset: Literal["", "semgrep", "bandit", "eslint", "pylint", "trivy"] = ""
    """The tool whose JSON it is; empty for SARIF, or for a shape that the next fields tell."""
    tool: str = ""
    """The name of the tool, for JSON without a preset."""
    results: str = ""
    """The path to the findings in JSON, for example ``results[*]``."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Paths from a finding to its ``rule``, ``message``, ``severity``, ``path`` and ``line``."""
    severities: Mapping[str, Literal["note", "low", "medium", "high", "critical"]] = field(default_factory=dict)
    """The tool's words for severity; an unknown word counts as high."""
    examined: str = ""
    """The path to what was scanned; without it, a report without findings proves nothing."""
    errors: str = ""
    """The path to what the tool could not scan; anything there is a gap."""
    honour_suppressions: bool = False
    """Whether findings that SARIF marks as suppressed are left out of the count."""

    def __post_init__(self) -> None:
        if self.preset and self.results:
            raise ValueError("give 'preset' or 'results', not both")
        if unknown := set(self.fields) - set(shape.FIELDS):
            raise ValueError(f"fields: {', '.join(sorted(unknown))} is none of {', '.join(shape.FIELDS)}")
        for path in filter(None, (self.results, self.examined, self.errors, *self.fields.values())):
            places.parse(path)


def observe(ctx: Context, params: Params) -> Found:
    """Reads every report; one that cannot be believed makes the whole unknown."""
    found = tuple(reports.found(ctx, params.files, make=MAKE))
    try:
        results = [result for report in found for result in _results(ctx, report, params)]
    except Unreadable as unreadable:
        raise CannotTell(str(unreadable), "run the tool again and look at its own messages") from None
    return _joined(found, results, params)


def _results(ctx: Context, report: ReportFile, params: Params) -> Sequence[Result | shape.Read]:
    name = shown(report.path)
    data = json_text.loads(report.content.decode("utf-8", "replace").lstrip("\ufeff"), name=name)
    told = _shape(params)
    if told:
        return (shape.read(data, told, name=name, root=str(ctx.repo.root)),)
    return sarif.read(data, name=name, root=str(ctx.repo.root))


def _shape(params: Params) -> Shape | None:
    if params.preset:
        return shape.PRESETS[params.preset]
    if not params.results:
        return None
    severities = dict(params.severities)
    return Shape(
        tool=params.tool or "a tool", results=params.results, fields=dict(params.fields), severities=severities, examined=params.examined, errors=params.errors
    )


def _joined(found: Sequence[ReportFile], results: Sequence[Result | shape.Read], params: Params) -> Found:
    silent = [result.tool for result in results if not result.examined]
    if silent:
        remedy = "let the tool list what it scanned, or name the path in 'examined'"
        raise CannotTell(f"the report of {silent[0]} shows no findings and nothing that was examined", remedy)
    names = shown(found[0].path) if len(found) == 1 else f"{len(found)} reports"
    return Found(
        examined=sum(result.examined for result in results),
        evidence=Evidence(
            source=f"{names} of {', '.join(sorted({result.tool for result in results}))}",
            tool=results[0].tool,
            sha256=found[0].sha256 if len(found) == 1 else hashlib.sha256("".join(report.sha256 for report in found).encode()).hexdigest(),
            collected=min(report.written for report in found),
        ),
        findings=tuple(_counted(finding, params) for result in results for finding in result.findings),
        gaps=tuple(gap for result in results if isinstance(result, shape.Read) for gap in result.gaps),
    )


def _counted(finding: Finding, params: Params) -> Finding:
    if params.honour_suppressions or not finding.suppressed:
        return finding
    return replace(finding, suppressed="", message=f"{finding.message} (suppressed in the report, {finding.suppressed}, and counted)")


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="repository")
