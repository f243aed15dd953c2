"""The report as GitHub Markdown: the pull request's comment and the job's summary. Whatever is foreign in it is inert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodready.model import CategoryScore, CheckRun, Finding, Outcome, Report, Signoff, Status
from prodready.names import counted
from prodready.report import cheapest, words
from prodready.report.escape import clip, code, html, markdown
from prodready.report.fit import Block, characters, encoded, fit
from prodready.report.past import since
from prodready.report.words import MARKS

MOST_FINDINGS = 25
"""Rows of findings under one item; ``report.json`` has all."""


def render(report: Report, *, budget_chars: int = 60_000, budget_bytes: int | None = None, before: Report | None = None) -> str:
    """The report within a limit of characters (a comment), or of UTF-8 bytes when given (a summary); at least 8 000.

    ``before`` is the report of the base branch to compare with.
    """
    limit, measure = (budget_chars, characters) if budget_bytes is None else (budget_bytes, encoded)
    head, foot = _head(report) + (_since(report, before) if before else ""), _foot(report)
    return head + fit(tuple(_blocks(report)), limit - measure(head + foot), measure) + foot


def _head(report: Report) -> str:
    sign = "✅" if report.decision.ready else {3: "❓", 4: "✋"}.get(report.decision.exit_code, "❌")
    lines = [f"## {sign} {words.headline(report)}\n"]
    if first := next(iter(words.blocking(report) or (words.costing(report) if not report.decision.ready else ())), None):
        lines.append(f"**Start with** {code(first.item.id, 80)}: {markdown(words.remedy(first))}\n")
    said, ids = cheapest.told(report)
    if said:
        more = f" and {len(ids) - 6} more" if len(ids) > 6 else ""
        lines.append(f"**Cheapest way to the mark**: {said}: {', '.join(code(one, 80) for one in ids[:6])}{more}\n")
    lines.append(f"{markdown(words.summary_of_statuses(report))}.{_mind(report)}\n")
    return "\n".join(lines)


def _since(report: Report, before: Report) -> str:
    """Against the base: the score, and which items broke or were mended."""
    delta = since(report, before)
    where = f"**Against the base** ({code(before.subject.commit[:12] or 'no commit')}): "
    parts = [f"score {words.points(before.score.value)} → {words.points(report.score.value)} ({delta.points:+.1f})"]
    for told, outcomes in (("newly broken", delta.broken), ("newly fixed", delta.mended), ("new", delta.added), ("gone", delta.removed)):
        if outcomes:
            parts.append(f"{told}: {', '.join(code(one.item.id, 80) for one in outcomes[:8])}{' …' if len(outcomes) > 8 else ''}")
    if delta.new_findings or delta.gone_findings:
        parts.append(f"{counted(delta.new_findings, 'new finding')}, {delta.gone_findings} gone")
    return f"\n{where}{'; '.join(parts)}{'' if delta.same_profile else '; the policy was another one'}.\n"


def _mind(report: Report) -> str:
    """Points to what makes a verdict weaker than it looks."""
    counts = (
        (len(words.having(report, Status.WAIVED)), "waiver"),
        (len(words.bypasses(report)), "bypass"),
        (len(report.notes), "limit"),
    )
    parts = [f"{count} {noun}{'' if count == 1 else 'es' if noun == 'bypass' else 's'}" for count, noun in counts if count]
    return f" ⚠️ **Mind {', '.join(parts)}**, below." if parts else ""


def _foot(report: Report) -> str:
    return f"\n---\n\n<sub>{markdown(words.origin(report), 400)} · {markdown(words.effort(report))}</sub>\n\n<sub>{_AGAIN}</sub>\n"


_AGAIN = "`prodready explain ID` tells why an item matters; `prodready run --only ID` repeats it on your machine."


def _blocks(report: Report) -> Iterable[Block]:
    yield _categories(report.score.categories)
    yield _signoffs(report.signoffs)
    yield _list("What else stands in the way", words.other_reasons(report), share=0.1)
    yield _open(report, "What blocks", words.blocking(report), share=0.3)
    yield _open(report, "What costs points", words.costing(report), share=0.2)
    yield _waivers(words.having(report, Status.WAIVED))
    yield _list("Bypasses: what this repository switched off or hides", words.bypasses(report), share=0.1)
    yield _list("Ticks beside evidence", report.claims, share=0.1)
    yield _list("Limits of this run", report.notes, share=0.05)
    for outcome in (*words.blocking(report), *words.costing(report), *words.having(report, Status.WAIVED, Status.PASSED)):
        yield from _details(outcome)
    yield _passed(words.having(report, Status.PASSED))
    yield _settled(words.having(report, Status.NOT_APPLICABLE))
    yield _checks(report.checks)


def _list(title: str, lines: Sequence[str], *, share: float) -> Block:
    rows = tuple(f"- {markdown(text)}\n" for text in lines)
    return Block(opening=f"\n### {title}\n\n", rows=rows, noun="line", share=share)


def _table(title: str, columns: str, rows: Iterable[Sequence[str]], *, noun: str = "item", share: float = 0.1, fold: bool = False) -> Block:
    """A table under a heading, or folded away behind it."""
    names = columns.split("|")
    head = f"\n<details><summary>{title}</summary>\n\n" if fold else f"\n### {title}\n\n"
    return Block(
        opening=head + _row(names) + _row(["---:" if name.strip() in _NUMBERS else "---" for name in names]),
        rows=tuple(map(_row, rows)),
        closing="\n</details>\n" if fold else "",
        noun=noun,
        share=share,
    )


_NUMBERS = ("Weight", "Points", "Score", "Examined", "Time")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _status(outcome: Outcome) -> str:
    mark = MARKS[outcome.status]
    return f"{mark.emoji}&nbsp;{mark.word}"


def _item(outcome: Outcome) -> str:
    whose = [markdown(text, 60) for text in (outcome.item.owner, outcome.item.due and f"due {outcome.item.due}") if text]
    return " · ".join((f"{markdown(outcome.item.title, 160)}<br>{code(outcome.item.id, 80)}", *whose))


def _open(report: Report, title: str, outcomes: Sequence[Outcome], *, share: float) -> Block:
    rows = ((_status(outcome), _item(outcome), _what(outcome), markdown(words.remedy(outcome))) for outcome in outcomes)
    return _table(f"{title} ({len(outcomes)})", "|Item|What happened|What to do", rows, share=share)


def _what(outcome: Outcome) -> str:
    why = f"<br>_Why it matters:_ {markdown(outcome.item.why)}" if outcome.item.why else ""
    return f"{markdown(outcome.summary)}{why}"


def _signoffs(rows_: Sequence[Signoff]) -> Block:
    rows = ((_role(row), *_word(row)) for row in rows_)
    return _table(f"✋ Sign-offs ({sum(not row.missing for row in rows_)} of {len(rows_)})", "Role|Who|How|Commit|When|What is missing", rows, noun="role")


def _role(row: Signoff) -> str:
    return markdown(f"{row.role}, for {row.about}" if row.about else row.role, 120)


def _word(row: Signoff) -> tuple[str, str, str, str, str]:
    when = f"{row.at:%Y-%m-%d %H:%M}" if row.at else ""
    return (markdown(row.who, 80), markdown(row.how, 40), code(row.commit[:12]) if row.commit else "", when, markdown(row.missing) or "✅ nothing")


def _waivers(outcomes: Sequence[Outcome]) -> Block:
    rows = (
        (_item(outcome), *((markdown(waiver.owner, 80), waiver.until.isoformat(), markdown(waiver.reason)) if (waiver := outcome.waiver) else ("", "", "")))
        for outcome in outcomes
    )
    return _table(f"📝 Waived: loans, not passes ({len(outcomes)})", "Item|Owner|Until|Reason", rows)


def _categories(categories: Sequence[CategoryScore]) -> Block:
    rows = (
        (
            markdown(part.title, 120),
            f"`{words.bar(part.percent)}` {part.percent:.0f} %" if part.of else "nothing counts",
            f"{part.earned:g} of {part.of:g}",
            f"{part.weight:.1f} %",
        )
        for part in categories
    )
    return _table("Score by category", "Category|Held|Points|Weight", rows, noun="category")


def _details(outcome: Outcome) -> Iterable[Block]:
    """An item's findings and gaps, folded."""
    found, gaps = words.findings(outcome), words.gaps(outcome)
    if not found and not gaps:
        return
    count = counted(len(found), "finding") + (f", {counted(len(gaps), 'gap')}" if gaps else "")
    title = f"{MARKS[outcome.status].emoji} {html(outcome.item.id, 80)}: {count} among {words.examined(outcome):,} examined"
    rows = [*(_gap(gap) for gap in gaps[:MOST_FINDINGS]), *(_finding(finding) for finding in found[:MOST_FINDINGS])]
    left = max(0, len(found) - MOST_FINDINGS) + max(0, len(gaps) - MOST_FINDINGS)
    if left:
        rows.append(("…", "", f"{left:,} more in `report.json`", ""))
    yield _table(title, "Severity|Where|What|Fix", rows, noun="finding", share=0.05, fold=True)


def _gap(gap: str) -> tuple[str, str, str, str]:
    return ("not examined", "", markdown(gap), "")


def _finding(finding: Finding) -> tuple[str, str, str, str]:
    hidden = f"<br>suppressed by {markdown(finding.suppressed, 80)}" if finding.suppressed else ""
    place = f"{clip(finding.path, 150)}:{finding.line}" if finding.path and finding.line else finding.path
    return (finding.severity.word + hidden, code(place), f"{markdown(finding.message)}<br>{code(finding.rule, 80)}", markdown(finding.fix))


def _passed(outcomes: Sequence[Outcome]) -> Block:
    rows = ((_item(outcome), markdown(outcome.summary), f"{words.examined(outcome):,}", markdown(words.rests_on(outcome))) for outcome in outcomes)
    return _table(f"✅ {counted(len(outcomes), 'item')} passed", "Item|What was seen|Examined|Evidence", rows, fold=True)


def _settled(outcomes: Sequence[Outcome]) -> Block:
    rows = ((_item(outcome), markdown(outcome.summary)) for outcome in outcomes)
    return _table(f"➖ {counted(len(outcomes), 'item')} not applicable", "Item|Why", rows, fold=True)


def _checks(checks: Sequence[CheckRun]) -> Block:
    ran = sum(check.ran for check in checks)
    rows = map(_check, sorted(checks, key=lambda check: check.ran))
    return _table(f"🔎 {counted(ran, 'check')} ran, {len(checks) - ran} did not", "Check|How it went|Tool|Examined|Time", rows, noun="check", fold=True)


def _check(check: CheckRun) -> tuple[str, str, str, str, str]:
    how = "ran" if check.ran else f"did not run: {markdown(check.why_not)}"
    return (code(check.id, 80), how, markdown(check.tool, 80), f"{max(0, check.examined):,}", words.duration(check.seconds))
