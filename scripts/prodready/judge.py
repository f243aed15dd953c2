"""Stage 4: observation + expectation + age of the evidence + waiver -> status. The only place that decides."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct

from prodready.expectation import Expectation, Incomparable, NoMoreFindings, max_age_seconds
from prodready.model import Evidence, Finding, Found, Item, Measured, Observation, Outcome, Severity, Status, Unseen, Waiver


class Verdict(Struct, frozen=True, kw_only=True):
    """A status and the one line that explains it."""

    status: Status
    summary: str


def judge(item: Item, seen: Observation, *, usual: Expectation, now: datetime, waivers: Sequence[Waiver] = (), seconds: float = 0.0) -> Outcome:
    """The outcome of an item. ``usual`` is the check's own bound, held when the item names none."""
    expect = item.expect or usual
    verdict = _verdict(item, seen, expect, now)
    waiver = next((waiver for waiver in waivers if waiver.item == item.id), None)
    if waiver and verdict.status is Status.FAILED:
        verdict, waiver = _waive(verdict, waiver, now)
    return Outcome(item=item, status=verdict.status, summary=verdict.summary, observation=seen, expect=str(expect), seconds=seconds, waiver=waiver)


def _verdict(item: Item, seen: Observation, expect: Expectation, now: datetime) -> Verdict:
    if isinstance(seen, Unseen):
        return Verdict(status=_unseen(seen), summary=seen.reason)
    verdict = _compare(seen, expect)
    if verdict.status is Status.PASSED:
        return _age(item, seen.evidence, now) or verdict
    return verdict


def _unseen(seen: Unseen) -> Status:
    return Status.PENDING if seen.awaits else Status.STALE if seen.lapsed else Status.UNKNOWN


def _compare(seen: Measured | Found, expect: Expectation) -> Verdict:
    match seen:
        case Found():
            return _found(seen, expect)
        case Measured():
            return _measured(seen, expect)
        case _:
            assert_never(seen)


def _found(seen: Found, expect: Expectation) -> Verdict:
    if not isinstance(expect, NoMoreFindings):
        return _unknown(f"expected '{expect}', but this check finds things and measures nothing; write 'no findings'")
    counted = [finding for finding in seen.findings if not finding.suppressed and finding.severity >= expect.severity]
    if len(counted) > expect.limit:
        return Verdict(status=Status.FAILED, summary=_list(counted))
    if seen.examined <= 0:
        because = f"; {_gaps(seen.gaps)}" if seen.gaps else ""
        return _unknown(f"nothing was examined ({seen.evidence.source}), and that proves nothing{because}")
    if seen.gaps:
        return _unknown(f"could not examine everything: {_gaps(seen.gaps)}")
    return Verdict(status=Status.PASSED, summary=_clean(seen, expect))


def _measured(seen: Measured, expect: Expectation) -> Verdict:
    if isinstance(expect, NoMoreFindings):
        return _unknown(f"expected '{expect}', but this check measures; write a bound such as '>= 80 %'")
    if seen.examined <= 0:
        return _unknown(f"nothing was examined ({seen.evidence.source}), and that proves nothing")
    try:
        held = expect.met_by(seen.value, seen.unit)
    except Incomparable as error:
        return _unknown(f"measured {shown(seen)}, which cannot be held against '{expect}': {error}")
    if held and seen.gaps:
        return _unknown(f"measured {shown(seen)} at best: {_gaps(seen.gaps)}")
    words = f"{shown(seen)}, expected {expect} ({seen.evidence.source})"
    return Verdict(status=Status.PASSED if held else Status.FAILED, summary=words)


def _age(item: Item, evidence: Evidence, now: datetime) -> Verdict | None:
    """Evidence that is too old, or from the future, does not carry a pass."""
    if evidence.collected and evidence.collected > now + timedelta(minutes=5):
        return _unknown(f"the evidence is dated {evidence.collected:%Y-%m-%d %H:%M}, in the future: a clock is wrong")
    limit = max_age_seconds(item.max_age)
    if limit is not None and evidence.collected and (now - evidence.collected).total_seconds() > limit:
        return Verdict(status=Status.STALE, summary=f"the evidence is from {evidence.collected:%Y-%m-%d}, older than {item.max_age}")
    if evidence.expires and evidence.expires < now:
        return Verdict(status=Status.STALE, summary=f"the evidence was good until {evidence.expires:%Y-%m-%d}")
    return None


def _waive(verdict: Verdict, waiver: Waiver, now: datetime) -> tuple[Verdict, Waiver | None]:
    if now.date() > waiver.until:
        return Verdict(status=Status.FAILED, summary=f"{verdict.summary} (the waiver of {waiver.owner} ended on {waiver.until})"), waiver
    words = f"waived by {waiver.owner} until {waiver.until}: {waiver.reason} ({verdict.summary})"
    return Verdict(status=Status.WAIVED, summary=words), waiver


def shown(seen: Measured) -> str:
    """The value with its unit, as people write it."""
    if isinstance(seen.value, bool):
        return str(seen.value).lower()
    if seen.value == math.inf and seen.unit == "s":
        return "never"
    if isinstance(seen.value, float):
        return f"{seen.value:.4g}{' ' if seen.unit else ''}{seen.unit}"
    return f"{seen.value}{' ' if seen.unit else ''}{seen.unit}"


def _clean(seen: Found, expect: NoMoreFindings) -> str:
    below = [finding for finding in seen.findings if not finding.suppressed]
    hidden = len(seen.findings) - len(below)
    words = [f"{expect} in {seen.evidence.source}"]
    if below:
        words.append(f"{_counts(below)} below the bound" if expect.limit == 0 else f"{_counts(below)} in all")
    if hidden:
        words.append(f"{hidden} suppressed")
    return "; ".join(words)


def _list(findings: Sequence[Finding]) -> str:
    worst = max(findings, key=lambda finding: finding.severity)
    place = f"{worst.path}:{worst.line}" if worst.line else worst.path
    first = f"{place}: {worst.message}" if place else worst.message
    if len(findings) == 1:
        return first
    return f"{_counts(findings)}; the worst: {first}"


def _counts(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]} {severity.word}" for severity in sorted(Severity, reverse=True) if counts[severity])


def _gaps(gaps: Sequence[str]) -> str:
    return f"{gaps[0]} and {len(gaps) - 1} more" if len(gaps) > 1 else gaps[0]


def _unknown(reason: str) -> Verdict:
    return Verdict(status=Status.UNKNOWN, summary=reason)
