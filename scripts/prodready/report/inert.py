"""JSON of foreign words that every reader and every terminal can take: what controls, hides or reorders text is written as an escape."""

from __future__ import annotations

import json
import re
from typing import Any

from prodready.report.escape import line

_HIDDEN = re.compile(
    "[\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def dumped(data: Any) -> str:
    """The data as JSON, indented; the same data gives the same bytes."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)
    return _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)


def filled(text: str, limit: int = 1000, *, blank: str = "not given") -> str:
    """One inert line for formats that take no empty text."""
    return line(text, limit) or blank
