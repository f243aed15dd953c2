"""Every package that is shipped has a licence that may be shipped.

The packages are those that lock files resolve to (Python, npm, Go, Cargo, Gradle) and those of CycloneDX or SPDX bills of materials (Maven and all
others); what only development uses is counted and not judged. A licence is the first that is said of: an override in the policy file, the package's
licence expression (PEP 639, package.json, Cargo.toml), a `License` field that is a name, classifiers, the text of its licence files. What the
packages say is read where a build has put them (.venv, node_modules, vendor, .m2), and else fetched, as wheels, modules, crates and POMs that are never run.

Expressions are judged as they are meant: OR is a choice and takes the least, AND binds and takes the most, and an exception that allows linking
softens. High: a licence that is refused (GPL, AGPL, SSPL, BUSL, non-commercial). Medium: a licence that nobody could name. Low: one to look at (LGPL,
EPL, a contradiction). A package of which nothing could be read leaves the item unknown.

A policy file, read on the base branch where there is one, says what the team allows, reviews and denies, and what a person found out about one package:

    allow: [MPL-2.0, LicenseRef-our-own]
    review: [LGPL-3.0-or-later]
    deny: [AGPL-3.0-only]
    overrides:
      - purl: pkg:pypi/oldlib@1.2
        expression: MIT
        reason: the author says so in the issue tracker
        reviewer: mara
        expires: 2027-06-30
      - purl: pkg:pypi/tool@3.1
        expression: AGPL-3.0-only
        class: review
        reason: run unchanged, as a program of its own; nothing of ours is linked with it
        reviewer: mara
        expires: 2027-06-30

The second is a judgement on one use, not on the licence: `class` is allow or review, and an expired one is refused again.

An item that uses it:

    - id: dependencies.licences
      title: No package that is shipped has a licence that forbids it
      check: licences
      params: {policy: licences.yml}
      expect: no findings >= medium
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown

if TYPE_CHECKING:
    from prodready.checks.licences.judged import Judged
    from prodready.checks.licences.policy import Policy
    from prodready.readers.resolved import Package, Resolved


class Params(Struct, frozen=True, kw_only=True):
    """Whose packages, by which policy."""

    policy: str = ""
    """The policy file; empty takes the shipped classes alone."""
    boms: tuple[str, ...] = ("bom.json", "sbom.json", "*.cdx.json", "*.spdx.json", "*.bom.json")
    """Bills of materials that a build left behind (gitignore patterns)."""
    exclude: tuple[str, ...] = ()
    """Lock files that ship nothing (gitignore patterns)."""
    development: bool = False
    """Whether packages for development are judged as well."""
    fetch: bool = True
    """Whether packages that lie nowhere are fetched to be read."""


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong among the licences of what is shipped. Raises CannotTell when there is nothing to judge."""
    rules, found, shipped = _shipped(ctx, params)
    from prodready.checks.licences import judged

    rows = judged.judge(ctx, shipped, rules, fetching=params.fetch)
    gaps = (*found.gaps, *(found.aside if params.development else ()))
    return _found(ctx, rows, rules, gaps, tuple(found.notes), len(found.distinct) - len(shipped))


def rows(ctx: Context, params: Params, *, texts: bool = False) -> tuple[tuple[Judged, ...], tuple[str, ...]]:
    """Each package that is shipped with its conclusion, and what could not be told, in words. Raises CannotTell when there is nothing to judge."""
    rules, found, shipped = _shipped(ctx, params)
    from prodready.checks.licences import judged

    told = judged.judge(ctx, shipped, rules, fetching=params.fetch, texts=texts)
    return told, (*found.gaps, *_blind(told))


def _shipped(ctx: Context, params: Params) -> tuple[Policy, Resolved, list[Package]]:
    from prodready.checks.licences import policy
    from prodready.readers import resolved

    rules = policy.of(ctx.repo, params.policy) if params.policy else policy.Policy()
    found = resolved.read(ctx.repo, boms=params.boms, exclude=params.exclude)
    packages = found.distinct
    shipped = [package for package in packages if package.runtime or params.development]
    if not packages and not found.gaps:
        raise CannotTell("no lock file and no bill of materials names a package", "lock the dependencies, or let 'when:' skip the item")
    if not shipped and not found.gaps:
        raise CannotTell(f"all {counted(len(packages), 'package')} are for development: nothing that is shipped was judged", "set 'development: true'")
    return rules, found, shipped


def _found(ctx: Context, rows: tuple[Judged, ...], rules: Policy, gaps: tuple[str, ...], notes: tuple[str, ...], aside: int) -> Found:
    told = [row for row in rows if row.conclusion]
    counts = Counter(row.conclusion.level.word for row in told if row.conclusion)
    levels = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    source = f"{counted(len(told), 'package')} ({levels})" if told else f"none of {counted(len(rows), 'package')} could be read"
    notes = (*notes, *_notes(rows), *((f"{counted(aside, 'package')} for development, not judged",) if aside else ()))
    findings = (*(finding for row in told for finding in _judgement(row)), *_stale(ctx, rows, rules))
    return Found(examined=len(told), evidence=Evidence(source=source, tool=_tool()), findings=findings, gaps=(*gaps, *_blind(rows)), notes=notes)


_PUT = "install it into the folder before the gate runs (.venv, node_modules, vendor, .m2), or write an override"
_BLIND = f"nothing of it could be read; {_PUT}"
_MATTERS = "what nobody has read may forbid what you do with it"
_ASK_AGAIN = f"Run it again when the index answers (uv, go, cargo and mvn ask the one of this machine's settings); or {_PUT.replace(' it ', ' them ', 1)}"


def _blind(rows: tuple[Judged, ...]) -> tuple[str, ...]:
    """Packages without a conclusion, each with its reason; those that one index did not answer for are told of together."""
    silent = dict[str, list[str]]()
    for row in rows:
        if not row.conclusion and row.unheard:
            silent.setdefault(row.unheard, []).append(f"{row.package.name} {row.package.version}")
    unheard = (
        f"{why}, so the licence of {counted(len(names), 'package')} is not known ({shown(few(names, 12))}): {_MATTERS}. {_ASK_AGAIN}"
        for why, names in silent.items()
    )  # fmt: skip
    blind = (row for row in rows if not row.conclusion and not row.unheard)
    return (*unheard, *(f"{_place(row.package)}: {row.package.name} {row.package.version}: {_BLIND}" for row in blind))


def _place(package: Package) -> str:
    return f"{package.path}:{package.line}" if package.line else package.path


def _tool() -> str:
    from importlib.metadata import version

    return f"license-expression {version('license-expression')}, licenseclassifier {version('licenseclassifier')}"


def _judgement(row: Judged) -> Iterator[Finding]:
    from prodready.checks.licences.algebra import Class

    package, said = row.package, row.conclusion
    if said is None or said.level is Class.ALLOW:
        return
    because = f" ({said.why})" if said.why else ""
    rule, severity, words, fix = {
        Class.DENY: (
            "LICENCE-DENIED",
            Severity.HIGH,
            f"is under {said.expression}, which is refused{because}",
            "replace the package, buy another licence, or ship without it",
        ),
        Class.UNKNOWN: ("LICENCE-UNKNOWN", Severity.MEDIUM, f"{said.why or f'is under {said.expression}, which no list knows'}", _ASK),
        Class.REVIEW: ("LICENCE-REVIEW", Severity.LOW, f"is under {said.expression}{because}: look at what it asks for", _LOOK),
    }[said.level]
    yield Finding(
        rule=rule, message=f"{package.name} {package.version} {words}", severity=severity, path=package.path, line=package.line, fix=fix, anchor=package.purl
    )  # fmt: skip


_ASK = "read its licence, ask its author, and write what you found into the policy's overrides: purl, expression, reason, reviewer, expires"
_LOOK = "fulfil what it asks for (offer the source, keep it replaceable), then allow it in the policy file"


def _stale(ctx: Context, rows: tuple[Judged, ...], rules: Policy) -> Iterator[Finding]:
    """Overrides that are over, and those that speak of nothing any more."""
    for each in rules.overrides:
        if each.expires < ctx.now.date():
            yield Finding(
                rule="LICENCE-OVERRIDE-OVER", message=f"the override of {each.purl} by {each.reviewer} ended on {each.expires}", severity=Severity.MEDIUM,
                path=rules.path, line=each.line, fix="look again and set a new end, or remove it", anchor=each.purl,
            )  # fmt: skip
        elif not any(row.override is each for row in rows):
            yield Finding(
                rule="LICENCE-OVERRIDE-UNUSED", message=f"the override of {each.purl} speaks of no package that is shipped", severity=Severity.LOW,
                path=rules.path, line=each.line, fix="remove it", anchor=each.purl,
            )  # fmt: skip


def _notes(rows: tuple[Judged, ...]) -> Iterator[str]:
    for row in rows:
        if row.conclusion and row.conclusion.chosen:
            yield f"{row.package.name} {row.package.version}: {row.conclusion.chosen} was taken of {row.conclusion.expression}"
        if row.override and row.conclusion:
            yield f"{row.package.name} {row.package.version}: {row.conclusion.expression} by override of {row.conclusion.why}"


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="licences", deadline=600.0)
__all__ = ["CHECK", "Params", "rows"]
