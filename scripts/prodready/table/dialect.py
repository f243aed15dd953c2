"""How a CSV file is written: its delimiter, its header, its line ends, its quotes."""

from __future__ import annotations

import csv
import io
import re

from msgspec import Struct

from prodready.check import CannotTell
from prodready.world.disk import decode

_UNIT = b"\x1f"
"""Delimits the cells of a file that had quotes, once they are taken off."""
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_STAMP = re.compile(r"\s*\d{4}-\d\d-\d\d.*")


class Dialect(Struct, frozen=True, kw_only=True):
    """What the first lines say."""

    names: tuple[str, ...]
    delimiter: bytes
    start: int
    """Byte of the first row."""
    line: int
    """Its line number."""
    notes: tuple[str, ...] = ()


def dialect(content: bytes, path: str) -> tuple[bytes, Dialect]:
    """The content as plain UTF-8 cells, and how to read it. Raises CannotTell."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = decode(content, path).encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content[:4096].strip() and not content.strip():
        raise CannotTell(f"{path} is empty", "write the file before the gate reads it")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(0)) + 1
        raise CannotTell(f"{path}:{line} holds a NUL byte: this is no CSV file", "export it as CSV in UTF-8")
    head = decode(content[: content.find(b"\n") + 1 or len(content)], path).rstrip("\r\n")
    delimiter = max((",", ";", "\t", "|"), key=head.count) if any(mark in head for mark in ",;\t|") else ","
    if b'"' in content:
        content, head = _unquoted(content, delimiter, path)
        delimiter = _UNIT.decode()
    notes, content = _ended(content, delimiter, path)
    cells = [cell.strip() for cell in head.split(delimiter)]
    if any(_STAMP.fullmatch(cell) for cell in cells) or (all(map(_NUMBER.fullmatch, cells)) and not _counted(cells)):
        names = tuple(str(index + 1) for index in range(len(cells)))
        notes = (*notes, f"{path} has no header: its columns are called {_few(names)}")
        return content, Dialect(names=names, delimiter=delimiter.encode(), start=0, line=1, notes=notes)
    return content, _headed(cells, content, delimiter, path, notes)


def _headed(cells: list[str], content: bytes, delimiter: str, path: str, notes: tuple[str, ...]) -> Dialect:
    twice = next((cell for index, cell in enumerate(cells) if cell in cells[:index]), None)
    if twice is not None:
        raise CannotTell(f"{path}:1 names the column {twice!r} twice", "give each column a name of its own")
    start = content.find(b"\n") + 1
    if not start or start >= len(content):
        raise CannotTell(f"{path} has a header and no row", "write the file before the gate reads it")
    return Dialect(names=tuple(cells), delimiter=delimiter.encode(), start=start, line=2, notes=notes)


def _counted(cells: list[str]) -> bool:
    """Whether the cells are 0, 1, 2, … or 1, 2, 3, …: the header of a matrix, not its first row."""
    return len(cells) > 2 and any(cells == [str(index + first) for index in range(len(cells))] for first in (0, 1))


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) < 4 else f"1 to {len(names)}"


def _unquoted(content: bytes, delimiter: str, path: str) -> tuple[bytes, str]:
    """The same cells without quotes, delimited by a character that no cell holds; lines keep their numbers."""
    rows = []
    reader = csv.reader(io.StringIO(decode(content, path), newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any("\n" in cell or "\x1f" in cell for cell in row):
                raise CannotTell(f"{path}:{reader.line_num}: a cell holds a line end", "write each record on one line")
            rows.append("\x1f".join(row) if row != [""] else '""')  # an empty cell alone on its line is no blank line
    except csv.Error as error:
        raise CannotTell(f"{path}:{reader.line_num}: {error}", "close the quotes; a quote inside a quoted cell is written twice") from None
    ending = "\n" if content.endswith(b"\n") else ""
    return ("\n".join(rows) + ending).encode(), rows[0]


def _ended(content: bytes, delimiter: str, path: str) -> tuple[tuple[str, ...], bytes]:
    """Without blank lines at the end. Raises CannotTell when the last line was cut in the middle of its last cell."""
    if content.endswith(b"\n") and not content[-3:-1].endswith((b"\n", b"\n\r")):
        return (), content
    stripped = content.rstrip(b"\r\n")
    if content != stripped or b"\n" not in stripped:
        return (), stripped + b"\n"
    *_, last = stripped.rpartition(b"\n")
    tail = [line.rpartition(delimiter.encode())[2].rstrip(b"\r") for line in stripped[-100_000:].split(b"\n")[1:-1]]
    cell, line = last.rpartition(delimiter.encode())[2], stripped.count(b"\n") + 1
    if (len(tail) > 1 and len(cell) < min(map(len, tail))) or re.search(rb"[eE][+-]?\d$", cell):
        words = f"has no line end and its last cell {cell.decode('utf-8', 'replace')!r} is shorter than all others: the file was cut"
        raise CannotTell(f"{path}:{line} {words}", "write the file again, whole, with a line end after the last row")
    return (f"the last line of {path} has no line end; whether it is whole cannot be seen",), stripped + b"\n"
