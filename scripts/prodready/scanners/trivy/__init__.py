"""Trivy, called so that nothing of the repository steers it: our options only, a folder that holds what is to be read, and never a token.

It ends with 0 on work it did not do, and on findings too unless told otherwise (7, here); a file it cannot parse is a line in its log; what it did not
recognise is not mentioned. So each run holds planted faults, and each input must be named in its report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prodready.model import Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import Scan

FOUND = 7
"""Ours for "it found something": its own is the one of a crash."""
SCHEMA = 2
DEADLINE = 570.0
"""Seconds a run may take."""
SEVERITIES = {"CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW, "UNKNOWN": Severity.HIGH}
"""Its words -> ours; what it does not know counts as high."""
_COMMON = ("--format", "json", "--exit-code", str(FOUND), "--skip-version-check", "--disable-telemetry", "--timeout", "9m")


def job(
    command: str, *args: str, folder: Path, target: str, cache: Path, parse: Callable[[Output], Reading], inputs: frozenset[str], canary: Mapping[str, str]
) -> Scan:
    """One run in a folder of ours; ``canary`` is planted input -> rule."""
    ours = folder / "trivy.yaml"
    ours.write_text("{}\n", "utf-8")
    ignore = folder / "trivy.ignore"
    ignore.write_text("", "utf-8")
    report = folder / "trivy-report.json"
    options = (*_COMMON, "--ignorefile", str(ignore), "--config", str(ours), "--cache-dir", str(cache), "--output", str(report))
    manner = Manner(codes={0: Says.NOTHING, FOUND: Says.SOMETHING}, parse=parse, inputs=inputs, canary=Canary(faults=canary))
    return Scan(tool="trivy", args=(command, *options, *args, *filter(None, (target,))), cwd=folder, manner=manner, report=report, deadline=DEADLINE)


def results(output: Output) -> Iterator[dict[str, object]]:
    """The results of a report, one for each file or group of packages. Raises Malformed."""
    report = json_of(output.report)
    if not isinstance(report, dict) or report.get("SchemaVersion") != SCHEMA:
        raise Malformed(f"it is no report of schema {SCHEMA}")
    if "Results" in report:  # it leaves the key out when there is nothing
        yield from each(report, "Results")


def severity(entry: Mapping[str, object]) -> Severity:
    """Of a finding. Raises Malformed for a word that is none of its own."""
    word = want(entry, "Severity", str)
    if word not in SEVERITIES:
        raise Malformed("a finding has no severity")
    return SEVERITIES[word]
