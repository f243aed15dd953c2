"""Images are built well and hold no secret: Dockerfiles, compose files, and built images from an archive or from Docker.

hadolint (pinned, with every rule and our configuration only) reads each Dockerfile in a copy; a fault is planted at the end of each, so that one that was
not read to its end shows. What no line tells is looked at beside it: the user of the last stage, a health check (of the image, of compose, or a probe), build
tools in what ships, pins, secrets in ARG and ENV, a whole folder that is copied without a .dockerignore. Compose files: rights over the host, the Docker
socket, health, memory limits, pins, literal secrets. A built image: its size, its user, and secrets in its layers, variables and history (gitleaks): a file
that a later layer deletes is still there. With `also: [trivy]` the packages of each image, of its system and of all languages, are looked up in Trivy's
database; a copy of the image gets one known flaw more, which has to come back. With `also: [syft]` they are listed and held against the bills of materials that
the build left (`bills`; `prodready sbom --image` writes one): what is in an image and in no bill is found.
`# hadolint ignore=` is no way out unseen: what it hides is listed as suppressed.

Severity: hadolint's error, warning, info, style are high, medium, low, note; ours are told by `fix` beside each rule. With `only`, an item tells of some rules.

It cannot see: vulnerabilities of packages without `also: [trivy]`, what a base image sets (its user may not be root), and layers packed with zstd.

    - id: containers.quality
      title: Images and services are built as they should be
      check: containers
      params: {images: [dist/*.tar], max_image_mb: 1000}
      expect: no findings >= high
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell, Check
from prodready.checks.containers import bills, compose, images, structure, vulnerable
from prodready.checks.containers.images import look, saved
from prodready.checks.containers.lint import lint
from prodready.checks.containers.syft import Listing, listing
from prodready.checks.containers.vulnerable import scan_image
from prodready.checks.containers.words import Rule
from prodready.context import Context
from prodready.model import Evidence, Finding, Found
from prodready.names import counted, shown
from prodready.readers.resolved import bom
from prodready.readers.structured import Unreadable
from prodready.tools.scan import Scanned, nothing
from prodready.yamltext import YamlError

DOCKERFILES = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile", "Containerfile.*", "!*.dockerignore", "!**/.devcontainer/**")
COMPOSE = ("compose*.yml", "compose*.yaml", "docker-compose*.yml", "docker-compose*.yaml")
MANIFESTS = ("*.yml", "*.yaml")
OURS = frozenset(rule.id for module in (bills, compose, images, structure, vulnerable) for rule in vars(module).values() if isinstance(rule, Rule))
"""The rules of this check itself."""
THEIRS = re.compile(r"(?:DL|SC)\d{4}|[A-Z]+-\S+")
"""Those of hadolint and its ShellCheck, and the names of vulnerabilities."""


class Params(Struct, frozen=True, kw_only=True):
    """Which files and images are read."""

    files: tuple[str, ...] = DOCKERFILES
    """Patterns of Dockerfiles (gitignore syntax)."""
    compose: tuple[str, ...] = COMPOSE
    """Patterns of compose files."""
    images: tuple[str, ...] = ()
    """Patterns of image archives that a build left (`docker image save`, OCI); where none is found, the item is unknown."""
    image: str = ""
    """Name of an image that the machine's Docker holds."""
    max_image_mb: float = 1000
    """How large an image may be, unpacked, in megabytes (10^6 bytes)."""
    only: tuple[str, ...] = ()
    """Rules to tell of, such as image-runs-as-root or DL3008; empty tells of all."""
    also: tuple[Literal["trivy", "syft"], ...] = ()
    """Trivy looks up the packages of the images, syft lists them and holds them against `bills`; where one cannot be heard, the item is unknown."""
    bills: tuple[str, ...] = bom.PATTERNS
    """Patterns of bills of materials (CycloneDX, SPDX) that a build left with its images, for syft."""
    trivy_db: str = ""
    """The folder of Trivy's database (``--cache-dir`` of its download); empty lets Trivy fetch it."""
    trivy_db_age: str = "48 h"
    """How old that database may be."""


@dataclass(slots=True, kw_only=True)
class Look:
    """What has been seen so far."""

    examined: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    sha256: str = ""
    listings: list[Listing] = field(default_factory=list)

    def add(self, findings: Iterable[Finding], gaps: Iterable[str], notes: Iterable[str]) -> None:
        """Takes what was seen of one more."""
        self.findings += findings
        self.gaps += gaps
        self.notes += notes


def observe(ctx: Context, params: Params) -> Found:
    """Looks at what there is. Raises CannotTell."""
    texts = _texts(ctx, ctx.repo.files(*params.files))
    services = _texts(ctx, ctx.repo.files(*params.compose))
    archives = _archives(ctx, params)
    if not texts and not services and not archives and not params.images:
        return nothing("Dockerfile and no compose file", (*params.files, *params.compose))
    seen = Look()
    if texts:
        _lint(ctx, texts, seen)
        _structure(ctx, texts, services, seen)
    _compose(services, texts, seen)
    for name, path in archives.items():
        _image(ctx, name, path, params, seen)
    if seen.listings:
        _bills(ctx, params, seen)
    seen.gaps += [
        f"no rule is called {shown(rule)}, so nothing was looked for under that name; mend it in 'only'"
        for rule in params.only if rule not in OURS and not THEIRS.fullmatch(rule)
    ]  # fmt: skip
    if params.images and not archives:
        seen.gaps.append(f"no image archive matches {', '.join(params.images)}: build and save it before the gate")
    return _found(seen, params, _words(texts, services, archives))


def _texts(ctx: Context, paths: Iterable[str]) -> dict[str, str]:
    return {path: ctx.repo.text(path) for path in paths}


def _archives(ctx: Context, params: Params) -> dict[str, Callable[[], Path]]:
    """Name -> what brings a copy of the archive, when its turn comes."""
    paths = ctx.repo.outputs(*params.images) if params.images else ()
    found: dict[str, Callable[[], Path]] = {path: partial(_copied, ctx, path) for path in paths}
    return found | ({params.image: partial(saved, ctx, params.image)} if params.image else {})


def _copied(ctx: Context, path: str) -> Path:
    folder = ctx.scratch()
    ctx.repo.stage(folder, [path])
    return folder / path


def _lint(ctx: Context, texts: Mapping[str, str], seen: Look) -> None:
    scanned = lint(ctx, texts)
    seen.tools, seen.sha256 = [scanned.tool], scanned.sha256
    seen.add(scanned.findings, scanned.gaps, scanned.notes)


def _structure(ctx: Context, texts: Mapping[str, str], services: Mapping[str, str], seen: Look) -> None:
    probed = any("healthcheck:" in text for text in services.values()) or _probes(ctx)
    for path, text in texts.items():
        seen.examined.append(path)
        folder = PurePosixPath(path).parent
        ignoring = bool(ctx.repo.files("/.dockerignore", f"/{folder}/.dockerignore", f"/{path}.dockerignore"))
        try:
            seen.findings += structure.faults(structure.build(text, path, probed=probed, ignoring=ignoring))
        except (Unreadable, IndexError):
            seen.gaps.append(f"{shown(path)}: it is no Dockerfile that builds an image")


def _probes(ctx: Context) -> bool:
    """Whether a Kubernetes manifest probes a container."""
    for path in ctx.repo.files(*MANIFESTS):
        try:
            if "livenessProbe:" in (text := ctx.repo.text(path)) or "readinessProbe:" in text:
                return True
        except CannotTell:
            continue
    return False


def _compose(services: Mapping[str, str], texts: Mapping[str, str], seen: Look) -> None:
    checked = any("HEALTHCHECK" in text for text in texts.values())
    for path, text in services.items():
        seen.examined.append(path)
        try:
            told = compose.services(text, path, checked=checked)
        except YamlError as error:
            seen.gaps.append(str(error))
            continue
        seen.findings += [finding for service in told for finding in compose.faults(service)]
        seen.gaps += [] if told else [f"{shown(path)}: it names no service"]


def _image(ctx: Context, name: str, path: Callable[[], Path], params: Params, seen: Look) -> None:
    seen.examined.append(name)
    try:
        file = path()
        image = look(ctx, file, name, max_mb=params.max_image_mb)
        seen.add(image.findings, image.gaps, image.notes)
        if "trivy" in params.also:
            _heard(seen, scan_image(ctx, file, name, trivy_db=params.trivy_db, max_age=params.trivy_db_age))
        if "syft" in params.also:
            seen.listings.append(listing(ctx, file, name))
            _heard(seen, seen.listings[-1].scanned)
    except CannotTell as unable:
        seen.gaps.append(f"{unable.reason}; {unable.remedy}")


def _heard(seen: Look, told: Scanned) -> None:
    seen.add(told.findings, told.gaps, told.notes)
    seen.tools.append(told.tool)


def _bills(ctx: Context, params: Params, seen: Look) -> None:
    told, unread = bills.read(ctx, params.bills)
    seen.findings += bills.faults(seen.listings, told, whole=not seen.gaps)
    seen.gaps += unread


def _words(texts: Mapping[str, str], services: Mapping[str, str], archives: Mapping[str, object]) -> str:
    counts = ((len(texts), "Dockerfile"), (len(services), "compose file"), (len(archives), "image"))
    return ", ".join(counted(number, noun) for number, noun in counts if number)


def _found(seen: Look, params: Params, words: str) -> Found:
    chosen = [finding for finding in seen.findings if not params.only or finding.rule in params.only]
    return Found(
        examined=len(seen.examined),
        evidence=Evidence(source=words or "no image", tool=", ".join(dict.fromkeys(seen.tools)), sha256=seen.sha256),
        findings=tuple(sorted(map(_anchored, chosen), key=lambda one: (one.path, one.line or 0, one.rule, one.anchor))),
        gaps=tuple(seen.gaps),
        notes=tuple(seen.notes),
    )


def _anchored(finding: Finding) -> Finding:
    return finding if finding.anchor else replace(finding, anchor=finding.message)


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="containers", tools=("hadolint", "gitleaks"), deadline=1200)
