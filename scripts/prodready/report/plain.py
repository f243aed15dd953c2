"""The report as plain lines, for CI logs and pipes: one line an item, the verdict first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prodready.model import CategoryScore, Outcome, Report, Signoff, Status, Unseen
from prodready.names import few
from prodready.report import cheapest, words
from prodready.report.escape import clip, isolated, line
from prodready.report.words import MARKS

MOST_FINDINGS = 10
"""Lines of findings under one item; ``report.json`` has all."""


def render(report: Report) -> str:
    """The report without colour, frames or wrapping."""
    return "\n".join(_lines(report)) + "\n"


def told(text: str, limit: int = 400) -> str:
    """Foreign words as one inert line."""
    return isolated(line(text, limit))


def title(report: Report) -> str:
    """The verdict with its sign."""
    sign = "✓" if report.decision.ready else {3: "?", 4: "…"}.get(report.decision.exit_code, "✗")
    return f"{sign} {words.headline(report)}"


def first_step(report: Report) -> tuple[str, str, str] | None:
    """The item to start with, what to do about it and how to look again; None when there is nothing to do."""
    todo = words.blocking(report) or (() if report.decision.ready else words.costing(report))
    return (told(todo[0].item.id, 80), told(words.remedy(todo[0])), told(words.again(todo[0]), 120)) if todo else None


def cheapest_way(report: Report) -> str:
    """``3 items, from 19.5 to 80.5 of 100: a, b, c``; empty where there is no way to go."""
    said, ids = cheapest.told(report)
    return f"{said}: {few([told(one, 80) for one in ids], 6)}" if said else ""


def place(path: str, number: int | None) -> str:
    """``src/app.py:12``."""
    return told(f"{clip(path, 120)}:{number}" if path and number else path, 160)


def _lines(report: Report) -> Iterator[str]:
    yield title(report)
    yield f"  {words.summary_of_statuses(report)}"
    if step := first_step(report):
        yield f"  Start with {step[0]}: {step[1]}"
        yield f"  Then look again: {step[2]}"
    if way := cheapest_way(report):
        yield f"  Cheapest way to the mark: {way}"
    yield from _section("Score by category", _categories(report.score.categories))
    yield from _section("What else stands in the way", (f"- {told(reason)}" for reason in words.other_reasons(report)))
    yield from _section("What blocks", _each(words.blocking(report)))
    yield from _section("What costs points", _each(words.costing(report)))
    yield from _section("Sign-offs", map(_signoff, report.signoffs))
    yield from _section("Waived: loans, not passes", map(_one, words.having(report, Status.WAIVED)))
    yield from _section("Bypasses: what this repository switched off or hides", (f"- {told(text)}" for text in words.bypasses(report)))
    yield from _section("Ticks beside evidence", (f"- {told(text)}" for text in report.claims))
    yield from _section("Limits of this run", (f"- {told(text)}" for text in report.notes))
    yield from _section("Passed", map(_one, words.having(report, Status.PASSED)))
    yield from _section("Not applicable", map(_one, words.having(report, Status.NOT_APPLICABLE)))
    yield from _section("Checks that did not run", (f"- {told(check.id, 80)}: {told(check.why_not)}" for check in words.silent(report)))
    yield from ("", told(words.origin(report)), told(words.effort(report)), title(report))


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    for index, text in enumerate(lines):
        if index == 0:
            yield from ("", heading)
        yield f"  {text}"


def _one(outcome: Outcome) -> str:
    mark = MARKS[outcome.status]
    return f"{mark.sign} {mark.word:<7}  {told(outcome.item.id, 80)}  {told(outcome.item.title, 160)}: {told(outcome.summary)}"


def _signoff(row: Signoff) -> str:
    mark = words.sign_of(row)
    return f"{mark.sign} {mark.word:<7}  {told(words.signs_for(row), 120)}: {told(words.signed(row))}"


def _each(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        yield _one(outcome)
        if outcome.item.why:
            yield f"           why: {told(outcome.item.why)}"
        yield f"           do:  {told(words.remedy(outcome))}"
        for detail in details(outcome):
            yield f"           {detail}"


def details(outcome: Outcome) -> Iterator[str]:
    """An item's findings and gaps, one line each; none when its summary says all."""
    found, gaps = words.findings(outcome), words.gaps(outcome)
    if len(found) == 1 and not gaps and found[0].message in outcome.summary:
        return
    for finding in found[:MOST_FINDINGS]:
        hidden = f" (suppressed by {told(finding.suppressed, 80)})" if finding.suppressed else ""
        where = f"{place(finding.path, finding.line)}: " if finding.path else ""
        yield f"- {finding.severity.word:<8} {where}{told(finding.message, 300)} [{told(finding.rule, 80)}]{hidden}"
    for gap in gaps[:MOST_FINDINGS]:
        yield f"- not examined: {told(gap)}"
    if left := max(0, len(found) - MOST_FINDINGS) + max(0, len(gaps) - MOST_FINDINGS):
        yield f"- {left:,} more in report.json"


def ways(outcome: Outcome) -> Iterator[str]:
    """What to write or run instead, one line for each finding that says it, the same words once."""
    said = dict.fromkeys(finding.fix for finding in words.findings(outcome)[:MOST_FINDINGS] if finding.fix and not finding.suppressed)
    for fix in said:
        where = next(place(finding.path, finding.line) for finding in words.findings(outcome) if finding.fix == fix)
        yield f"- to do{f' at {where}' if where else ''}: {told(fix, 600)}"


def asides(outcome: Outcome) -> Iterator[str]:
    """What the check says beside its result, one line each: formulas, what was supposed; or what would let it see."""
    seen = outcome.observation
    for text in (seen.remedy,) if isinstance(seen, Unseen) else seen.notes:
        if text:
            yield f"- {told(text, 300)}"


def _categories(categories: Sequence[CategoryScore]) -> Iterator[str]:
    width = min(40, max((len(told(part.title, 40)) for part in categories), default=0))
    for part in categories:
        held = f"{words.bar(part.percent)} {part.percent:>3.0f} %  {part.earned:g} of {part.of:g}" if part.of else "nothing counts"
        yield f"{told(part.title, 40):<{width}}  {held}  (weight {part.weight:.1f} %)"
