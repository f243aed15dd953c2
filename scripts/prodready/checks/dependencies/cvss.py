"""How serious an advisory is: the base score of its CVSS vector, of version 2, 3 or 4, in the words of the specification's rating scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prodready.model import Severity

_WORDS = {"CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "MODERATE": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_BOUNDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW), (0.0, Severity.NOTE))
"""first.org/cvss/v3.1/specification-document, section 5, and first.org/cvss/v4.0/specification-document, section 6: the same scale."""


def severity(records: Iterable[Mapping[str, Any]]) -> Severity | None:
    """The worst that any of the records of one vulnerability says; None when none of them says."""
    known = [worst for worst in map(_of_one, records) if worst is not None]
    return max(known, default=None)


def _of_one(record: Mapping[str, Any]) -> Severity | None:
    scores = [score for vector in _vectors(record) if (score := base_score(vector)) is not None]
    if scores:
        return rated(max(scores))
    specific = record.get("database_specific")
    return worded(specific.get("severity") if isinstance(specific, Mapping) else None)


def _vectors(record: Mapping[str, Any]) -> Iterable[str]:
    """Of the advisory and of what it says of single packages."""
    affected = record.get("affected")
    parts = (record, *(affected if isinstance(affected, list) else ()))
    entries = (entry for part in parts if isinstance(part, Mapping) for entry in part.get("severity") or () if isinstance(entry, Mapping))
    return [score for entry in entries if isinstance(score := entry.get("score"), str)]


def rated(score: float) -> Severity:
    """The word of the rating scale for a base score."""
    return next(level for bound, level in _BOUNDS if score >= bound)


def worded(word: object) -> Severity | None:
    """What a database's own word means; None when it is none."""
    return _WORDS.get(word.upper()) if isinstance(word, str) else None


def base_score(vector: str) -> float | None:
    """The base score of a vector, None for any other text."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    reader = next((reader for start, reader in (("CVSS:4.", CVSS4), ("CVSS:3.", CVSS3), ("AV:", CVSS2)) if vector.startswith(start)), None)
    try:
        return float(reader(vector.strip()).base_score) if reader else None
    except (CVSSError, ValueError, TypeError, ArithmeticError):
        return None
