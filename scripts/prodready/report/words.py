"""What a report says, in the words that every format shares: the verdict first, then what blocks, then the rest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from prodready.model import CheckRun, Evidence, Finding, Found, Measured, Outcome, Report, Signoff, Stage, Status, Unseen
from prodready.names import counted


class Mark(Struct, frozen=True, kw_only=True):
    """How a status looks; the word always stands beside it."""

    word: str
    emoji: str
    sign: str
    """One cell wide, for terminals."""
    style: str


MARKS = {
    Status.PASSED: Mark(word="passed", emoji="✅", sign="✓", style="green"),
    Status.FAILED: Mark(word="failed", emoji="❌", sign="✗", style="bold red"),
    Status.UNKNOWN: Mark(word="unknown", emoji="❓", sign="?", style="bold magenta"),
    Status.STALE: Mark(word="stale", emoji="⌛", sign="~", style="bold yellow"),
    Status.PENDING: Mark(word="pending", emoji="✋", sign="…", style="bold cyan"),
    Status.WAIVED: Mark(word="waived", emoji="📝", sign="○", style="yellow"),
    Status.NOT_APPLICABLE: Mark(word="not applicable", emoji="➖", sign="–", style="dim"),
}

_OPEN = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING)
_TO = {Stage.PR: "to merge", Stage.RELEASE: "to release", Stage.POST_RELEASE: "after the release"}


def headline(report: Report) -> str:
    """The decision in one line that needs no other."""
    short = f"score {points(report.score.value)} of 100, pass mark {report.score.pass_mark:g}"
    if report.decision.ready:
        return f"Ready {_TO[report.stage]}: {short}"
    return f"Not ready {_TO[report.stage]}: {'; '.join((*_obstacles(report), short))}"


def _obstacles(report: Report) -> list[str]:
    """What stands in the way, counted: ``3 items block (2 failed, 1 unknown)``."""
    block, signoffs = blocking(report), len(report.decision.missing_signoffs)
    counts = Counter(outcome.status for outcome in block)
    how = ", ".join(f"{counts[status]} {MARKS[status].word}" for status in _OPEN if counts[status])
    words = [f"{counted(len(block), 'item')} block{'s' if len(block) == 1 else ''} ({how})"] if block else []
    if signoffs:
        words.append(f"{counted(signoffs, 'sign-off')} missing")
    if not words and report.score.value >= report.score.pass_mark:
        words.append("for the reasons below")
    return words


def blocking(report: Report) -> tuple[Outcome, ...]:
    """Items that do not hold and must, the clearest failure first: the required ones, and those the decision names."""
    return _ranked(outcome for outcome in report.outcomes if outcome.status in _OPEN and _blocks(report, outcome))


def costing(report: Report) -> tuple[Outcome, ...]:
    """Items that earn nothing and block only through the score."""
    return _ranked(outcome for outcome in report.outcomes if outcome.status in _OPEN and not _blocks(report, outcome))


def _blocks(report: Report, outcome: Outcome) -> bool:
    return outcome.item.required or _reason(outcome) in report.decision.reasons


def _reason(outcome: Outcome) -> str:
    """How the decision names an item."""
    return f"{outcome.item.id} {outcome.status}: {outcome.summary}"


def having(report: Report, *statuses: Status) -> tuple[Outcome, ...]:
    """Items of these statuses, in the order of the profile."""
    return tuple(outcome for outcome in report.outcomes if outcome.status in statuses)


def _ranked(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(sorted(outcomes, key=lambda outcome: (_OPEN.index(outcome.status), -outcome.item.weight)))


def other_reasons(report: Report) -> tuple[str, ...]:
    """The decision's reasons that are about no single item: the score, sign-offs, tampering."""
    about_items = set(map(_reason, report.outcomes))
    return tuple(reason for reason in report.decision.reasons if reason not in about_items)


def bypasses(report: Report) -> tuple[str, ...]:
    """What the repository weakened or hides, in words; waivers apart."""
    distinct = {finding for outcome in report.outcomes for finding in findings(outcome)}
    hidden = Counter(finding.suppressed for finding in distinct if finding.suppressed)
    return (*report.checklist.bypasses, *(f"{counted(count, 'finding')} suppressed by {who}" for who, count in sorted(hidden.items())))


def findings(outcome: Outcome) -> tuple[Finding, ...]:
    """The findings of an item, the worst first and the suppressed last."""
    if isinstance(outcome.observation, Unseen):
        return ()
    return tuple(sorted(outcome.observation.findings, key=lambda finding: (bool(finding.suppressed), -finding.severity)))


def gaps(outcome: Outcome) -> tuple[str, ...]:
    """What should have been examined and could not be."""
    return () if isinstance(outcome.observation, Unseen) else outcome.observation.gaps


_SEE = "let it be read, or leave it out with a reason in .prodready.yml: exclude: [{files: [PATH], reason: WHY}]"


def remedy(outcome: Outcome) -> str:
    """What to do about an item that does not hold: the observation's own advice, or the first gap's, else the worst finding's, else the profile's."""
    if isinstance(outcome.observation, Unseen) and outcome.observation.remedy:
        return outcome.observation.remedy
    if outcome.status is Status.UNKNOWN and (blind := gaps(outcome)):  # a finding's fix would leave it as unknown as before
        return blind[0].partition("; ")[2] or _SEE
    fix = next((finding.fix for finding in findings(outcome) if finding.fix and not finding.suppressed), "")
    return fix or outcome.item.how or f"'prodready explain {outcome.item.check}' tells how"


def again(outcome: Outcome) -> str:
    """The command that repeats one item alone."""
    return f"prodready run --only {outcome.item.id}"


def rests_on(outcome: Outcome) -> str:
    """The evidence in one line: ``gitleaks 8.30.1 · 214 files, 37 commits``."""
    evidence = evidence_of(outcome)
    if evidence is None:
        return ""
    dated = f"from {evidence.collected:%Y-%m-%d}" if evidence.collected else ""
    return " · ".join(word for word in (evidence.tool, evidence.source, dated) if word)


def evidence_of(outcome: Outcome) -> Evidence | None:
    """What the outcome rests on; None when nothing was seen."""
    return outcome.observation.evidence if isinstance(outcome.observation, Measured | Found) else None


def examined(outcome: Outcome) -> int:
    """How many things were looked at."""
    return 0 if isinstance(outcome.observation, Unseen) else max(0, outcome.observation.examined)


def origin(report: Report) -> str:
    """What was gated, by which profile and for which stage."""
    subject = report.subject
    commit = f" @ {subject.commit[:12]}" if subject.commit else ", no commit"
    dirty = " with uncommitted changes" if subject.dirty else ""
    return f"{subject.name or 'this folder'}{commit}{dirty} · profile {report.checklist.id} ({report.checklist.source}) · stage {report.stage}"


def effort(report: Report) -> str:
    """How many checks ran, which did not, and how long all took."""
    ran = sum(check.ran for check in report.checks)
    missing = len(report.checks) - ran
    return f"{counted(ran, 'check')} ran, {missing} did not · {duration(report.seconds)} · prodready {report.version}"


def sign_of(row: Signoff) -> Mark:
    """How a sign-off stands: given, awaited, or nobody could verify it."""
    return MARKS[(Status.UNKNOWN if row.untold else Status.PENDING) if row.missing else Status.PASSED]


def signed(row: Signoff) -> str:
    """Who signed, how that was verified, for which commit and when; or exactly what is missing."""
    if row.missing:
        return row.missing
    when = f"{row.at:%Y-%m-%d %H:%M} UTC" if row.at else ""
    return ", ".join(word for word in (row.who, row.how, f"for {row.commit[:12]}" if row.commit else "", when) if word)


def signs_for(row: Signoff) -> str:
    """The role, and what it signs when that is not the stage."""
    return f"{row.role}, for {row.about}" if row.about else row.role


def silent(report: Report) -> tuple[CheckRun, ...]:
    """Checks that did not run although an item waits for them; why others do not apply, their items say."""
    waiting = {outcome.item.check for outcome in report.outcomes if outcome.status is not Status.NOT_APPLICABLE}
    return tuple(check for check in report.checks if not check.ran and check.id in waiting)


def summary_of_statuses(report: Report) -> str:
    """``21 passed, 2 failed, 1 unknown``, in the order of the statuses."""
    counts = Counter(outcome.status for outcome in report.outcomes)
    return ", ".join(f"{counts[status]} {MARKS[status].word}" for status in Status if counts[status]) or "no item"


def points(score: float) -> str:
    """A score with one decimal, never rounded up: 79.97 does not read as a pass mark of 80."""
    return f"{math.floor(score * 10 + 1e-6) / 10:.1f}" if math.isfinite(score) else "0.0"


def bar(percent: float, cells: int = 10) -> str:
    """A bar of text; full only at 100 %, empty only at 0 %."""
    share = min(100.0, max(0.0, percent)) / 100 if math.isfinite(percent) else 0.0
    full = round(share * cells)
    full = min(full, cells - 1) if share < 1 else full
    full = max(full, 1) if share > 0 else full
    return "█" * full + "░" * (cells - full)


def duration(seconds: float) -> str:
    """``0.2 s``, ``1 min 20 s``."""
    if not math.isfinite(seconds) or seconds < 0:
        return "0.0 s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
