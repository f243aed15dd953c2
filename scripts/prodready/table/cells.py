"""Where the cells of a delimited text are, found in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.check import CannotTell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int64]

BLOCK = 4 * 1024 * 1024
"""Bytes that are looked at together: small enough for a processor's cache, large enough that Python costs nothing."""


class Block(Struct, frozen=True, kw_only=True):
    """Whole lines of a file, with the places of their cells."""

    text: Bytes
    line: int
    """Line number of the first row in the file, from 1."""
    starts: Places
    """A row a line, a column a cell."""
    ends: Places

    def cell(self, row: int, column: int) -> str:
        """One cell as it is written."""
        return self.text[self.starts[row, column] : self.ends[row, column]].tobytes().decode("utf-8", "replace")


def blocks(content: bytes, *, path: str, start: int, line: int, delimiter: bytes, columns: int) -> Iterator[Block]:
    """The rows from byte ``start`` on, which is line ``line``. Raises CannotTell for a line with more or fewer cells than ``columns``."""
    import numpy as np

    at = start
    while at < len(content):
        end = len(content) if len(content) - at <= BLOCK else content.rfind(b"\n", at, at + BLOCK) + 1
        if end == 0:
            raise CannotTell(f"{path}:{line} is longer than {BLOCK:,} bytes", "look whether the line ends are missing")
        piece = content[at:end] if content[end - 1 : end] == b"\n" else content[at:end] + b"\n"
        block = _cut(np.frombuffer(piece, dtype=np.uint8), line, delimiter[0], columns)
        if block is None:
            raise _ragged(piece, path, line, delimiter, columns)
        yield block
        line += len(block.starts)
        at = end


def _cut(text: Bytes, line: int, delimiter: int, columns: int) -> Block | None:
    """The cells, or None when some line has another number of them."""
    import numpy as np

    marks = np.flatnonzero((text == delimiter) | (text == 10)) if columns > 1 else np.flatnonzero(text == 10)
    if marks.size % columns:
        return None
    ends = marks.reshape(-1, columns)
    last = text[ends] == 10
    if not last[:, -1].all() or last[:, :-1].any():
        return None
    starts = np.concatenate(([0], marks[:-1] + 1)).reshape(-1, columns)
    returned = (text[ends[:, -1] - 1] == 13) & (ends[:, -1] > starts[:, -1])
    ends[:, -1] -= returned
    return Block(text=text, line=line, starts=starts, ends=ends)


def _ragged(piece: bytes, path: str, line: int, delimiter: bytes, columns: int) -> CannotTell:
    for offset, row in enumerate(piece.removesuffix(b"\n").split(b"\n")):
        have = row.count(delimiter) + 1 if columns > 1 else 1
        if have != columns:
            words = "is empty" if not row.strip() else f"has {have} cell{'s' * (have > 1)}, the first line has {columns}"
            cut, comma = "the line was cut or left blank: write the file again, whole", "a decimal comma makes two cells of one number: write 0.01"
            return CannotTell(f"{path}:{line + offset} {words}", comma if have > columns else cut)
    return CannotTell(f"{path}:{line}: its cells cannot be told apart", "write it as plain CSV")
