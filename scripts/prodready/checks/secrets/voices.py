"""Several scanners over the same copies, at the same time: each knows kinds of secrets that the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, get_args

from prodready.checks.secrets import detect_secrets, trufflehog
from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.identity import Identity
from prodready.checks.secrets.tree import scan_bench
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.scan import Bench, Scanned
from prodready.tools.together import Together, together

Voice = Literal["gitleaks", "trufflehog", "detect-secrets"]
VOICES: tuple[Voice, ...] = get_args(Voice)
"""The most exact first: what two of them report at one place is told in the words of the first."""


def hear(ctx: Context, made: Bench, voices: Sequence[Voice], identity: Identity, *, verify: bool, deadline: float) -> Together:
    """Lets all of them scan the bench. Raises CannotTell when none could."""
    planted(made)
    scans: Mapping[Voice, Callable[[], Scanned]] = {
        "gitleaks": lambda: scan_bench(ctx, made, identity, deadline=deadline),
        "trufflehog": lambda: trufflehog.scan_bench(ctx, made, verify=verify, deadline=deadline),
        "detect-secrets": lambda: detect_secrets.scan_bench(ctx, made, deadline=deadline),
    }
    return together([scans[voice] for voice in VOICES if voice in voices])


def places(said: Iterable[Iterable[Finding]]) -> list[Finding]:
    """Every place once: in the words of the first who reports it, or of one who weighs it more."""
    found: dict[tuple[str, int | None], list[Finding]] = {}
    for findings in said:
        told: dict[tuple[str, int | None], list[Finding]] = {}
        for finding in findings:
            told.setdefault((finding.path, finding.line), []).append(finding)
        for place, here in told.items():
            if place not in found or _weight(here) > _weight(found[place]):
                found[place] = here
    return [finding for here in found.values() for finding in here]


def _weight(findings: Iterable[Finding]) -> Severity:
    return max(finding.severity for finding in findings)
