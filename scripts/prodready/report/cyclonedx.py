"""A CycloneDX document that names the service and refers to its readiness report by hash: to be linked from, or merged into, the team's own SBOM."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from prodready.model import Report
from prodready.report import json_v1, words
from prodready.report.escape import line
from prodready.report.inert import dumped, filled


def render(report: Report) -> str:
    """CycloneDX 1.6."""
    text = json_v1.render(report)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return dumped(_document(report, digest)) + "\n"


def _document(report: Report, digest: str) -> dict[str, Any]:
    subject = report.subject
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "metadata": {
            "timestamp": f"{report.started:%Y-%m-%dT%H:%M:%S}Z",
            "tools": {"components": [{"type": "application", "name": "prodready", "version": filled(report.version, 40)}]},
            "component": {
                "type": "application", "bom-ref": "service", "name": filled(subject.repository, 200), "version": filled(subject.commit, 64, blank="no commit"),
                "externalReferences": [{
                    "type": "attestation", "url": "report.json", "comment": words.headline(report), "hashes": [{"alg": "SHA-256", "content": digest}],
                }],
                "properties": [
                    {"name": "prodready:ready", "value": str(report.decision.ready).lower()},
                    {"name": "prodready:score", "value": f"{report.score.value:.1f}"},
                    {"name": "prodready:profile-sha256", "value": line(report.checklist.sha256, 64)},
                ],
            },
        },
    }  # fmt: skip
