"""What is in an image, by syft, as a bill of materials in CycloneDX 1.6: of its operating system and of every language.

It reads a copy of the image that has one package more, of a name that nobody else has: a bill without it was not made from that copy. It ends with 0 on an
image whose system it does not know, so one that lists packages of a system must come back with some.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from prodready.checks.containers.archive import Archive
from prodready.checks.containers.vulnerable import PLANTED, SYSTEMS, plant
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.names import counted, shown
from prodready.readers.resolved import Package, bom
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import Scan, Scanned, scan

SPEC = "1.6"
OF_SYSTEMS = ("pkg:deb/", "pkg:apk/", "pkg:rpm/", "pkg:alpm/")
_QUIET = {"SYFT_CHECK_FOR_APP_UPDATE": "false"}


class Listing(Struct, frozen=True, kw_only=True):
    """What syft says of one image."""

    name: str
    scanned: Scanned
    packages: tuple[Package, ...]
    """Without the planted one."""
    document: Mapping[str, object]
    """Its bill as it wrote it, without the planted one."""

    def text(self, now: datetime) -> str:
        """The bill as JSON: the same image at the same time gives the same bytes."""
        purls = sorted(package.purl for package in self.packages)
        metadata = {**want(self.document, "metadata", dict), "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        metadata["component"] = {"bom-ref": "image", "type": "container", "name": self.name}
        serial = uuid5(NAMESPACE_URL, "\n".join((self.name, *purls)))
        return json.dumps({**self.document, "serialNumber": f"urn:uuid:{serial}", "metadata": metadata}, indent=2, sort_keys=True) + "\n"


def listing(ctx: Context, path: Path, name: str) -> Listing:
    """The packages of the image in an archive. Raises CannotTell, also when it cannot be known that these are all."""
    folder, mark = ctx.scratch(), f"prodready-canary-{token_hex(8)}"
    archive = Archive(path, shown(name))
    try:
        has_system = any(member.name.startswith(SYSTEMS) for member in archive.members())
        plant(archive, folder / "image.tar", mark, package=(mark, "1.0"))
    finally:
        archive.close()
    (folder / "syft.yaml").write_text("{}\n", "utf-8")
    reader, report = _Reader(name=name, mark=mark, has_system=has_system), folder / "syft-report.json"
    args = ("scan", "docker-archive:image.tar", "--config", "syft.yaml", "--quiet", "--scope", "squashed", "--output", f"cyclonedx-json@{SPEC}={report}")
    canary = Canary(faults={mark: PLANTED})
    manner = Manner(codes={0: Says.EITHER}, parse=reader.read, inputs=frozenset((name,)), canary=canary)
    scanned = scan(ctx.run, Scan(tool="syft", args=args, cwd=folder, manner=manner, report=report, env=_QUIET, deadline=570))
    return Listing(name=name, scanned=scanned, packages=reader.packages, document=reader.document)


class _Reader:
    """Reads one bill."""

    def __init__(self, *, name: str, mark: str, has_system: bool) -> None:
        self.name, self.mark, self.has_system = name, mark, has_system
        self.packages: tuple[Package, ...] = ()
        self.document: dict[str, object] = {}

    def read(self, output: Output) -> Reading:
        """The image counts as read when packages of its system are among what is listed. Raises Malformed."""
        told = json_of(output.report)
        if not isinstance(told, dict) or (told.get("bomFormat"), told.get("specVersion")) != ("CycloneDX", SPEC):
            raise Malformed(f"it is no bill of materials in CycloneDX {SPEC}")
        rows = list(each(told, "components"))
        ours = [row for row in rows if self.mark not in (str(row.get("name")), *_places(row))]
        self.document = {**{key: value for key, value in told.items() if key != "dependencies"}, "components": ours}
        read = bom.read(json.dumps(self.document), shown(self.name))
        self.packages = read.packages
        whole = not self.has_system or any(package.purl.startswith(OF_SYSTEMS) for package in self.packages)
        planted = Finding(rule=PLANTED, message="", severity=Severity.NOTE, path=self.mark)
        return Reading(
            findings=(planted,) if any(row.get("name") == self.mark for row in rows) else (),
            scanned=(self.name,) if whole else (),
            unread={} if whole else {self.name: "its operating system lists packages, and syft read none of them"},
            notes=(f"{shown(self.name)}: syft lists {counted(len(self.packages), 'package')}", *(f"syft: {gap}" for gap in read.gaps[:5])),
        )


def _places(row: Mapping[str, object]) -> Iterator[str]:
    """Folders of the image's root in which a component lies; a file is named by its path."""
    told = row.get("properties")
    paths = [str(one.get("value")) for one in told if isinstance(one, dict) and str(one.get("name")).endswith(":path")] if isinstance(told, list) else []
    for path in (*paths, str(row.get("name"))):
        if path.startswith("/"):
            yield path.split("/")[1]
