"""Trivy over the copy that checkov reads, with the same planted faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from prodready.context import Context
from prodready.model import Finding
from prodready.names import counted, shown
from prodready.scanners.trivy import job, results, severity
from prodready.tools.classify import Malformed, Output, Reading, each, want
from prodready.tools.scan import Bench, Scan

if TYPE_CHECKING:
    from prodready.checks.iac import Declared


def config(ctx: Context, made: Bench, declared: Declared) -> Scan:
    """The run, over a folder in which checkov's canaries are planted already. It knows the checks that are built into it, and fetches none."""
    planted = {made.canary(f"{kind.framework}{kind.names[0]}"): kind.trivy for kind in declared.used}
    return job(
        "config", "--skip-check-update", "--tf-exclude-downloaded-modules", folder=made.folder, target=".", cache=ctx.scratch(),
        parse=_reader(made, declared, planted), inputs=frozenset(declared.kinds), canary=planted,
    )  # fmt: skip


def _reader(made: Bench, declared: Declared, planted: Mapping[str, str]) -> Callable[[Output], Reading]:
    lengths = {path: text.count("\n") + 1 for path, text in declared.texts.items()}

    def read(output: Output) -> Reading:
        found, proven, elsewhere = list[Finding](), set[str](), 0
        for result in results(output):
            path = made.where(want(result, "Target", str))
            if path not in declared.kinds and path not in planted:
                elsewhere += len(list(_failed(result)))
                continue
            proven |= {path} & {one for one, kind in declared.kinds.items() if not kind.appends}
            for finding in (_finding(entry, path) for entry in _failed(result)):
                if path in declared.kinds and (finding.line or 0) > lengths[path]:
                    proven |= {path} if finding.rule == declared.kinds[path].trivy else set()
                else:
                    found.append(finding)
        gaps = (f"Trivy tells of {counted(elsewhere, 'flaw')} that is in no file it was given",) if elsewhere else ()
        return Reading(findings=tuple(dict.fromkeys(found)), scanned=proven, gaps=gaps)

    return read


def _failed(result: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for entry in each(result, "Misconfigurations") if "Misconfigurations" in result else ():
        if want(entry, "Status", str) == "FAIL":
            yield entry


def _finding(entry: Mapping[str, object], path: str) -> Finding:
    cause = want(entry, "CauseMetadata", dict)
    first, last = cause.get("StartLine"), cause.get("EndLine")
    if not all(isinstance(line, int | None) for line in (first, last)):
        raise Malformed("a finding has no lines")
    subject = str(cause.get("Resource") or "")
    title, mended = (" ".join(want(entry, key, str).split()) for key in ("Title", "Resolution"))
    return Finding(
        rule=want(entry, "ID", str),
        message=f"{shown(subject)}: {title}" if subject else title,
        severity=severity(entry),
        path=path,
        line=first,
        fix=f"{mended or title}; or, where it is meant so, waive the item for a limited time and say why",
        anchor=f"{subject} {last or first or 1}",
    )
