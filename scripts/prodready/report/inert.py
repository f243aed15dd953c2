"""JSON of foreign words that every reader and every terminal can take: what controls, hides or reorders text is written as an escape."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from prodready.report.escape import line

_HIDDEN = re.compile(
    "[\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def dumped(data: Any) -> str:
    """The data as JSON, indented; the same data gives the same bytes. Structs are written as objects of their fields. Raises ValueError for NaN.

    Indenting by ``json`` itself is several times as slow, and a report may hold thousands of findings; msgspec alone would write NaN as null.
    """
    plain = json.dumps(msgspec.to_builtins(data), ensure_ascii=False, allow_nan=False)
    text = msgspec.json.format(plain.encode(), indent=2).decode()
    return text if text.isascii() and "\x7f" not in text else _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)


def filled(text: str, limit: int = 1000, *, blank: str = "not given") -> str:
    """One inert line for formats that take no empty text."""
    return line(text, limit) or blank
