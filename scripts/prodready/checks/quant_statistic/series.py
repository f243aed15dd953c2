"""A record of returns, checked before anything is computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.quant_statistic import files, order
from prodready.checks.quant_statistic.order import Period
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context
from prodready.table.frame import CsvFile, Frame, Kind

if TYPE_CHECKING:
    from prodready.quant.moments import Array

YEARS = ((0.5, 1.6, 252.0), (6.5, 7.5, 52.0), (27.5, 31.5, 12.0), (89.0, 93.0, 4.0), (360.0, 370.0, 1.0))
"""Days between rows, from and to -> periods a year."""


class Series(Struct, frozen=True, kw_only=True):
    """One or more columns over time."""

    path: str
    sha256: str
    values: Array
    """A row a period, a column a trial or asset."""
    names: tuple[str, ...]
    period: Period | None
    notes: tuple[str, ...]
    costs: Array | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.values)

    @property
    def span(self) -> str:
        """The period in words."""
        return f"{self.period.first} to {self.period.last}" if self.period else "no dates"


def load(ctx: Context, path: str, params: Params, *, several: bool = False) -> Series:
    """The series in a file. Raises CannotTell for anything wrong with it."""
    import numpy as np

    file = files.opened(ctx, path)
    time = files.time_column(file, params)
    extra = {role: name for role in ("decision", "data", "cost") if (name := files.column(file, params, role))}
    cost = extra.get("cost", "") if params.cost_multiplier != 1 else ""
    names = _values(file, params, {time, *extra.values()}, several=several)
    kinds = dict.fromkeys(names, Kind.NUMBER) | ({cost: Kind.NUMBER} if cost else {})
    kinds |= {name: Kind.STAMP for name in (time, extra.get("decision"), extra.get("data")) if name}
    frame = file.read(kinds)
    names = _without_index(frame, names)
    covered, notes = _times(frame, time, extra, params)
    return Series(
        path=file.path, sha256=file.sha256, values=np.column_stack([frame.columns[name] for name in names]), names=names, period=covered,
        notes=(*file.notes, *notes), costs=frame.columns[cost] if cost else None,
    )  # fmt: skip


def _times(frame: Frame, time: str, extra: dict[str, str], params: Params) -> tuple[Period | None, tuple[str, ...]]:
    if "decision" in extra and "data" in extra:
        order.no_look_ahead(frame, extra["decision"], extra["data"])
    if not time:
        if params.calendar or params.minimum_days:
            raise CannotTell(f"{frame.path} has no column of times, so its period cannot be told", "add one, or name it: columns: {time: NAME}")
        return None, ("no times: order, gaps and period were not looked at",)
    covered = order.period(frame, time, strict=True)
    if covered.days < params.minimum_days:
        raise CannotTell(f"{frame.path} covers {covered.days:.0f} days, {params.minimum_days} are wanted", "wait for a longer record")
    return covered, (order.gaps(frame, time, params.calendar, params.max_gaps, covered.step),)


def _values(file: CsvFile, params: Params, taken: set[str], *, several: bool) -> tuple[str, ...]:
    """The columns to read. Nothing is left out because it does not look like a number: a trial that is not read is a trial that is hidden."""
    if "value" in params.columns:
        return (file.require(params.columns["value"]),)
    others = tuple(name for name in file.names if name not in taken)
    if several:
        return _plain(others, file)
    wanted, other = ("returns", "equity") if params.returns else ("equity", "returns")
    candidates = tuple(name for name in others if len(others) == 1 or name not in _INDEX)
    chosen = file.named(*files.USUAL[wanted]) or (candidates[0] if len(candidates) == 1 else "")
    if chosen.lower() in files.USUAL[other][:-1]:
        raise CannotTell(
            f"{file.path} is given as {wanted}, its column {chosen!r} is called like {other}", f"give it as {other}, or say columns: {{value: {chosen}}}"
        )
    if chosen:
        return (chosen,)
    raise CannotTell(f"{file.path}: which column holds the {wanted}? It has {', '.join(file.names[:12])}", "say it: columns: {value: NAME}")


_INDEX = ("", "index", "Unnamed: 0")
"""Names under which tables are written with a running number in front."""


def _plain(others: tuple[str, ...], file: CsvFile) -> tuple[str, ...]:
    if not others:
        raise CannotTell(f"{file.path} has no column of numbers", "give a column a trial")
    return others


def _without_index(frame: Frame, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns without the running number that some tools write in front."""
    import numpy as np

    return tuple(name for name in names if not (name in _INDEX and np.array_equal(np.diff(frame.columns[name]), np.ones(frame.rows - 1)))) or names


def told(series: Series, params: Params) -> str:
    """File, period and frequency."""
    return f"{series.path}, {series.span}, {frequency(series, params)}"


def frequency(series: Series, params: Params) -> str:
    """How often there is a row, in words, also where that cannot be told."""
    try:
        return periods(series, params)[1]
    except CannotTell:
        return f"a row every {series.period.step:.3g} days" if series.period and series.period.step else "frequency not stated"


def periods(series: Series, params: Params) -> tuple[float, str]:
    """Periods a year, and whether that was stated or inferred. Raises CannotTell when neither is possible."""
    if params.periods_per_year:
        return params.periods_per_year, f"{params.periods_per_year:g} periods a year as stated"
    if series.period is None:
        raise CannotTell(f"{series.path} has no dates to tell its frequency from", "state it: periods_per_year: 252")
    for low, high, count in YEARS:
        if low <= series.period.step <= high:
            told = 365.0 if count == 252 and series.period.weekends else count
            return told, f"{told:g} periods a year, inferred from the dates"
    raise CannotTell(f"a row every {series.period.step:.3g} days is no usual frequency", "state it: periods_per_year: 98280 for minutes of a trading year")
