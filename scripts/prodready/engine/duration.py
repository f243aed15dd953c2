"""Durations as people write them in YAML: ``30``, ``0.1``, ``"30 s"``, ``"5 min"``."""

from __future__ import annotations

import math
from typing import TypeAlias

from prodready import expectation
from prodready.expectation import Bound, ExpectationError

Duration: TypeAlias = float | str
"""A number is seconds; text has a unit."""


def seconds(value: Duration, name: str = "the duration") -> float:
    """``"5 min"`` -> 300.0. Raises ValueError for what is no finite duration of zero or more."""
    if isinstance(value, str):
        try:
            bound = expectation.parse(f"<= {value}")
        except ExpectationError:
            bound = None
        value = bound.limit if isinstance(bound, Bound) and bound.unit == "s" else math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is no duration: write seconds, or for example '30 s' or '5 min'")
    return float(value)
