"""Several scanners over the same copies, at the same time: each knows kinds of secrets that the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal, get_args

from prodready.checks.secrets import detect_secrets, tree, trufflehog
from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.question import Question
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.scan import Scanned
from prodready.tools.together import Together, together

Voice = Literal["gitleaks", "trufflehog", "detect-secrets"]
HISTORIANS = frozenset(("gitleaks", "trufflehog"))
"""Those that read commits."""
VOICES: tuple[Voice, ...] = get_args(Voice)
"""The most exact first: what two of them report at one place is told in the words of the first."""


def hear(ctx: Context, asked: Question, voices: Sequence[Voice]) -> Together:
    """Lets all of them read. Raises CannotTell when none could."""
    planted(asked.bench)
    scans: Mapping[Voice, Callable[[Context, Question], Scanned]] = {
        "gitleaks": tree.scan_bench,
        "trufflehog": trufflehog.scan_bench,
        "detect-secrets": detect_secrets.scan_bench,
    }
    return together([partial(scans[voice], ctx, asked) for voice in VOICES if voice in voices])


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
