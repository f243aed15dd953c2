"""What the items have earned, as ``model.py`` hands it on: in all, and category by category."""

from __future__ import annotations

from msgspec import Struct


class CategoryScore(Struct, frozen=True, kw_only=True):
    """Points of one category, in item weights."""

    id: str
    title: str
    weight: float
    """Share of the whole in percent, normalised over the profile."""
    earned: float
    of: float

    @property
    def percent(self) -> float:
        """Earned share in percent; 0 for a category nothing counts in."""
        return 100 * self.earned / self.of if self.of else 0.0


class Score(Struct, frozen=True, kw_only=True):
    """The weighted score, 0 to 100."""

    value: float
    without_waivers: float
    pass_mark: float
    categories: tuple[CategoryScore, ...]
