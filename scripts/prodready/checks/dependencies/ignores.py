"""Flaws that the team has looked at and lives with for a while: by name, with a reason and an end, all from the profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from prodready.checks.dependencies.flaws import Flaw


class Ignore(Struct, frozen=True, kw_only=True):
    """One flaw that does not count until a day."""

    id: str
    """Any of its names: CVE, GHSA, PYSEC, …"""
    reason: str
    """Why it cannot be reached, or what is done instead."""
    until: date
    """The last day on which it is ignored."""
    package: str = ""
    """Of which package; empty for any."""

    def is_about(self, flaw: Flaw) -> bool:
        """Whether any name of the flaw is the one that is ignored."""
        return self.id in flaw.ids and self.package in ("", flaw.key[1])


def of(flaw: Flaw, ignores: Sequence[Ignore], today: date) -> str:
    """Why a flaw does not count; empty when it does."""
    holding = [one for one in ignores if one.is_about(flaw) and today <= one.until]
    return f"ignored until {holding[0].until} as {holding[0].id}: {holding[0].reason}" if holding else ""


def notes(ignores: Iterable[Ignore], flaws: Sequence[Flaw], today: date) -> Iterator[str]:
    """What to clean up: entries that are over, and those that speak of nothing."""
    for one in ignores:
        if one.until < today:
            yield f"the ignored {one.id} counts again: it was ignored until {one.until}"
        elif not any(map(one.is_about, flaws)):
            yield f"nothing has the ignored {one.id}: remove the entry"
