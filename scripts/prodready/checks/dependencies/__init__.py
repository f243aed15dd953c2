"""No dependency has a published vulnerability, in whichever language.

Reads every lock file under the gate itself, in full and for all platforms (uv, Poetry, PDM, Pipenv, pylock and pinned requirements; npm, Yarn, pnpm; go.mod;
Cargo; Gradle; CycloneDX and SPDX bills of materials for Maven and all others), and looks each name and version up in OSV. Nothing is resolved, downloaded or
built: that would run code of the packages. What is not pinned cannot be looked up and is a gap, as is a manifest (pyproject.toml, package.json, Cargo.toml,
pom.xml …) that no lock file answers.

Advisories come from OSV (api.osv.dev), from the endpoint in PRODREADY_OSV_URL, or, without any network, from a copy: `advisories: PATH` is a folder of OSV
records, or OSV's all.zip of each package system; a copy whose newest record of a system is older than `max_advisory_age` tells nothing about it. For each
package system a version that everybody knows to be vulnerable must come back as such, and a package that does not exist must not: a service or a copy that
answers nothing, or anything, does not look clean. With `also`, other programs are asked beside it, and one that cannot be heard leaves the item unknown.

Severity is the CVSS base score (version 2, 3 or 4) that any name of the flaw carries, else the database's own word; unknown counts as high. What CISA's
catalogue (`kev`) knows to be exploited is critical, and so is a malicious package. What FIRST (`epss`) holds to be likely to be attacked is high at least.
The several names of one flaw are one finding. `ignore` names flaws the team lives with for a while, under any of their names, with a reason and an end.

It cannot see: packages that no advisory database knows, such as private ones (they look clean), whether the flaw can be reached, packages of an operating
system (see `containers`), and the standard library of Go.

    - id: dependencies.vulnerable
      title: No dependency with a known serious vulnerability
      check: dependencies
      params:
        advisories: advisories/
        max_advisory_age: 7 d
        kev: advisories/known_exploited_vulnerabilities.json
        ignore:
          - {id: CVE-2024-22195, reason: "no template of ours takes attribute names from users", until: 2027-01-31}
      expect: no findings >= high
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from prodready.check import Check
from prodready.checks.dependencies import lookalikes
from prodready.checks.dependencies.ignores import Ignore
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.readers import resolved
from prodready.readers.resolved import Key, Package, Resolved
from prodready.tools.scan import nothing

if TYPE_CHECKING:
    from prodready.checks.dependencies.advice import Advice, Told
    from prodready.checks.dependencies.exploited import Exploited
    from prodready.checks.dependencies.flaws import Flaw
    from prodready.checks.dependencies.voices import Heard

UNREAD = {
    "Ruby": ("Gemfile.lock", "gems.locked"), "PHP": ("composer.lock",), ".NET": ("packages.lock.json", "*.csproj"), "Bun": ("bun.lockb",),
    "Swift": ("Package.resolved",), "Elixir": ("mix.lock",), "Dart": ("pubspec.lock",), "conda": ("conda-lock.yml",),
}  # fmt: skip
"""What this check does not read itself; a bill of materials answers for all of them."""


class Params(Struct, frozen=True, kw_only=True):
    """What is read, where advisories come from, and what does not count for now."""

    systems: tuple[str, ...] = ()
    """Package systems to look at (pypi, npm, golang, cargo, maven); empty looks at all."""
    exclude: tuple[str, ...] = ()
    """Lock files and manifests that are nobody's dependencies, such as fixtures (gitignore patterns)."""
    boms: tuple[str, ...] = ("bom.json", "sbom.json", "*.cdx.json", "*.spdx.json", "*.bom.json")
    """Bills of materials that a build left behind (gitignore patterns)."""
    advisories: str = ""
    """A folder or zip file with advisories in OSV's format; empty asks a service."""
    max_advisory_age: str = "7 d"
    """How old the newest advisory of a package system, and the files of `kev` and `epss`, may be."""
    osv_url: str = ""
    """The address of an OSV service; empty takes PRODREADY_OSV_URL, and without that api.osv.dev."""
    canary: tuple[str, ...] = ()
    """Package URLs that the source knows to be vulnerable, for sources that do not know the public ones."""
    also: tuple[Literal["pip-audit", "uv-audit", "npm-audit", "safety", "snyk", "trivy"], ...] = ()
    """Programs to ask as well. safety and snyk have accounts: without SAFETY_API_KEY and SNYK_TOKEN the item is unknown."""
    trivy_db: str = ""
    """The folder of Trivy's database (``--cache-dir`` of its download); empty lets Trivy fetch it."""
    trivy_db_age: str = "48 h"
    """How old that database may be."""
    kev: str = ""
    """CISA's catalogue of exploited vulnerabilities, as JSON."""
    epss: str = ""
    """FIRST's probabilities of exploitation, as CSV or CSV in gzip."""
    epss_high: float = 0.1
    """From which probability on a flaw counts as high at least."""
    ignore: tuple[Ignore, ...] = ()
    """Flaws that do not count until a day, with the reason."""


def observe(ctx: Context, params: Params) -> Found:
    """Looks up what is pinned. Raises CannotTell."""
    read = resolved.read(ctx.repo, boms=params.boms, exclude=params.exclude, systems=params.systems)
    unread = _unread(ctx, params, read)
    files = len({package.path for package in read.packages})
    if not read.packages:
        return _empty(ctx, params, read, unread)
    from prodready.checks.dependencies import advice, exploited, sources, voices
    from prodready.checks.dependencies.ecosystems import ECOSYSTEMS

    source = sources.opened(
        ctx, read.distinct, path=params.advisories, max_age=params.max_advisory_age, url=params.osv_url, canaries=params.canary
    )  # fmt: skip
    told = source.about(read.distinct)
    question = voices.Question(packages=read.distinct, advice=source, trivy_db=params.trivy_db, trivy_db_age=params.trivy_db_age)
    heard = voices.hear(ctx, params.also, question)
    used = exploited.read(ctx, kev=params.kev, epss=params.epss, max_age=params.max_advisory_age)
    flaws = _flaws(read, source, told, heard)
    examined = sum(package.system in ECOSYSTEMS and package.system not in told.deaf for package in read.distinct)
    gaps = (*source.gaps, *advice.unread(read.distinct, told.deaf), *used.gaps, *read.gaps, *read.aside, *unread, *(gap for one in heard for gap in one.gaps))
    return _found(ctx, params, read, flaws, source=source, used=used, gaps=gaps, heard=heard, files=files, examined=examined)


def _empty(ctx: Context, params: Params, read: Resolved, unread: tuple[str, ...]) -> Found:
    """Lock files and manifests that name no package: nothing in them can be vulnerable."""
    chosen = [system for name, system in resolved.SYSTEMS.items() if not params.systems or name in params.systems]
    aside = tuple(f"!{pattern}" for pattern in params.exclude)
    files = {path for system in chosen for patterns in (system.locks, system.manifests) if patterns for path in ctx.repo.files(*patterns, *aside)}
    gaps = (*read.gaps, *read.aside, *unread)
    if not files and not gaps:
        return nothing("lock file", ("uv.lock", "requirements.txt", "package-lock.json", "go.mod", "Cargo.lock", "…"))
    words = f"{counted(len(files), 'file')} that could name third-party packages and name none"
    return Found(examined=len(files), evidence=Evidence(source=words), gaps=gaps, notes=read.notes)


def _unread(ctx: Context, params: Params, read: Resolved) -> tuple[str, ...]:
    """What nobody reads, unless bills of materials or the item's choice of systems answer for it."""
    if params.systems or any(package.path.endswith(".json") and package.system not in resolved.SYSTEMS for package in read.packages):
        return ()
    aside = ("!**/node_modules/**", "!**/vendor/**", *(f"!{pattern}" for pattern in params.exclude))
    found = {system: ctx.repo.files(*patterns, *aside) for system, patterns in UNREAD.items()}
    return tuple(
        f"{shown(paths[0])} ({system}): no advisory was held against it; let the build leave a bill of materials (bom.json)"
        for system, paths in found.items() if paths
    )  # fmt: skip


def _flaws(read: Resolved, source: Advice, told: Told, heard: Sequence[Heard]) -> tuple[Flaw, ...]:
    from prodready.checks.dependencies.flaws import distinct, said

    own = [said(package, record) for package in read.distinct for record in told.records.get(package.key, ())]
    return tuple(distinct((*own, *(one for voice in heard for one in voice.said)), source))


def _found(
    ctx: Context, params: Params, read: Resolved, flaws: Sequence[Flaw], *, source: Advice, used: Exploited, gaps: tuple[str, ...], heard: Sequence[Heard],
    files: int, examined: int,
) -> Found:  # fmt: skip
    from prodready.checks.dependencies import ignores

    places = _places(read)
    words = (f"{counted(len(read.distinct), 'package')} of {counted(files, 'lock file')}", f"advisories: {source.words}", *used.words)
    today = ctx.now.date()
    return Found(
        examined=examined,
        evidence=Evidence(
            source=", ".join(words), tool=", ".join(one.tool for one in heard if one.tool), sha256=_digest(flaws, heard), collected=source.collected
        ),
        findings=tuple(finding for flaw in flaws for finding in _findings(flaw, places, used, params, ignores.of(flaw, params.ignore, today))),
        gaps=gaps,
        notes=(*read.notes, *(note for one in heard for note in one.notes), *lookalikes.notes(read.packages), *ignores.notes(params.ignore, flaws, today)),
    )


def _digest(flaws: Sequence[Flaw], heard: Sequence[Heard]) -> str:
    """Over what was told, by whomever."""
    parts = [repr((flaw.key, flaw.ids, flaw.fixed, flaw.severity)) for flaw in flaws] + [one.sha256 for one in heard]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _places(read: Resolved) -> dict[Key, list[Package]]:
    places: dict[Key, list[Package]] = {}
    for package in read.packages:
        places.setdefault(package.key, []).append(package)
    return places


def _findings(flaw: Flaw, places: dict[Key, list[Package]], used: Exploited, params: Params, suppressed: str) -> Iterator[Finding]:
    """One finding for each file that pins the vulnerable version."""
    severity, marks = _severity(flaw, used, params)
    for package in places.get(flaw.key, ()):
        yield Finding(
            rule=flaw.rule,
            message=f"{package.name} {package.version} {'is malicious:' if flaw.malicious else 'has'} {flaw.rule}{_about(flaw)}{marks}",
            severity=severity,
            path=package.path,
            line=package.line,
            fix=_fix(package, flaw),
            anchor=f"{package.name} {flaw.rule}",
            suppressed=suppressed,
        )


def _about(flaw: Flaw) -> str:
    return f": {shown(flaw.words)[:120]}" if flaw.words else ""


def _severity(flaw: Flaw, used: Exploited, params: Params) -> tuple[Severity, str]:
    """How bad, and why it counts as that, in words."""
    if flaw.malicious:
        return Severity.CRITICAL, ""
    severity, marks = (Severity.HIGH, ["severity unknown"]) if flaw.severity is None else (flaw.severity, list[str]())
    chance = used.chance(flaw.ids)
    if chance is not None:
        marks.append(f"attacked within 30 days with a probability of {chance:.1%}")
        severity = max(severity, Severity.HIGH) if chance >= params.epss_high else severity
    if used.is_used(flaw.ids):
        severity, marks = Severity.CRITICAL, ["attackers use it", *marks]
    return severity, f" ({'; '.join(marks)})" if marks else ""


def _fix(package: Package, flaw: Flaw) -> str:
    if flaw.malicious:
        return f"remove {package.name}, take every machine that installed it for taken over, and replace each secret that was readable there"
    if not flaw.fixed:
        return f"no version without it is known: replace {package.name}, or ignore {flaw.rule} for a limited time with the reason why it cannot be reached"
    mended = [f"{'v' if package.system == 'golang' else ''}{version}" for version in flaw.fixed[:5]]
    return f"raise {package.name} to {' or '.join(mended)}, or later, and lock again"


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="dependencies", deadline=1200)
