"""The SOC 2 Lite bundle: who is who, what could go wrong, how changes are made, who signed, and which item of the gate backs which control."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from prodready.model import Report, Status
from prodready.names import counted
from prodready.report import words
from prodready.report.escape import line
from prodready.report.pdf import TONES, Document, Row, Section, document, items, listed, signoffs, waivers
from prodready.report.pdf.company import Company, Person, Risk, picture_name

DEEPEST = 8
"""Levels of the organisation chart that are indented; whoever is deeper stands at the top."""
MOST_IN_CELL = 6
PAGES = 24
"""The most a bundle may have: fewer than 25."""


def bundle(report: Report, company: Company, *, most: int, kept: Mapping[str, bytes] | None = None) -> Document:
    """The document, with at most so many rows in each table; ``kept`` are its pictures."""
    return document(report, "SOC 2 Lite bundle", f"{company.organisation}: production readiness", (
        listed("About this bundle", (
            f"Period: {company.period}. {words.headline(report)}.",
            "Every status below was decided by a check that looked, not by a person who ticked. What could not be told is shown as unknown and is no pass.",
        )),
        _people(company), _matrix(company), _risks(company, most),
        Section(title="Change management", paragraphs=tuple(line(text, 1500) for text in company.change_management)),
        _signed(report), waivers(report),
        _table("Retention", ("What", "Kept for", "Where"), [(one.what, one.kept, one.where) for one in company.retention], most),
        _table("Evidence kept elsewhere", ("What", "Where", "sha256"), _elsewhere(company, kept or {}), most, (3, 4, 5)),
        *_pictures(company, kept or {}),
        _controls(report, company, most),
        items("Items that hold", words.having(report, Status.PASSED), most=most),
        items("Items that do not hold", (*words.blocking(report), *words.costing(report)), most=most),
    ))  # fmt: skip


def _people(company: Company) -> Section:
    """The chart as an indented list, from the top down. Whoever has an unknown superior stands at the top, and so does the first of a circle."""
    names = {person.name for person in company.people}
    left = dict.fromkeys(company.people)
    rows: list[Row] = []

    def below(person: Person, depth: int) -> None:
        del left[person]
        rows.append(Row(cells=(f"{'→ ' * depth}{line(person.name, 80)}", line(person.role, 120), line(person.reports_to, 80))))
        for other in company.people:
            if other in left and other.reports_to == person.name and depth < DEEPEST:
                below(other, depth + 1)

    tops = [person for person in company.people if person.reports_to not in names]
    for person in (*tops, *company.people):
        if person in left:
            below(person, 0)
    return Section(title="Organisation", columns=("Name", "Role", "Reports to"), widths=(3, 4, 3), rows=tuple(rows[:200]))


def _matrix(company: Company) -> Section:
    """Five by five: which risks (by their number in the table below) are how likely, and how bad."""
    ranked = _ranked(company)

    def cell(likelihood: int, impact: int) -> Row:
        here = [str(number) for number, one in enumerate(ranked, 1) if (one.likelihood, one.impact) == (likelihood, impact)]
        more = f" and {len(here) - MOST_IN_CELL} more" if len(here) > MOST_IN_CELL else ""
        return Row(cells=(", ".join(here[:MOST_IN_CELL]) + more,), tone=_tone(likelihood * impact))

    head = tuple(Row(cells=(text,)) for text in ("likelihood \\ impact", "1 negligible", "2", "3", "4", "5 severe"))
    names = {5: "5 almost certain", 1: "1 rare"}
    lines = tuple((Row(cells=(names.get(likely, str(likely)),)), *(cell(likely, impact) for impact in range(1, 6))) for likely in range(5, 0, -1))
    return Section(title="Risk matrix", paragraphs=(f"{counted(len(ranked), 'risk')}, by number.",), grid=(head, *lines))


def _ranked(company: Company) -> list[Risk]:
    return sorted(company.risks, key=lambda risk: -risk.level)


def _tone(level: int) -> str:
    return "bad" if level >= 15 else "warn" if level >= 8 else "good"


def _elsewhere(company: Company, kept: Mapping[str, bytes]) -> list[tuple[str, ...]]:
    return [
        (one.title, one.address or one.file, hashlib.sha256(kept[name]).hexdigest() if (name := picture_name(number, one)) in kept else one.sha256)
        for number, one in enumerate(company.pages)
    ]


def _pictures(company: Company, kept: Mapping[str, bytes]) -> list[Section]:
    return [Section(title=line(one.title, 160), picture=name) for number, one in enumerate(company.pages) if (name := picture_name(number, one)) in kept]


def _risks(company: Company, most: int) -> Section:
    ranked = _ranked(company)
    rows = tuple(
        Row(
            cells=(f"{number}", str(risk.level), line(risk.risk, 240), f"{risk.likelihood} × {risk.impact}", line(risk.owner, 80), line(risk.treatment, 300)),
            tone=_tone(risk.level),
        )
        for number, risk in enumerate(ranked[:most], 1)
    )  # fmt: skip
    columns = ("No.", "Level", "Risk", "Likelihood × impact", "Owner", "Treatment")
    return Section(title="Risks", columns=columns, widths=(0.7, 0.9, 4, 2, 2, 4), rows=rows, more=_more(len(ranked), most))


def _signed(report: Report) -> Section:
    """Who signed what: the roles of the stage, then the items that people answer for."""
    roles = signoffs(report).rows
    about = [outcome for outcome in report.outcomes if outcome.item.check == "attestation"]
    rows = [Row(cells=(words.MARKS[one.status].word, line(one.item.title, 160), line(one.summary, 300)), tone=TONES[one.status]) for one in about]
    listed_roles = {row.role for row in report.signoffs}
    rows += [Row(cells=("pending", line(role, 80), "has not signed"), tone="warn") for role in report.decision.missing_signoffs if role not in listed_roles]
    rows = [*roles, *rows]
    if not rows:
        return Section(title="Who signed what", paragraphs=("No sign-off is asked for by this profile.",))
    return Section(title="Who signed what", columns=("Status", "What", "Who"), widths=(1, 4, 4), rows=tuple(rows))


def _controls(report: Report, company: Company, most: int) -> Section:
    """Each control with the worst status of what backs it; a control that nothing backs is unknown."""
    by_id = {outcome.item.id: outcome for outcome in report.outcomes}
    order = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING, Status.WAIVED, Status.PASSED)
    rows = []
    for control in company.controls[:most]:
        held = [by_id[key].status for key in control.items if key in by_id and by_id[key].status.counts]
        missing = [key for key in control.items if key not in by_id]
        worst = Status.UNKNOWN if missing or not held else min(held, key=order.index)
        backed = line(", ".join(control.items) or "nothing", 200) + (f" (not in this run: {line(', '.join(missing), 80)})" if missing else "")
        rows.append(Row(cells=(words.MARKS[worst].word, line(control.id, 40), line(control.title, 200), backed), tone=TONES[worst]))
    more = _more(len(company.controls), most)
    return Section(title="Controls", columns=("Status", "Control", "Criterion", "Backed by"), widths=(1.3, 1, 4, 4), rows=tuple(rows), more=more)


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]], most: int, widths: tuple[float, ...] = ()) -> Section:
    made = tuple(Row(cells=tuple(line(cell, 300) for cell in row)) for row in rows[:most])
    return Section(title=title, columns=columns, widths=widths or (1,) * len(columns), rows=made, more=_more(len(rows), most))


def _more(count: int, most: int) -> str:
    return f"{count - most} more are left out of this bundle" if count > most else ""
