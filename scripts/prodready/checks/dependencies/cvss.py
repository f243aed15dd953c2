"""How serious an advisory is: its CVSS v3 vector, scored as the specification says (first.org/cvss/v3.1/specification-document, section 7.1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from prodready.model import Severity

_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_WORDS = {"CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "MODERATE": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_BOUNDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW), (0.0, Severity.NOTE))


def severity(records: Iterable[Mapping[str, Any]]) -> Severity | None:
    """The worst that any of the records of one vulnerability says; None when none of them says."""
    known = [worst for worst in map(_of_one, records) if worst is not None]
    return max(known, default=None)


def _of_one(record: Mapping[str, Any]) -> Severity | None:
    entries = record.get("severity")
    vectors = [entry.get("score") for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    scores = [score for vector in vectors if isinstance(vector, str) and (score := base_score(vector)) is not None]
    if scores:
        return next(level for bound, level in _BOUNDS if max(scores) >= bound)
    specific = record.get("database_specific")
    word = specific.get("severity") if isinstance(specific, Mapping) else None
    return _WORDS.get(word.upper()) if isinstance(word, str) else None


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.0 or 3.1 vector, None for any other text."""
    version, *parts = vector.strip().split("/")
    metrics = dict(part.split(":", 1) for part in parts if ":" in part)
    if version not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    try:
        changed = {"U": False, "C": True}[metrics["S"]]
        weights = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
        privileges = _PRIVILEGES[metrics["S"]][metrics["PR"]]
    except KeyError:
        return None
    return _score(weights, privileges, changed=changed)


def _score(weights: Mapping[str, float], privileges: float, *, changed: bool) -> float:
    lost = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weights["AV"] * weights["AC"] * privileges * weights["UI"]
    return _roundup(min((1.08 if changed else 1) * (impact + exploitability), 10))


def _roundup(value: float) -> float:
    """Up to one decimal, on integers as appendix A of the specification tells."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10
