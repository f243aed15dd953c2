"""Vulnerable packages as Trivy reports them: of a bill of materials, or of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from prodready.model import Severity
from prodready.scanners.trivy import severity
from prodready.tools.classify import Malformed, each, want


class Listed(Struct, frozen=True, kw_only=True):
    """A package that Trivy says it has looked up."""

    name: str
    version: str
    purl: str
    path: str
    """Where in the image it lies; empty for packages of the system."""


class Vulnerable(Struct, frozen=True, kw_only=True):
    """One vulnerability of one package."""

    name: str
    version: str
    purl: str
    path: str
    id: str
    fixed: str
    """The versions that mend it, in Trivy's words; empty when there is none."""
    severity: Severity
    known: bool
    """Whether its severity is known."""
    title: str


def listed(result: Mapping[str, object]) -> Iterator[Listed]:
    """Every package of a result. Raises Malformed."""
    for row in each(result, "Packages") if "Packages" in result else ():
        yield Listed(name=want(row, "Name", str), version=str(row.get("Version", "")), purl=_purl(row), path=str(row.get("FilePath", "")))


def vulnerable(result: Mapping[str, object]) -> Iterator[Vulnerable]:
    """Every vulnerability of a result. Raises Malformed."""
    for row in each(result, "Vulnerabilities") if "Vulnerabilities" in result else ():
        yield Vulnerable(
            name=want(row, "PkgName", str), version=want(row, "InstalledVersion", str), purl=_purl(row, "PkgIdentifier"), path=str(row.get("PkgPath", "")),
            id=want(row, "VulnerabilityID", str), fixed=str(row.get("FixedVersion") or ""), severity=severity(row), known=row.get("Severity") != "UNKNOWN",
            title=" ".join(str(row.get("Title") or "").split()),
        )  # fmt: skip


def _purl(row: Mapping[str, object], key: str = "Identifier") -> str:
    told = row.get(key)
    if told is not None and not isinstance(told, dict):
        raise Malformed("a package has no identifier")
    return str((told or {}).get("PURL", ""))
