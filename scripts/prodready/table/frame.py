"""A CSV file as named columns. Every doubt ends in CannotTell with the line and the column."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.decode import nearest
from prodready.names import shown
from prodready.table import number, stamp
from prodready.table.cells import Block, blocks
from prodready.table.dialect import Dialect, dialect

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Kind(Enum):
    """What the cells of a column are."""

    NUMBER = "a number"
    STAMP = "a time (2026-01-31 or 2026-01-31T09:30:00Z)"
    WORD = "a word"


class Frame(Struct, frozen=True, kw_only=True):
    """The columns that were asked for."""

    path: str
    rows: int
    first: int
    """Line number of the first row."""
    columns: Mapping[str, NDArray[Any]]
    """Numbers as doubles, times as nanoseconds since 1970, words as byte strings."""
    zoned: Mapping[str, bool]
    """Of each column of times: whether it says its zone (times are then UTC)."""

    def line(self, row: int) -> str:
        """Where a row stands: ``returns.csv:17``."""
        return f"{self.path}:{self.first + row}"


class CsvFile:
    """A CSV file whose header is read; ``read`` gives columns of it."""

    def __init__(self, content: bytes, path: str) -> None:
        """Raises CannotTell for a file that is empty, binary or without a row."""
        self.path = shown(path)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._content, self._dialect = dialect(content, self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of the file; ``1``, ``2``, … where it has no header."""
        return self._dialect.names

    @property
    def notes(self) -> tuple[str, ...]:
        """What was supposed about the file."""
        return self._dialect.notes

    def named(self, *candidates: str) -> str:
        """The first column of one of these names, whatever their case; empty when there is none."""
        lower = {name.lower(): name for name in reversed(self.names)}
        return next((lower[word] for word in candidates if word in lower), "")

    def require(self, name: str) -> str:
        """The name back. Raises CannotTell naming the nearest when the file has no such column."""
        if name not in self.names:
            raise CannotTell(f"{self.path} has no column {name!r}; {nearest(name, self.names)}", "name the column in the item's params")
        return name

    def looks(self, column: str) -> Kind:
        """What the first cell of a column is."""
        block = next(self._blocks())
        index = self.names.index(column)
        for kind in (Kind.NUMBER, Kind.STAMP):
            if _cells(_rows(block, 1), index, kind)[2] < 0:
                return kind
        return Kind.WORD

    def read(self, wanted: Mapping[str, Kind]) -> Frame:
        """The columns as their kinds. Raises CannotTell naming line and column of the first cell that is none of its kind."""
        import numpy as np

        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in wanted}
        offsets: dict[str, int] = {}
        rows = 0
        for block in self._blocks():
            rows += len(block.starts)
            for name, kind in wanted.items():
                values, zones, bad = _cells(block, self.names.index(name), kind)
                if bad >= 0:
                    raise self._wrong(block, bad, name, kind)
                if kind is Kind.STAMP:
                    self._one_zone(block, name, zones, offsets)
                parts[name].append(values)
        columns = {name: np.concatenate(arrays) for name, arrays in parts.items()}
        zoned = {name: offset != stamp.NAIVE for name, offset in offsets.items()}
        return Frame(path=self.path, rows=rows, first=self._dialect.line, columns=columns, zoned=zoned)

    def _blocks(self) -> Any:
        spoken: Dialect = self._dialect
        return blocks(self._content, path=self.path, start=spoken.start, line=spoken.line, delimiter=spoken.delimiter, columns=len(spoken.names))

    def _wrong(self, block: Block, row: int, name: str, kind: Kind) -> CannotTell:
        cell = block.cell(row, self.names.index(name))
        remedy = "mend that line, or name another column"
        if kind is Kind.NUMBER and re.fullmatch(r"\s*[+-]?[\d.]*,\d+\s*", cell):
            remedy = "a decimal comma: write the number with a point, 0.01"
        elif kind is Kind.NUMBER and cell.strip().lower().lstrip("+-") in ("", "nan", "inf", "infinity", "na", "n/a", "null", "none"):
            remedy = "a missing or infinite value is not a number: find out what it should be, or leave the period out and say so"
        return CannotTell(f"{self.path}:{block.line + row}, column {shown(name)}: {shown(cell[:40])!r} is not {kind.value}", remedy)

    def _one_zone(self, block: Block, name: str, zones: NDArray[Any], offsets: dict[str, int]) -> None:
        import numpy as np

        expected = offsets.setdefault(name, int(zones[0]))
        other = np.flatnonzero(zones != expected)
        if other.size:
            where = f"{self.path}:{block.line + int(other[0])}, column {shown(name)}"
            raise CannotTell(f"{where}: the times are {_zone(expected)} above and {_zone(int(zones[other[0]]))} here", "write all times in UTC, ending in Z")


def _zone(offset: int) -> str:
    if offset == stamp.NAIVE:
        return "without a zone"
    return f"at UTC{'+' if offset >= 0 else '-'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"


def _rows(block: Block, count: int) -> Block:
    return Block(text=block.text, line=block.line, starts=block.starts[:count], ends=block.ends[:count])


def _cells(block: Block, index: int, kind: Kind) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Values, zones and the first bad row of one column of a block."""
    starts, ends = block.starts[:, index], block.ends[:, index]
    if kind is Kind.STAMP:
        return stamp.stamps(block.text, starts, ends)
    if kind is Kind.NUMBER:
        values, bad = number.numbers(block.text, starts, ends)
        return values, values, bad
    words = number.gathered(block.text, starts, ends)
    return words, words, -1
