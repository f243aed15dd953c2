"""The SOC 2 Lite bundle: who is who, what could go wrong, how changes are made, who signed, and which item of the gate backs which control."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prodready import yamltext
from prodready.decode import DecodeError, decode
from prodready.errors import ProdreadyError
from prodready.model import Report, Status
from prodready.report import words
from prodready.report.escape import line
from prodready.report.pdf import TONES, Document, Row, Section, document, items, listed, waivers

PAGES = 24
"""The most a bundle may have: fewer than 25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One box of the organisation chart."""

    name: str
    role: str
    reports_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One cell of the risk matrix."""

    risk: str
    likelihood: int
    """1 (rare) to 5 (almost certain)."""
    impact: int
    """1 (negligible) to 5 (severe)."""
    owner: str
    treatment: str

    @property
    def level(self) -> int:
        """Likelihood times impact, 1 to 25."""
        return self.likelihood * self.impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long something is kept."""

    what: str
    kept: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Evidence that lies elsewhere: a run page of MLflow, a dashboard, a screenshot."""

    title: str
    address: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A criterion of SOC 2 and the items of the gate that back it."""

    id: str
    """For example ``CC6.1``."""
    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """``soc2.yml``: what no check can see."""

    organisation: str
    period: str
    people: tuple[Person, ...]
    risks: tuple[Risk, ...]
    change_management: tuple[str, ...]
    """The policy, a paragraph each."""
    retention: tuple[Retention, ...]
    controls: tuple[Control, ...]
    pages: tuple[Page, ...] = ()


def read(path: Path) -> Company:
    """The company's file. Raises ProdreadyError naming the line and the key."""
    try:
        found = yamltext.read(path.read_text("utf-8"), name=path.name)
        return decode(found.data, Company)
    except (OSError, UnicodeDecodeError) as error:
        raise ProdreadyError(f"{path}: cannot be read: {error}", "write it as docs/reports.md shows, or name another with --company") from None
    except yamltext.YamlError as error:
        raise ProdreadyError(str(error), "mend the YAML") from None
    except DecodeError as error:
        raise ProdreadyError(f"{path}: {error}", "docs/reports.md shows one that is right") from None


def bundle(report: Report, company: Company, *, most: int) -> Document:
    """The document, with at most so many rows in each table."""
    return document(report, "SOC 2 Lite bundle", f"{company.organisation}: production readiness", (
        listed("About this bundle", (
            f"Period: {company.period}. {words.headline(report)}.",
            "Every status below was decided by a check that looked, not by a person who ticked. What could not be told is shown as unknown and is no pass.",
        )),
        _people(company), _risks(company, most),
        Section(title="Change management", paragraphs=tuple(line(text, 1500) for text in company.change_management)),
        _signed(report), waivers(report),
        _table("Retention", ("What", "Kept for", "Where"), [(one.what, one.kept, one.where) for one in company.retention], most),
        _table("Evidence kept elsewhere", ("What", "Where", "sha256"), [(one.title, one.address, one.sha256) for one in company.pages], most),
        _controls(report, company, most),
        items("Items that hold", words.having(report, Status.PASSED), most=most),
        items("Items that do not hold", (*words.blocking(report), *words.costing(report)), most=most),
    ))  # fmt: skip


def _people(company: Company) -> Section:
    """The chart as an indented list, from the top down; a circle or an unknown superior is shown at the top."""
    names = {person.name for person in company.people}
    rows: list[Row] = []

    def below(superior: str, depth: int) -> None:
        for person in company.people:
            top = person.reports_to not in names
            if (top and not superior) or (superior and person.reports_to == superior):
                rows.append(Row(cells=(f"{'→ ' * depth}{line(person.name, 80)}", line(person.role, 120), line(person.reports_to, 80))))
                if depth < 8:
                    below(person.name, depth + 1)

    below("", 0)
    return Section(title="Organisation", columns=("Name", "Role", "Reports to"), widths=(3, 4, 3), rows=tuple(rows[:200]))


def _risks(company: Company, most: int) -> Section:
    ranked = sorted(company.risks, key=lambda risk: -risk.level)
    rows = tuple(
        Row(
            cells=(str(risk.level), line(risk.risk, 240), f"{risk.likelihood} × {risk.impact}", line(risk.owner, 80), line(risk.treatment, 300)),
            tone="bad" if risk.level >= 15 else "warn" if risk.level >= 8 else "good",
        )
        for risk in ranked[:most]
    )  # fmt: skip
    columns = ("Level", "Risk", "Likelihood × impact", "Owner", "Treatment")
    return Section(title="Risk matrix", columns=columns, widths=(1, 4, 2, 2, 4), rows=rows, more=_more(len(ranked), most))


def _signed(report: Report) -> Section:
    """Who signed what: the items that people answer for, and the roles that are still awaited."""
    about = [outcome for outcome in report.outcomes if outcome.item.check == "attestation"]
    rows = [Row(cells=(words.MARKS[one.status].word, line(one.item.title, 160), line(one.summary, 300)), tone=TONES[one.status]) for one in about]
    rows += [Row(cells=("awaited", line(role, 80), "has not signed"), tone="warn") for role in report.decision.missing_signoffs]
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


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]], most: int) -> Section:
    made = tuple(Row(cells=tuple(line(cell, 300) for cell in row)) for row in rows[:most])
    return Section(title=title, columns=columns, widths=(1,) * len(columns), rows=made, more=_more(len(rows), most))


def _more(count: int, most: int) -> str:
    return f"{count - most} more are left out of this bundle" if count > most else ""
