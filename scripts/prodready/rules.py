"""What a check's rules are about: ``rules.yml`` in its folder, where it has one. ``explain`` prints them, and reports take their help from here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from prodready import yamltext
from prodready.check import CHECKS, known


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of a check, in the words that do not change from finding to finding."""

    id: str
    title: str
    why: str
    """Why it matters, for who never met it."""
    help: str
    """The page that says more; an https address."""


@cache
def rules(check_id: str) -> Mapping[str, Rule]:
    """The rules of the check by their ids; empty for a check whose rules are another tool's."""
    file = CHECKS / check_id / "rules.yml"
    if check_id not in known() or not file.is_file():
        return {}
    rows = yamltext.read(file.read_text("utf-8"), name=file.name).data
    return {name: Rule(id=name, **row) for name, row in rows.items()}
