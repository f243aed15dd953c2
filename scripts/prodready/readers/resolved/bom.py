"""Bills of materials that a build wrote: CycloneDX and SPDX, as JSON. For Maven, which has no lock file, they are the resolved set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from prodready.readers import json_text
from prodready.readers.resolved.nouns import Package, Resolved, gap
from prodready.readers.structured import Unreadable

PATTERNS = ("bom.json", "sbom.json", "*.cdx.json", "*.spdx.json", "*.bom.json")
_SAID_NOTHING = ("", "NOASSERTION", "NONE")


def read(text: str, path: str) -> Resolved:
    """The packages of the bill, with the licences it declares."""
    try:
        data = json_text.loads(text, name=path)
    except Unreadable as error:
        return Resolved(gaps=(str(error),))
    if isinstance(data, dict) and data.get("bomFormat") == "CycloneDX":
        return Resolved.all(_component(row, path) for row in _components(data.get("components")))
    if isinstance(data, dict) and str(data.get("spdxVersion", "")).startswith("SPDX-2"):
        roots = {str(each.get("relatedSpdxElement")) for each in _list(data.get("relationships")) if each.get("relationshipType") == "DESCRIBES"}
        rows = [row for row in _list(data.get("packages")) if row.get("SPDXID") not in {*roots, *_described(data)}]
        return Resolved.all(_spdx(row, path) for row in rows)
    return gap(path, None, "it", "is no bill of materials in CycloneDX or SPDX 2")


def _list(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _described(data: Mapping[str, Any]) -> list[str]:
    found = data.get("documentDescribes")
    return [str(each) for each in found] if isinstance(found, list) else []


def _components(value: Any) -> Iterator[dict[str, Any]]:
    stack = _list(value)[::-1]
    while stack:
        row = stack.pop()
        stack += _list(row.get("components"))
        if row.get("type", "library") in ("library", "framework", "application") and "name" in row:
            yield row


def _component(row: Mapping[str, Any], path: str) -> Resolved:
    licences = [_choice(each) for each in _list(row.get("licenses"))]
    return _package(
        str(row.get("purl", "")),
        str(row["name"]),
        " AND ".join(f"({one})" if len(licences) > 1 else one for one in licences if one),
        path,
        runtime=row.get("scope", "required") == "required",
    )


def _choice(row: Mapping[str, Any]) -> str:
    licence = row.get("license")
    return str(row.get("expression") or (licence.get("id") or licence.get("name") if isinstance(licence, dict) else "") or "")


def _spdx(row: Mapping[str, Any], path: str) -> Resolved:
    said = [str(row.get(key, "")) for key in ("licenseConcluded", "licenseDeclared")]
    purl = next((str(ref.get("referenceLocator")) for ref in _list(row.get("externalRefs")) if ref.get("referenceType") == "purl"), "")
    return _package(purl, str(row.get("name")), next((word for word in said if word not in _SAID_NOTHING), ""), path, runtime=True)


def _package(purl: str, name: str, licence: str, path: str, *, runtime: bool) -> Resolved:
    head, _, version = purl.partition("?")[0].partition("#")[0].removeprefix("pkg:").rpartition("@")
    system, _, whole = head.partition("/")
    if not version or not whole:
        return gap(path, None, name, "has no package URL with a version")
    full = unquote(whole)
    if system == "maven":
        full = ":".join(full.rsplit("/", 1))
    return Resolved(packages=(Package(system=system, name=full, version=unquote(version), path=path, runtime=runtime, licence=licence),))
