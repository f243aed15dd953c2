"""No Python dependency has a published vulnerability.

Reads every lock file under the gate itself (requirements with `==`, uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml), in full and for all
platforms, and asks an advisory service for each name and version through pip-audit (pinned). Nothing is resolved, downloaded or built: that would run
code of the packages. What is not pinned cannot be audited and is a gap, as is a manifest (pyproject.toml, setup.py, Pipfile, *.in) that no lock file answers.

Advisories come from OSV (api.osv.dev), from the endpoint in PRODREADY_OSV_URL, or, without any network, from a copy in the repository:
`advisories: PATH` is a folder of OSV records or OSV's all.zip for PyPI; a copy whose newest record is older than `max_advisory_age` tells nothing.
A version that is known to be vulnerable is asked for in each run and must come back as such: a service that answers nothing does not look clean.

Severity is the CVSS v3 base score of the advisory or of its aliases (critical from 9.0, high from 7.0, medium from 4.0), else the advisory's own word;
unknown counts as high. The several names of one flaw are one finding.

It cannot see: packages that no advisory database knows, such as private ones (they look clean), whether the flaw can be reached, and other languages.

    - id: dependencies.vulnerable
      title: No Python dependency with a known serious vulnerability
      check: dependencies
      params: {advisories: advisories/all.zip, max_advisory_age: 7 d}
      expect: no findings >= high
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodready.check import Check
from prodready.checks.dependencies import inventory
from prodready.checks.dependencies.advisories import fixes, ordered
from prodready.checks.dependencies.audit import Vulnerability, audit, layers
from prodready.checks.dependencies.cvss import severity
from prodready.checks.dependencies.pins import Pin, Pins
from prodready.checks.dependencies.source import Source, opened
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.tools.scan import Scanned, nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What is read, and where advisories come from."""

    files: tuple[str, ...] = inventory.PATTERNS
    """Patterns of the lock and requirements files (gitignore syntax); ``!docs/`` at the end leaves a folder out."""
    advisories: str = ""
    """A folder or zip file in the repository with advisories in OSV's format; empty asks a service."""
    max_advisory_age: str = "7 d"
    """How old the newest of those advisories may be."""
    osv_url: str = ""
    """The address of an OSV service; empty takes PRODREADY_OSV_URL, and without that api.osv.dev."""
    canary: str = ""
    """``name==version`` that the service knows to be vulnerable, for services that do not know the public ones."""


def observe(ctx: Context, params: Params) -> Found:
    """Audits what is pinned. Raises CannotTell."""
    files = inventory.read(ctx.repo, params.files)
    read = Pins.all((*files.values(), inventory.unlocked(ctx.repo, files)))
    if not files and not read.gaps:
        return nothing("lock files of Python packages", params.files)
    if not read.pins:
        words = f"{counted(len(files), 'lock file')} without a third-party package"
        return Found(examined=len(files), evidence=Evidence(source=words), gaps=read.gaps, notes=read.notes)
    with opened(ctx, advisories=params.advisories, max_age=params.max_advisory_age, url=params.osv_url, canary=params.canary) as source:
        runs = [audit(ctx, source, layer) for layer in layers(read.pins)]
        return _found(read, source, [scanned for scanned, _ in runs], [flaw for _, flaws in runs for flaw in flaws], files=len(files))


def _found(read: Pins, source: Source, runs: Sequence[Scanned], flaws: Sequence[Vulnerability], *, files: int) -> Found:
    distinct = len({pin.key for pin in read.pins})
    sha256 = hashlib.sha256("".join(one.sha256 for one in runs).encode()).hexdigest() if len(runs) > 1 else runs[0].sha256
    return Found(
        examined=distinct,
        evidence=Evidence(
            source=f"{counted(distinct, 'package')} of {counted(files, 'lock file')}, advisories: {source.words}",
            tool=runs[0].tool,
            sha256=sha256,
            collected=source.collected,
        ),
        findings=tuple(finding for flaw in flaws for finding in _findings(flaw, read.pins, source)),
        gaps=(*source.gaps, *(gap for one in runs for gap in one.gaps), *read.gaps),
        notes=(*read.notes, *(note for one in runs for note in one.notes)),
    )


def _findings(flaw: Vulnerability, pins: Sequence[Pin], source: Source) -> Iterator[Finding]:
    """One finding for each file that pins the vulnerable version."""
    records = [record for name in flaw.ids if (record := source.record(name))]
    worst = severity(records)
    summary = next((text for record in records if isinstance(text := record.get("summary"), str) and text.strip()), flaw.words)
    about = f": {shown(' '.join(summary.split()))[:120]}" if summary else ""
    for path, pin in {pin.path: pin for pin in reversed(pins) if pin.key == flaw.key}.items():
        yield Finding(
            rule=flaw.rule,
            message=f"{pin.name} {pin.version} has {flaw.rule}{about}{'' if worst is not None else ' (severity unknown)'}",
            severity=Severity.HIGH if worst is None else worst,
            path=path,
            line=pin.line,
            fix=_fix(pin, ordered((*flaw.fixed, *(version for record in records for version in fixes(record, pin.name, pin.version))))),
            anchor=f"{pin.name} {flaw.rule}",
        )


def _fix(pin: Pin, fixed: Sequence[str]) -> str:
    if not fixed:
        return f"no version without it is known: replace {pin.name}, or waive the item for a limited time with the reason why it cannot be reached"
    return f"raise {pin.name} to {' or '.join(fixed[:5])}, or later, and lock again"


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="dependencies", tools=("pip-audit",), deadline=600)
