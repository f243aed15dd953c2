"""The report on a terminal: colour, frames and folding to its width. The words are those of every other format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from prodready.model import CategoryScore, Outcome, Report, Signoff, Status
from prodready.report import plain, words
from prodready.report.plain import told
from prodready.report.words import MARKS

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_NARROWEST, _WIDEST = 40, 140
_VERDICTS = {0: "green", 3: "magenta", 4: "cyan"}
"""Colour of the verdict by exit code; all others are red."""


def show(report: Report, stream: TextIO, *, terminal: bool, width: int | None = None) -> None:
    """Prints the report: dressed for a terminal, else as plain lines. A stream that cannot write our signs gets plainer ones."""
    if not terminal:
        stream.write(writable(plain.render(report), stream.encoding))
        return
    from rich.console import Console

    console = Console(file=stream, force_terminal=True, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)
    console.width = min(_WIDEST, max(_NARROWEST, console.width))
    render(report, console)


def render(report: Report, console: Console) -> None:
    """Prints the report to a rich console. Foreign text goes in as Text, so markup in it stays text."""
    for part in _parts(report, console.width):
        console.print(part)


def writable(text: str, encoding: str | None) -> str:
    """The text with what the encoding lacks replaced by plainer signs."""
    try:
        text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAINER).encode("ascii", "replace").decode("ascii")
    return text


_PLAINER = str.maketrans({"✓": "+", "✗": "x", "…": "...", "○": "o", "–": "-", "·": "-", "█": "#", "░": ".", "→": "->"})


def _parts(report: Report, width: int) -> Iterator[RenderableType]:
    columns = _columns(report, width)
    yield _verdict(report)
    yield from _categories(report.score.categories)
    yield from _list("What else stands in the way", words.other_reasons(report))
    yield from _items("What blocks", words.blocking(report), columns, full=True)
    yield from _items("What costs points", words.costing(report), columns, full=True)
    yield from _signoffs(report.signoffs)
    yield from _items("Waived: loans, not passes", words.having(report, Status.WAIVED), columns, full=True)
    yield from _list("Bypasses: what this repository switched off or hides", words.bypasses(report))
    yield from _list("Ticks beside evidence", report.claims)
    yield from _list("Limits of this run", report.notes)
    yield from _items("Passed", words.having(report, Status.PASSED), columns)
    yield from _items("Not applicable", words.having(report, Status.NOT_APPLICABLE), columns)
    yield from _list("Checks that did not run", [f"{check.id}: {check.why_not}" for check in words.silent(report)])
    yield _origin(report)


def _columns(report: Report, width: int) -> tuple[int, int, int]:
    """Widths of status, id and words, the same in every section so that the eye can run down."""
    longest = max((len(told(outcome.item.id, 80)) for outcome in report.outcomes), default=0)
    ids = max(4, min(longest, width // 3))
    return 9, ids, width - 9 - ids - 4


def _verdict(report: Report) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    colour = _VERDICTS.get(report.decision.exit_code, "red")
    text = Text.assemble((plain.title(report), f"bold {colour}"), f"\n{words.summary_of_statuses(report)}")
    if step := plain.first_step(report):
        text.append_text(Text.assemble("\n\nStart with ", (step[0], "bold"), f": {step[1]}\nThen look again: ", (step[2], "cyan")))
    if way := plain.cheapest_way(report):
        text.append(f"\nCheapest way to the mark: {way}")
    return Panel(text, border_style=colour, padding=(0, 1))


def _heading(title: str) -> RenderableType:
    from rich.text import Text

    return Text(f"\n{title}", style="bold")


def _grid(*columns: dict[str, object]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0), expand=False)
    for column in columns:
        table.add_column(**column)  # type: ignore[arg-type]
    return table


def _list(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    from rich.text import Text

    if not lines:
        return
    yield _heading(title)
    table = _grid({"width": 1}, {"overflow": "fold"})
    for text in lines:
        table.add_row("·", Text(told(text)))
    yield table


def _signoffs(rows: Sequence[Signoff]) -> Iterator[RenderableType]:
    from rich.text import Text

    if not rows:
        return
    yield _heading(f"Sign-offs ({sum(not row.missing for row in rows)} of {len(rows)})")
    table = _grid({"no_wrap": True, "width": 9}, {"overflow": "fold"})
    for row in rows:
        mark = words.sign_of(row)
        what = Text.assemble((told(words.signs_for(row), 120), "bold"), f": {told(words.signed(row))}")
        table.add_row(Text(f"{mark.sign} {mark.word}", style=mark.style), what)
    yield table


def _items(title: str, outcomes: Sequence[Outcome], columns: tuple[int, int, int], *, full: bool = False) -> Iterator[RenderableType]:
    """A row an item; in full with what happened, why it matters, what to do and the findings, else cut to one line."""
    if not outcomes:
        return
    yield _heading(f"{title} ({len(outcomes)})")
    status, ids, rest = columns
    last: dict[str, object] = {"overflow": "fold"} if full else {"overflow": "ellipsis", "no_wrap": True}
    table = _grid({"no_wrap": True, "width": status}, {"overflow": "fold", "width": ids}, {"width": rest, **last})
    for outcome in outcomes:
        table.add_row(*_row(outcome, full=full))
    yield table


def _row(outcome: Outcome, *, full: bool) -> tuple[Text, Text, Text]:
    from rich.text import Text

    mark = MARKS[outcome.status]
    word = "n/a" if outcome.status is Status.NOT_APPLICABLE else mark.word
    what = _in_full(outcome) if full else Text.assemble(told(outcome.item.title, 160), (f"  {told(outcome.summary)}", "dim"))
    return Text(f"{mark.sign} {word}", style=mark.style), Text(told(outcome.item.id, 80), style="bold" if full else ""), what


def _in_full(outcome: Outcome) -> Text:
    from rich.text import Text

    what = Text.assemble((told(outcome.item.title, 160), "bold"), "\n", told(outcome.summary))
    if outcome.item.why:
        what.append(f"\nwhy: {told(outcome.item.why)}", style="italic")
    if not outcome.status.earns:
        what.append(f"\n→ {told(words.remedy(outcome))}", style="cyan")
    for detail in plain.details(outcome):
        what.append(f"\n{detail}", style="dim")
    return what


def _categories(categories: Sequence[CategoryScore]) -> Iterator[RenderableType]:
    from rich.text import Text

    yield _heading("Score by category")
    right: dict[str, object] = {"justify": "right", "no_wrap": True}
    table = _grid({"overflow": "fold", "max_width": 40}, {"no_wrap": True}, right, right, right)
    for part in categories:
        held = (_bar(part.percent), f"{part.percent:.0f} %", f"{part.earned:g} of {part.of:g}")
        nothing = (Text("nothing counts", style="dim"), "", "")
        table.add_row(Text(told(part.title, 80)), *(held if part.of else nothing), Text(f"weight {part.weight:.1f} %", style="dim"))
    yield table


def _bar(percent: float) -> Text:
    from rich.text import Text

    cells = words.bar(percent, 20)
    full = cells.count("█")
    return Text.assemble((cells[:full], "green" if percent >= 100 else "yellow"), (cells[full:], "dim"))


def _origin(report: Report) -> RenderableType:
    from rich.text import Text

    return Text(f"\n{told(words.origin(report))}\n{told(words.effort(report))}", style="dim")
