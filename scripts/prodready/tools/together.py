"""Several scanners for one check, started at the same time: what each said counts, and one that said nothing is a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from prodready.check import CannotTell
from prodready.model import Evidence, Finding
from prodready.tools.scan import Scanned


class Together(Struct, frozen=True, kw_only=True):
    """What the scanners said."""

    said: tuple[Scanned, ...]
    silent: tuple[CannotTell, ...] = ()
    """Why others said nothing: never a pass, though what was found counts."""

    def evidence(self, source: str) -> Evidence:
        """What the verdict rests on: one report, or the reports of all of them."""
        reports = [scanned.sha256 for scanned in self.said]
        digest = reports[0] if len(reports) == 1 else hashlib.sha256("".join(reports).encode()).hexdigest()
        return Evidence(source=source, tool=", ".join(scanned.tool for scanned in self.said), sha256=digest)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, scanner by scanner."""
        return tuple(finding for scanned in self.said for finding in scanned.findings)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over."""
        return tuple(note for scanned in self.said for note in scanned.notes)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What was not read, and who said nothing."""
        return (*(gap for scanned in self.said for gap in scanned.gaps), *(f"{unable.reason}; {unable.remedy}" for unable in self.silent))


def together(scans: Sequence[Callable[[], Scanned]]) -> Together:
    """Starts all of them. Raises CannotTell when none could tell anything."""
    with ThreadPoolExecutor(max(len(scans), 1)) as pool:
        ended = list(pool.map(_attempt, scans))
    said = tuple(one for one in ended if isinstance(one, Scanned))
    silent = tuple(one for one in ended if isinstance(one, CannotTell))
    if not said:
        raise silent[0]
    return Together(said=said, silent=silent)


def _attempt(one: Callable[[], Scanned]) -> Scanned | CannotTell:
    try:
        return one()
    except CannotTell as unable:
        return unable
