"""Writes the published JSON Schemas of the YAML files people write and of what is kept (records, bundles, lines of the history).

``tests/test_schema.py`` fails when they have drifted.

example: scripts/generate_schemas.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from prodready.bundle import Manifest  # noqa: E402 - found beside this file, wherever that is
from prodready.drilling import DrillFile  # noqa: E402 - found beside this file, wherever that is
from prodready.evidence.record import Record  # noqa: E402
from prodready.history import Run  # noqa: E402
from prodready.profile import ProfileFile, RepositoryFile  # noqa: E402
from prodready.report.pdf.company import Company  # noqa: E402 - likewise
from prodready.schema import schema  # noqa: E402


def schemas() -> dict[str, str]:
    """File name -> text."""
    kinds: dict[str, type] = {
        "profile.schema.json": ProfileFile, "repository-file.schema.json": RepositoryFile, "drill.schema.json": DrillFile, "record.schema.json": Record,
        "soc2.schema.json": Company, "bundle.schema.json": Manifest, "history.schema.json": Run,
    }  # fmt: skip
    return {name: json.dumps(schema(kind, schema_id=f"urn:prodready:{name.partition('.')[0]}:v1"), indent=2) + "\n" for name, kind in kinds.items()}


if __name__ == "__main__":
    for name, text in schemas().items():
        (HERE / "prodready" / "schemas" / name).write_text(text, "utf-8")
