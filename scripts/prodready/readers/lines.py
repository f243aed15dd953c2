"""Lines as the programs see them that read the file: ended by a line feed, a carriage return, or both, and by nothing else."""

from __future__ import annotations

import re

_ENDS = re.compile(r"\r\n|\r|\n")


def lines(text: str) -> list[str]:
    """The lines without their ends. ``str.splitlines`` also ends a line at a form feed or a separator, which can turn a comment into a setting."""
    found = _ENDS.split(text)
    return found[:-1] if found[-1] == "" else found
