"""One metric as it was read."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct


class Reading(Struct, frozen=True, kw_only=True):
    """What was read of a metric."""

    kind: str
    """counter, gauge, histogram, summary; empty when nobody declared it."""
    values: tuple[float, ...]
    """Its finite values: of a histogram or summary, the counts."""
    odd: str = ""
    """``NaN`` or an infinity, when none of its values is a number."""
    moved: bool | None = None
    """None when it was looked at once."""


def reading(kind: str, values: Iterable[float], *, moved: bool | None = None) -> Reading:
    """The reading of at least one value."""
    all_values = tuple(values)
    finite = tuple(value for value in all_values if math.isfinite(value))
    return Reading(kind=kind, values=finite, odd="" if finite else str(all_values[0]), moved=moved)
