"""Vulnerable packages of an image, by Trivy: of its operating system and of every language, over a copy of the image that has one known flaw more."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from secrets import token_hex

from prodready.check import CannotTell
from prodready.checks.containers.archive import Archive
from prodready.checks.containers.words import Rule
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.scanners.trivy import database, job, packages, results
from prodready.tools.classify import Malformed, Output, Reading, json_of
from prodready.tools.scan import Scanned, scan

KNOWN = ("jinja2", "2.10")
"""Every database knows that it is vulnerable."""
PLANTED = "planted"
OVER = Rule(
    id="image-system-end-of-life",
    severity=Severity.HIGH,
    message="{} gets no security updates any more",
    fix="build on a base image whose maker still mends it",
)
SYSTEMS = ("var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm/", "usr/lib/sysimage/rpm/")
"""Where an operating system lists its packages: an image that has one of these must come back with packages of a system."""


def scan_image(ctx: Context, path: Path, name: str, *, trivy_db: str, max_age: str) -> Scanned:
    """What is known of its packages. Raises CannotTell."""
    folder, known = ctx.scratch(), database.opened(ctx, trivy_db, max_age=max_age)
    archive = Archive(path, shown(name))
    try:
        has_system = any(member.name.startswith(SYSTEMS) for member in archive.members())
        mark = f"prodready-canary-{token_hex(8)}"
        plant(archive, folder / "image.tar", mark)
    finally:
        archive.close()
    reader = _Reader(name=name, mark=mark, has_system=has_system)
    work = job(
        "image", "--input", "image.tar", "--scanners", "vuln", "--list-all-pkgs", *known.args, folder=folder, target="", cache=known.cache, parse=reader.read,
        inputs=frozenset((name,)), canary={mark: PLANTED},
    )  # fmt: skip
    scanned = scan(ctx.run, work)
    known.dated()
    return scanned


def plant(archive: Archive, into: Path, mark: str, *, package: tuple[str, str] = KNOWN) -> None:
    """The image as ``docker save`` writes it, with a layer on top that holds one package more; as it is not told otherwise, one known to be vulnerable."""
    layer = _layer(mark, *package)
    config = json.loads(json.dumps(archive.config))
    try:
        config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(layer).hexdigest()}")
    except (KeyError, TypeError, AttributeError):
        raise CannotTell("the image does not say what its layers are", "write it anew ('docker image save -o image.tar NAME')") from None
    if isinstance(config.get("history"), list):
        config["history"].append({"created_by": mark})
    packed = gzip.compress(layer, mtime=0) if archive.packed else layer
    names = [f"{number}.tar" for number in range(len(archive.layers) + 1)]
    with tarfile.open(into, "w") as tar:
        for file, layer_name in zip(names, archive.layers, strict=False):
            entry = tarfile.TarInfo(file)
            stream, entry.size = archive.layer(layer_name)
            tar.addfile(entry, stream)
        manifest = [{"Config": "config.json", "RepoTags": [], "Layers": names}]
        for file, data in ((names[-1], packed), ("config.json", json.dumps(config).encode()), ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(file)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def _layer(mark: str, name: str, version: str) -> bytes:
    made, text = io.BytesIO(), f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n".encode()
    with tarfile.open(fileobj=made, mode="w") as tar:
        entry = tarfile.TarInfo(f"{mark}/site-packages/{name}-{version}.dist-info/METADATA")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return made.getvalue()


class _Reader:
    """Reads one report."""

    def __init__(self, *, name: str, mark: str, has_system: bool) -> None:
        self.name, self.mark, self.has_system = name, mark, has_system

    def read(self, output: Output) -> Reading:
        """What is vulnerable; the image counts as read when the packages of its system are among what was looked up. Raises Malformed."""
        told = list(results(output))
        found = [self._finding(one) for result in told for one in packages.vulnerable(result)]
        system = sum(len(list(packages.listed(result))) for result in told if result.get("Class") == "os-pkgs")
        others = sum(len(list(packages.listed(result))) for result in told if result.get("Class") != "os-pkgs") - 1
        whole = bool(system) or not self.has_system
        return Reading(
            findings=(*found, *self._over(output)),
            scanned=(self.name,) if whole else (),
            unread={} if whole else {self.name: "its operating system lists packages, and Trivy does not know that system"},
            notes=(f"{shown(self.name)}: {system} packages of the system and {others} others were looked up",),
        )

    def _finding(self, one: packages.Vulnerable) -> Finding:
        if one.path.startswith(f"{self.mark}/"):
            return Finding(rule=PLANTED, message=one.id, severity=one.severity, path=self.mark)
        about = f": {shown(one.title)[:120]}" if one.title else ""
        return Finding(
            rule=one.id,
            message=f"{shown(one.name)} {shown(one.version)} has {one.id}{about}{'' if one.known else ' (severity unknown)'}",
            severity=one.severity,
            path=self.name,
            fix=f"rebuild with {one.name} {one.fixed}" if one.fixed else "no version without it is known: choose another base image, or leave the package out",
            anchor=f"{one.name} {one.version} {one.id} {one.path}",
        )

    def _over(self, output: Output) -> Iterator[Finding]:
        report = json_of(output.report)
        metadata = report.get("Metadata") if isinstance(report, dict) else None
        system: Mapping[str, object] = (metadata.get("OS") or {}) if isinstance(metadata, dict) else {}
        if not isinstance(system, dict):
            raise Malformed("the operating system is not told as it should be")
        if system.get("EOSL"):
            yield OVER.at(self.name, None, f"{system.get('Family')} {system.get('Name')}")
