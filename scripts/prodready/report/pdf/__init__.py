"""Printed documents: what they say is chosen here, how they look is ``document.typ``, and typst sets them in an environment of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from prodready.context import Ended, Run
from prodready.errors import ProdreadyError
from prodready.model import Outcome, Report, Status, Unseen
from prodready.names import counted
from prodready.report import cheapest, words
from prodready.report.escape import line
from prodready.report.inert import dumped

HERE = Path(__file__).parent
ROWS = 400
"""Rows of one table; report.json has all."""
TONES = {
    Status.PASSED: "good", Status.FAILED: "bad", Status.UNKNOWN: "doubt", Status.STALE: "warn", Status.PENDING: "warn", Status.WAIVED: "warn",
    Status.NOT_APPLICABLE: "quiet",
}  # fmt: skip


class Row(Struct, frozen=True, kw_only=True):
    """One row of a table; the tone colours its first cell."""

    cells: tuple[str, ...]
    tone: str = "plain"


class Section(Struct, frozen=True, kw_only=True):
    """A heading with paragraphs and at most one table."""

    title: str
    paragraphs: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    widths: tuple[float, ...] = ()
    rows: tuple[Row, ...] = ()
    more: str = ""
    """What was left out, in words."""
    grid: tuple[tuple[Row, ...], ...] = ()
    """Cells of a matrix, the top line first, each coloured by its tone."""
    picture: str = ""
    """Name of a picture that is printed below."""


class Document(Struct, frozen=True, kw_only=True):
    """Everything a printed document says, every text inert."""

    kind: str
    title: str
    subtitle: str
    tone: str
    footer: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def printed(document: Document, run: Run, target: Path, pictures: Mapping[str, bytes] | None = None) -> int:
    """Writes the PDF with its pictures and gives its pages. Raises CannotTell when the typesetter cannot be had, ProdreadyError when it fails."""
    with tempfile.TemporaryDirectory(prefix="prodready-print-") as name:
        data = Path(name) / "data.json"
        data.write_text(dumped(document), "utf-8")
        for picture, content in (pictures or {}).items():
            (Path(name) / picture).write_bytes(content)
        files = (HERE / "document.typ", data, target.resolve(), *(Path(name) / picture for picture in pictures or ()))
        ended = run.tool("typst", *map(str, files), deadline=180)
    if ended.ended is not Ended.EXITED or ended.code:
        reason = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [ended.ended.value]
        raise ProdreadyError(f"the document could not be set: {line(reason[0], 300)}", "report this with the report.json it was made of")
    return int(ended.stdout)


def release(report: Report) -> Document:
    """The release report: the verdict, what it rests on, and every item."""
    return document(report, "Release report", words.headline(report), _release(report))


def tls(report: Report) -> Document:
    """The TLS report: the items about certificates, protocols and mixed content, each with its findings."""
    from prodready import check

    about = tuple(outcome for outcome in report.outcomes if outcome.item.check in check.known() and check.load(outcome.item.check).domain in ("tls", "caddy"))
    held = sum(outcome.status is Status.PASSED for outcome in about)
    details = tuple(findings(outcome) for outcome in about if words.findings(outcome))
    empty = () if about else ("No item of this run is about TLS, and that proves nothing.",)
    return document(report, "TLS report", f"{held} of {counted(len(about), 'item')} about TLS passed", (items("Items", about, empty), *details))


OWN = "Kept evidence"
"""The kind of a document that shows what one check of ours saw: it claims nothing that somebody else said."""


def kept(outcome: Outcome, *, at: str, by: str) -> Document:
    """What one check saw, to be put on file beside the same as JSON; ``at`` and ``by`` are when it looked and which prodready it was."""
    params = ", ".join(f"{key}: {value}" for key, value in outcome.item.params.items()) or "none"
    facts = (
        ("Check", line(outcome.item.check, 80)), ("Parameters", line(params, 300)), ("Bound", line(outcome.expect, 80)),
        ("Looked", f"{line(at, 40)}, by prodready {line(by, 40)}"), ("Evidence", line(words.rests_on(outcome), 300) or "none"),
    )  # fmt: skip
    seen = outcome.observation
    asides = () if isinstance(seen, Unseen) else (listed("What could not be told", seen.gaps), listed("Notes", seen.notes))
    return Document(
        kind=OWN, title=line(outcome.item.title, 200), subtitle=line(f"{words.MARKS[outcome.status].word}: {outcome.summary}", 300), tone=TONES[outcome.status],
        footer=line(f"{outcome.item.check} · {at} · prodready {by}", 160), facts=facts,
        sections=tuple(part for part in (findings(outcome), *asides) if part.rows),
    )  # fmt: skip


def document(report: Report, kind: str, title: str, sections: Sequence[Section]) -> Document:
    """The frame that all share: whose it is, what it rests on."""
    tone = "good" if report.decision.ready else {3: "doubt", 4: "warn"}.get(report.decision.exit_code, "bad")
    facts = (
        ("Service", line(report.subject.name or "this folder", 200)), ("Commit", line(report.subject.commit or "none", 64)),
        ("Profile", line(f"{report.checklist.title} ({report.checklist.id}), sha256 {report.checklist.sha256}", 300)),
        ("Stage", report.stage.value), ("Gated", f"{report.started:%Y-%m-%d %H:%M} UTC, by prodready {line(report.version, 40)}"),
    )  # fmt: skip
    return Document(
        kind=kind, title=line(title, 200), subtitle=words.summary_of_statuses(report), tone=tone, footer=line(words.origin(report), 160), facts=facts,
        sections=tuple(section for section in sections if section.rows or section.paragraphs or section.picture),
    )  # fmt: skip


def _release(report: Report) -> tuple[Section, ...]:
    parts = tuple(
        Row(cells=(line(part.title, 120), f"{part.percent:.0f} %", f"{part.earned:g} of {part.of:g}", f"{part.weight:.1f} %"), tone="plain")
        for part in report.score.categories
    )
    way = tuple(
        Row(cells=(f"+{step.gain:.1f}", line(step.outcome.item.title, 160), line(words.remedy(step.outcome), 300)), tone="good")
        for step in cheapest.way(report)[:20]
    )
    return (
        listed("What else stands in the way", words.other_reasons(report)),
        Section(title="Score by category", columns=("Category", "Held", "Points", "Weight"), widths=(4, 1, 1, 1), rows=parts),
        Section(title="Cheapest way to the mark", columns=("Points", "Item", "What to do"), widths=(1, 4, 6), rows=way),
        signoffs(report), waivers(report),
        listed("Bypasses: what this repository switched off or hides", words.bypasses(report)),
        listed("Limits of this run", report.notes),
        listed("Ticks beside evidence", report.claims),
        items("What blocks", words.blocking(report)), items("What costs points", words.costing(report)),
        items("Passed", words.having(report, Status.PASSED)), items("Not applicable", words.having(report, Status.NOT_APPLICABLE)),
    )  # fmt: skip


def signoffs(report: Report) -> Section:
    """Each role: who signed, how that was verified, for which commit and when; or what is missing."""
    rows = tuple(
        Row(cells=(mark.word, line(words.signs_for(row), 120), line(words.signed(row), 300)), tone="good" if not row.missing else "warn")
        for row in report.signoffs if (mark := words.sign_of(row))
    )  # fmt: skip
    return Section(title="Sign-offs", columns=("Status", "Role", "Who, how, for what, when"), widths=(1.3, 3, 6), rows=rows)


def waivers(report: Report) -> Section:
    """Loans, with who gave them and until when."""
    rows = tuple(
        Row(cells=(line(waiver.owner, 80), waiver.until.isoformat(), line(outcome.item.title, 160), line(waiver.reason, 300)), tone="warn")
        for outcome in words.having(report, Status.WAIVED)
        if (waiver := outcome.waiver)
    )
    return Section(title="Waived: loans, not passes", columns=("Owner", "Until", "Item", "Reason"), widths=(2, 1.6, 4, 4), rows=rows)


def items(title: str, outcomes: Sequence[Outcome], paragraphs: tuple[str, ...] = (), most: int = ROWS) -> Section:
    """A table of items: status, what was asked, what was seen, on what evidence."""
    rows = tuple(
        Row(
            cells=(words.MARKS[one.status].word, line(f"{one.item.title} ({one.item.id})", 200), line(one.summary, 300), line(words.rests_on(one), 160)),
            tone=TONES[one.status],
        )
        for one in outcomes[:most]
    )  # fmt: skip
    more = f"{len(outcomes) - most} more in report.json" if len(outcomes) > most else ""
    return Section(title=title, paragraphs=paragraphs, columns=("Status", "Item", "What was seen", "Evidence"), widths=(1.3, 4, 5, 3), rows=rows, more=more)


def findings(outcome: Outcome, most: int = 60) -> Section:
    """The findings of one item, the worst first."""
    found = words.findings(outcome)
    rows = tuple(
        Row(cells=(one.severity.word, line(f"{one.path}:{one.line}" if one.path else "", 120), line(one.message, 300), line(one.fix, 200)), tone="bad")
        for one in found[:most]
    )
    more = f"{len(found) - most} more in report.json" if len(found) > most else ""
    return Section(title=line(outcome.item.title, 160), columns=("Severity", "Where", "What", "Fix"), widths=(1.3, 2, 5, 4), rows=rows, more=more)


def listed(title: str, lines: Sequence[str]) -> Section:
    """Lines as a table of one column."""
    rows = tuple(Row(cells=(line(text),)) for text in lines[:ROWS])
    return Section(title=title, columns=("",), widths=(1,), rows=rows, more=f"{len(lines) - ROWS} more in report.json" if len(lines) > ROWS else "")
