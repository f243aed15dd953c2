"""Who signs, as a Markdown checklist says it: in a list, in a table of signatures, and inside the words of a box."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodready.boxes.outline import Outline

_SIGN = re.compile(r"sign-?\s?offs?\b|\bsignatures?\b|\bsigners?\b|חתימ", re.IGNORECASE)
_FIRST = re.compile(r"^(?P<role>[^-–—:]{2,40}?)\s+[-–—:]\s")
_NAMED = re.compile(r"sign-?offs?\b[^()]*\((?P<roles>[^()]*,[^()]*)\)", re.IGNORECASE)


def listed(list_: Outline) -> dict[str, int]:
    """Role -> line, of the boxes in a section about signing."""
    found = {}
    for box in list_.boxes:
        section = list_.sections[box.section]
        role = _FIRST.match(box.text)
        if role and _SIGN.search(section.title):
            found[role["role"].strip()] = box.line
    return found


def signatures(list_: Outline) -> dict[str, int]:
    """Role -> line, of a table with the columns role and signature."""
    rows = (row for row in list_.rows if row.header and row.header[0].lower() == "role" and any("signature" in cell.lower() for cell in row.header))
    return {row.cells[0]: row.line for row in rows if row.cells and row.cells[0]}


def named(list_: Outline) -> dict[str, int]:
    """Role -> line, of boxes such as ``Sign-offs obtained (CTO, Security, Governance Officer)``."""
    found = {}
    for box in list_.boxes:
        for match in _NAMED.finditer(box.text):
            found.update({role.strip(): box.line for role in match["roles"].split(",") if role.strip()})
    return found


def known(role: str, among: Mapping[str, int]) -> bool:
    """Whether the role is one of them; ``Security`` stands for ``Security Officer``."""
    word = role.casefold()
    return any(word == other.casefold() or other.casefold().startswith(f"{word} ") for other in among)
