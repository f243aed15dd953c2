"""A market to replay: prices over time, and where judging begins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.decode import nearest
from prodready.table.frame import CsvFile, Frame, Kind
from prodready.table.stamp import iso

if TYPE_CHECKING:
    from prodready.quant.moments import Array

FOLDER = Path(__file__).with_name("windows")


class Scenario(Struct, frozen=True, kw_only=True):
    """Prices of one or more symbols, a row a session."""

    name: str
    title: str
    times: tuple[str, ...]
    prices: Mapping[str, tuple[Decimal, ...]]
    """Symbol -> price at each time; decimals, as the engine gets them."""
    first: int
    """The first session that is judged; those before are history."""
    source: str
    sha256: str
    regime: str = ""
    """What the market was in between ``start`` and ``end``: calm, storm; empty where nobody says."""
    start: str = ""
    end: str = ""

    @property
    def calm(self) -> bool:
        """Whether nothing may fire in it."""
        return self.regime == "calm"

    @property
    def sessions(self) -> range:
        """The judged ones."""
        return range(self.first, len(self.times))

    def at(self, session: int) -> dict[str, Decimal]:
        """The prices of one session."""
        return {symbol: prices[session] for symbol, prices in self.prices.items()}

    def returns(self) -> Array:
        """Simple returns, a row a session from the second on, a column a symbol."""
        import numpy as np

        levels = np.array([[float(price) for price in prices] for prices in self.prices.values()]).T
        changes: Array = levels[1:] / levels[:-1] - 1
        return changes


def shipped(name: str) -> Scenario:
    """A window that prodready brings along. Raises CannotTell for an unknown name, and for a file that is not the one it was made with."""
    if name not in _index():
        raise CannotTell(f"there is no window {name!r}; {nearest(name, names())}", f"name one of {', '.join(names())}, or a file of yours")
    entry, raw = _index()[name], (FOLDER / f"{name}.csv").read_bytes()
    if sha256(raw).hexdigest() != entry["sha256"]:
        raise CannotTell(f"the window {name} is not the file it was made with", "install prodready again")
    return _read(CsvFile(raw, f"{name}.csv"), name, entry)


def names() -> tuple[str, ...]:
    """The windows that prodready brings along."""
    return tuple(_index())


def own(raw: bytes, path: str, judged: str) -> Scenario:
    """A team's file: a column of times, a column of prices a symbol. Judging begins on the day ``judged``. Raises CannotTell."""
    return _read(CsvFile(raw, path), path, {"title": f"the market of {path}", "judged": judged, "source": path})


def _read(file: CsvFile, name: str, entry: Mapping[str, Any]) -> Scenario:
    time = next((column for column in file.names if file.looks(column) is Kind.STAMP), "")
    symbols = tuple(column for column in file.names if column != time)
    if not time or not symbols:
        raise CannotTell(f"{file.path} needs a column of times and one of prices for each symbol", "write 'date,AAPL,MSFT' and a row a session")
    frame = file.read({time: Kind.STAMP, **dict.fromkeys(symbols, Kind.NUMBER)})
    times = tuple(iso(int(moment)) for moment in frame.columns[time])
    _forwards(frame, time, symbols)
    first = next((at for at, moment in enumerate(times) if moment >= entry["judged"]), len(times)) if entry["judged"] else len(times) // 2
    if not 0 < first < len(times):
        raise CannotTell(
            f"{file.path} runs from {times[0]} to {times[-1]}: judging cannot begin on {entry['judged']}", "give history before it and sessions after it"
        )
    prices = {symbol: tuple(Decimal(repr(float(price))) for price in frame.columns[symbol]) for symbol in symbols}
    return Scenario(
        name=name, title=entry["title"], times=times, prices=prices, first=first, source=entry["source"], sha256=file.sha256,
        regime=entry.get("regime", ""), start=entry.get("from", ""), end=entry.get("to", ""),
    )  # fmt: skip


def _forwards(frame: Frame, time: str, symbols: tuple[str, ...]) -> None:
    import numpy as np

    back = np.flatnonzero(np.diff(frame.columns[time]) <= 0)
    if back.size:
        raise CannotTell(f"{frame.line(int(back[0]) + 1)}, column {time}: the times do not run forwards", "sort the file, one row a session")
    for symbol in symbols:
        wrong = np.flatnonzero(frame.columns[symbol] <= 0)
        if wrong.size:
            raise CannotTell(f"{frame.line(int(wrong[0]))}, column {symbol}: a price is above 0", "give prices, not returns")


@cache
def _index() -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "windows.toml").read_text("utf-8"))
