"""A statistic's value with all that has to be said with it."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True):
    """What is measured."""

    value: float
    n: int
    """Observations it rests on."""
    source: str
    """File, period and frequency, in words."""
    sha256: str
    formula: str
    """Where the definition is written."""
    notes: tuple[str, ...] = ()
    unit: str = ""
    share: bool = False
    """Whether it is a share that can be given in percent."""
