"""Several scanners over the same copies, at the same time: each knows kinds of secrets that the others do not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

from prodready.check import CannotTell
from prodready.checks.secrets import detect_secrets, trufflehog
from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.identity import Identity
from prodready.checks.secrets.tree import scan_bench
from prodready.context import Context
from prodready.model import Evidence, Finding
from prodready.tools.scan import Bench, Scanned

Voice = Literal["gitleaks", "trufflehog", "detect-secrets"]
VOICES: tuple[Voice, ...] = get_args(Voice)
"""The most exact first: what two of them report at one place is told in the words of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the scanners said of the files."""

    said: tuple[Scanned, ...]
    silent: tuple[CannotTell, ...] = ()
    """Why others said nothing: never a pass, though what was found counts."""

    def evidence(self, source: str) -> Evidence:
        """What the verdict rests on: one report, or the reports of all of them."""
        reports = [scanned.sha256 for scanned in self.said]
        digest = reports[0] if len(reports) == 1 else hashlib.sha256("".join(reports).encode()).hexdigest()
        return Evidence(source=source, tool=", ".join(scanned.tool for scanned in self.said), sha256=digest)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over, and by whom."""
        return tuple(note for scanned in self.said for note in scanned.notes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every place once."""
        return tuple(_merged(scanned.findings for scanned in self.said))

    @property
    def gaps(self) -> tuple[str, ...]:
        """What was not read, and who said nothing."""
        return (*(gap for scanned in self.said for gap in scanned.gaps), *(f"{unable.reason}; {unable.remedy}" for unable in self.silent))


def hear(ctx: Context, made: Bench, voices: Sequence[Voice], identity: Identity, *, verify: bool, deadline: float) -> Heard:
    """Lets all of them scan the bench. Raises CannotTell when none could."""
    planted(made)
    scans: Mapping[Voice, Callable[[], Scanned]] = {
        "gitleaks": lambda: scan_bench(ctx, made, identity, deadline=deadline),
        "trufflehog": lambda: trufflehog.scan_bench(ctx, made, verify=verify, deadline=deadline),
        "detect-secrets": lambda: detect_secrets.scan_bench(ctx, made, deadline=deadline),
    }
    with ThreadPoolExecutor(len(VOICES)) as pool:
        ended = list(pool.map(_attempt, [scans[voice] for voice in VOICES if voice in voices]))
    said = tuple(one for one in ended if isinstance(one, Scanned))
    silent = tuple(one for one in ended if isinstance(one, CannotTell))
    if not said:
        raise silent[0]
    return Heard(said=said, silent=silent)


def _attempt(voice: Callable[[], Scanned]) -> Scanned | CannotTell:
    try:
        return voice()
    except CannotTell as unable:
        return unable


def _merged(said: Iterable[Iterable[Finding]]) -> list[Finding]:
    merged: list[Finding] = []
    for findings in said:
        known = {(finding.path, finding.line) for finding in merged}
        worst_first = sorted(findings, key=lambda finding: -finding.severity)
        merged += [finding for finding in worst_first if (finding.path, finding.line) not in known]
    return merged
