"""The bill of materials in SPDX 2.3: each package with the licence it declares and the one that was concluded, and why.

Source of the shape: spdx.github.io/spdx-spec/v2.3, with the fields that NTIA's minimum elements ask for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from prodready import version
from prodready.checks.licences import algebra
from prodready.checks.licences.conclude import spelled
from prodready.checks.licences.judged import Judged
from prodready.report.inert import dumped, filled

NOTHING = "NOASSERTION"
ROOT = "SPDXRef-root"
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


def written(name: str, rows: Sequence[Judged], now: datetime) -> str:
    """The document; the same packages at the same time give the same bytes."""
    packages = [_package(row, number) for number, row in enumerate(rows, 1)]
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": filled(name, 200),
        "documentNamespace": f"https://spdx.org/spdxdocs/prodready-{digest}",
        "creationInfo": {"created": f"{now:%Y-%m-%dT%H:%M:%SZ}", "creators": [f"Tool: prodready-{version()}"]},
        "packages": [_root(name), *packages],
        "relationships": [_related("SPDXRef-DOCUMENT", "DESCRIBES", ROOT), *(_related(ROOT, "DEPENDS_ON", each["SPDXID"]) for each in packages)],
        "hasExtractedLicensingInfos": list(_references(packages)),
    }  # fmt: skip
    return dumped(document) + "\n"


def _root(name: str) -> dict[str, Any]:
    return {
        "SPDXID": ROOT, "name": filled(name, 200), "downloadLocation": NOTHING, "filesAnalyzed": False, "licenseConcluded": NOTHING,
        "licenseDeclared": NOTHING, "copyrightText": NOTHING, "primaryPackagePurpose": "APPLICATION",
    }  # fmt: skip


def _package(row: Judged, number: int) -> dict[str, Any]:
    package, concluded = row.package, row.conclusion
    words = [f"by {concluded.source}", concluded.why, f"{concluded.chosen} was taken" if concluded.chosen else ""] if concluded else []
    comment = "; ".join(filter(None, words)) or "nothing of the package could be read"
    return {
        "SPDXID": f"SPDXRef-{number}-{re.sub(r'[^A-Za-z0-9.-]+', '-', package.name)[:80]}", "name": filled(package.name, 300),
        "versionInfo": filled(package.version, 200), "downloadLocation": NOTHING, "filesAnalyzed": False,
        "licenseConcluded": valid(concluded.expression) if concluded else NOTHING,
        "licenseDeclared": _declared(row), "licenseComments": filled(comment), "copyrightText": NOTHING,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": package.purl}],
    }  # fmt: skip


def _declared(row: Judged) -> str:
    """What the package says in its own metadata; NONE when it was read and says nothing."""
    said = row.said
    if said is None:
        return NOTHING
    words = spelled(said.expression) or spelled(said.words[:200])
    return valid(words) if words else (NOTHING if said.classifiers or said.texts or said.words else "NONE")


def valid(expression: str) -> str:
    """The expression if every name in it is one of SPDX's or a LicenseRef; else NOASSERTION, which every reader of SPDX takes."""
    return algebra.standard(expression) or NOTHING


def _references(packages: Iterable[dict[str, Any]]) -> Iterable[dict[str, str]]:
    names = {name for each in packages for key in ("licenseConcluded", "licenseDeclared") for name in _REFERENCE.findall(each[key])}
    return ({"licenseId": name, "extractedText": "The text is in the package."} for name in sorted(names))


def _related(one: str, how: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other}
