"""Times of a whole column at once: ISO 8601 dates and times as nanoseconds since 1970, with what they say of their zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodready.table.cells import Bytes, Places

    Times = NDArray[np.int64]

NAIVE = 10**6
"""Stands for 'no zone' among offsets, which are minutes east of UTC."""
_FORM = re.compile(rb"dddd-dd-dd(?:[T ]dd:dd(?::dd(?:\.(?P<part>d{1,9}))?)?(?P<zone>Z|[+-]dd:?dd)?)?")
_DIGITS = bytes.maketrans(b"0123456789", b"d" * 10)
"""A digit becomes a d, every other byte stays."""


def stamps(text: Bytes, starts: Places, ends: Places) -> tuple[Times, Times, int]:
    """Nanoseconds since 1970 (UTC where a zone is given), offsets in minutes or NAIVE, and the row of the first cell that is no time (-1 for none)."""
    import numpy as np

    length = ends - starts
    times = np.zeros(len(starts), dtype=np.int64)
    zones = np.full(len(starts), NAIVE, dtype=np.int64)
    worst = -1
    for width in length[:1] if length.min() == length.max() else np.unique(length):
        rows = np.flatnonzero(length == width)
        bad = _same_width(text, starts, rows, int(width), times, zones)
        worst = bad if worst < 0 else (min(worst, bad) if bad >= 0 else worst)
    return times, zones, worst


def _same_width(text: Bytes, starts: Places, rows: Places, width: int, times: Times, zones: Times) -> int:
    """Fills times and zones of the rows of one width; the first bad row, or -1."""
    import numpy as np

    if not 10 <= width <= 40:
        return int(rows[0])
    cells = text[starts[rows][:, None] + np.arange(width)]
    forms = np.frombuffer(_DIGITS, dtype=np.uint8)[cells]
    waiting = np.ones(len(rows), dtype=np.bool_)
    while waiting.any():
        head = int(np.argmax(waiting))
        alike = waiting & (forms == forms[head]).all(axis=1)
        form = _FORM.fullmatch(forms[head].tobytes())
        if form is None:
            return int(rows[head])
        bad = _read(cells[alike], form, rows[alike], times, zones)
        if bad >= 0:
            return bad
        waiting &= ~alike
    return -1


def _read(cells: Bytes, form: re.Match[bytes], rows: Places, times: Times, zones: Times) -> int:
    """Reads cells that share a form; the first impossible date or time, or -1."""
    import numpy as np

    def number(start: int, count: int) -> Times:
        value = np.zeros(len(cells), dtype=np.int64)
        for at in range(start, start + count):
            value = value * 10 + (cells[:, at] - np.uint8(48))
        return value

    year, month, day = number(0, 4), number(5, 2), number(8, 2)
    timed = len(form[0]) > 10
    hour, minute = (number(11, 2), number(14, 2)) if timed else (np.int64(0), np.int64(0))
    second = number(17, 2) if form[0][16:17] == b":" else np.int64(0)
    part = number(form.start("part"), len(form["part"])) * 10 ** (9 - len(form["part"])) if form["part"] else np.int64(0)
    wrong = ~((month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60) & (year >= 1678) & (year < 2262))
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    wrong |= day > (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64) - first
    if wrong.any():
        return int(rows[np.argmax(wrong)])
    offset = _offset(form, number)
    seconds = (first + day - 1) * 86400 + hour * 3600 + minute * 60 + second
    times[rows] = (seconds - (0 if form["zone"] is None else offset * 60)) * 10**9 + part
    zones[rows] = NAIVE if form["zone"] is None else offset
    return -1


def _offset(form: re.Match[bytes], number: Callable[[int, int], Times]) -> Times | int:
    """Minutes east of UTC."""
    if form["zone"] in (None, b"Z"):
        return 0
    start, digits = form.start("zone"), form["zone"].endswith(b"d:dd")
    minutes = number(start + 1, 2) * 60 + number(start + (4 if digits else 3), 2)
    return -minutes if form["zone"].startswith(b"-") else minutes


def iso(nanoseconds: int) -> str:
    """A time as people write it; midnight is a date alone."""
    days, rest = divmod(nanoseconds, 86400 * 10**9)
    day = date.fromordinal(days + 719163).isoformat()
    if not rest:
        return day
    seconds = rest // 10**9
    return f"{day}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
