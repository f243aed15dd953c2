"""The package systems that advisories speak of: what OSV calls them, how their versions are ordered, and which old version everybody knows to be vulnerable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from prodready.readers.resolved import Package


class Ecosystem(Struct, frozen=True, kw_only=True):
    """One package system."""

    osv: str
    """Its name in OSV's records (ossf.github.io/osv-schema, "Defined ecosystems")."""
    order: str
    """Which of univers' classes orders its versions."""
    known: tuple[tuple[str, str], ...] = ()
    """Name and version of packages that every whole source of advisories knows to be vulnerable."""
    plain: Callable[[str], str] = str
    """The version as OSV writes it."""


def _go(version: str) -> str:
    return version.removeprefix("v").removesuffix("+incompatible")


ECOSYSTEMS: Mapping[str, Ecosystem] = {
    "pypi": Ecosystem(
        osv="PyPI", order="PypiVersion",
        known=(("jinja2", "2.10"), ("pyyaml", "5.3"), ("requests", "2.19.0"), ("urllib3", "1.24"), ("django", "2.0")),
    ),
    "npm": Ecosystem(osv="npm", order="SemverVersion", known=(("lodash", "4.17.4"), ("minimist", "0.0.8"), ("axios", "0.18.0"))),
    "golang": Ecosystem(
        osv="Go", order="SemverVersion", plain=_go,
        known=(("golang.org/x/text", "v0.3.0"), ("github.com/dgrijalva/jwt-go", "v3.2.0+incompatible"), ("github.com/gogo/protobuf", "v1.3.1")),
    ),
    "cargo": Ecosystem(osv="crates.io", order="SemverVersion", known=(("regex", "1.5.4"), ("smallvec", "0.6.3"), ("time", "0.2.7"))),
    "maven": Ecosystem(
        osv="Maven", order="MavenVersion",
        known=(("org.apache.logging.log4j:log4j-core", "2.14.1"), ("com.fasterxml.jackson.core:jackson-databind", "2.9.8"), ("commons-io:commons-io", "2.6")),
    ),
    "gem": Ecosystem(osv="RubyGems", order="RubygemsVersion", known=(("rack", "2.0.5"), ("nokogiri", "1.8.1"))),
}  # fmt: skip
"""By the type of their package URLs. A system that is not here is not judged, and says so."""


def version(system: str, text: str) -> Any:
    """The version as something that can be compared with others of its system; None for what is none."""
    from univers import versions

    one = ECOSYSTEMS[system]
    try:
        return getattr(versions, one.order)(re.sub(r"\+.*$", "", one.plain(text)) if one.order == "SemverVersion" else one.plain(text))
    except (versions.InvalidVersion, ValueError, TypeError):
        return None


def normal(system: str, name: str) -> str:
    """The name as its registry compares it."""
    if system == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name


def canaries(system: str, named: tuple[str, ...]) -> tuple[Package, ...]:
    """Versions known to be vulnerable: those that the item names as package URLs, else the public ones."""
    from packageurl import PackageURL

    mine = [url for url in map(PackageURL.from_string, named) if url.type == system]
    between = ":" if system == "maven" else "/"
    pairs = tuple((between.join(filter(None, (url.namespace, url.name))), url.version or "") for url in mine) or ECOSYSTEMS[system].known
    return tuple(Package(system=system, name=name, version=at, path="") for name, at in pairs)
