"""Decimal numbers of a whole column at once, each the same double that Python's ``float`` makes of it.

Up to 2^53 a mantissa and up to 10^22 a power of ten are exact doubles, so their quotient is rounded once, as it must be (Clinger 1990).
The few cells that are longer go through the interpreter's own reader.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodready.table.cells import Bytes, Places

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_NUMBER = re.compile(rb"[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,3})?")
_WIDEST = 26
"""Characters of a cell that is read together with the others."""


def numbers(text: Bytes, starts: Places, ends: Places) -> tuple[Floats, int]:
    """The values, and the row of the first cell that is no finite number (-1 for none)."""
    import numpy as np

    mantissa, places, plain = _digits(text, starts, ends)
    exact = plain & (mantissa <= 2**53) & (places <= 22)
    values = mantissa / np.power(10.0, np.minimum(places, 22))
    np.negative(values, out=values, where=text[np.minimum(starts, text.size - 1)] == 45)
    long = np.flatnonzero(plain & ~exact)
    if long.size:
        values[long] = gathered(text, starts[long], ends[long]).astype(np.float64)
    for row in np.flatnonzero(~plain):
        written = text[starts[row] : ends[row]].tobytes().strip(b" ")
        value = float(written) if _NUMBER.fullmatch(written) else float("nan")
        if not np.isfinite(value):
            return values, int(row)
        values[row] = value
    return values, -1


def _digits(text: Bytes, starts: Places, ends: Places) -> tuple[NDArray[np.int64], NDArray[np.int64], Flags]:
    """Mantissa, digits after the point, and whether the cell is sign, digits and at most one point, as long as that can be held."""
    import numpy as np

    signed = np.isin(text[np.minimum(starts, text.size - 1)], (43, 45)) & (ends > starts)
    first = starts + signed
    length = ends - first
    mantissa = np.zeros(len(starts), dtype=np.int64)
    places = np.zeros(len(starts), dtype=np.int64)
    points = np.zeros(len(starts), dtype=np.int8)
    other = np.zeros(len(starts), dtype=np.bool_)
    for at in range(min(int(length.max(initial=0)), _WIDEST)):
        inside = at < length
        digit = text[np.minimum(first + at, text.size - 1)] - np.uint8(48)
        counts = (digit < 10) & inside
        point = (digit == 254) & inside  # the byte of '.', less that of '0'
        other |= inside & ~counts & ~point
        mantissa = np.where(counts & (mantissa < 10**17), mantissa * 10 + digit, np.where(counts, 2**60, mantissa))
        places += counts & (points > 0)
        points += point
    plain = ~other & (points <= 1) & (length - points > 0) & (length <= _WIDEST)
    return mantissa, places, plain


def gathered(text: Bytes, starts: Places, ends: Places) -> NDArray[np.bytes_]:
    """The cells as byte strings of one width, padded with NUL."""
    import numpy as np

    length = ends - starts
    width = max(1, int(length.max(initial=1)))
    at = np.arange(width)
    inside = at < length[:, None]
    cells = np.where(inside, text[np.minimum(starts[:, None] + at, text.size - 1)], 0).astype(np.uint8)
    return np.ascontiguousarray(cells).view(f"S{width}").reshape(-1)
