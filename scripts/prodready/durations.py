"""Durations as Prometheus, Loki and Alertmanager write them: ``1h30m``, ``15s``, ``7d``."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(ms|[smhdwy])")


def seconds(text: object) -> float:
    """The duration in seconds; ``0`` needs no unit. Raises ValueError for what is none."""
    words = str(text).strip()
    if words in ("0", ""):
        return 0.0
    if not re.fullmatch(f"(?:{_PART.pattern})+", words):
        raise ValueError(f"{words[:40]!r} is no duration: write for example 30s, 5m or 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(words))
