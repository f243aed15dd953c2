"""The resolved set as a bill of materials in CycloneDX 1.6, which other programs read: its package URLs say which package in which version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from prodready import version
from prodready.readers.resolved import Package


def bill(packages: Iterable[Package], *, name: str, commit: str, now: datetime) -> str:
    """The bill of what ``name`` is made of, as JSON; the same packages at the same time give the same bytes."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    listed = sorted({package.purl: package for package in packages}.values(), key=lambda package: package.purl)
    made = Bom(
        serial_number=uuid5(NAMESPACE_URL, "\n".join((name, commit, *(package.purl for package in listed)))),
        components=[
            Component(
                type=ComponentType.LIBRARY, name=package.name, version=package.version, bom_ref=package.purl, purl=PackageURL.from_string(package.purl),
                scope=ComponentScope.REQUIRED if package.runtime else ComponentScope.EXCLUDED,
            )
            for package in listed
        ],
    )  # fmt: skip
    made.metadata.timestamp = now
    made.metadata.component = Component(type=ComponentType.APPLICATION, name=name, version=commit or None, bom_ref="root")
    made.register_dependency(made.metadata.component, list(made.components))  # lock files tell what is needed, not by whom
    made.metadata.tools.components.add(Component(type=ComponentType.APPLICATION, name="prodready", version=version()))
    return JsonV1Dot6(made).output_as_string(indent=2) + "\n"
