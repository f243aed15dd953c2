"""What is doubtful about a checklist that is valid: bounds that can never hold or never fail, placeholders, items twice, roles that nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.expectation import Bound, Expectation, Incomparable
from prodready.model import Checklist, Item
from prodready.names import few

PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n?=!]{0,30}>|\b(?:YYYY|TBD|TODO|XXX)\b|\{\{[^}]*\}\}")
_PATHS = ("paths", "files", "sources")


def of_share(what: str, expect: Expectation, *, top: float = 100.0, unit: str = "%", meant: str = "") -> str:
    """Why a bound makes no sense of a share between 0 and ``top``, and what to write; empty when it does."""
    if not isinstance(expect, Bound):
        return ""
    try:
        held = {expect.met_by(value, unit) for value in (0.0, top / 2, top)}
    except Incomparable as error:
        return f"{what}: {error}"
    if held == {False}:
        return f"{what} is a share between 0 and {top:g}{unit}, so '{expect}' can never hold{meant}"
    return f"{what} is a share between 0 and {top:g}{unit}, so '{expect}' can never fail, and a bound that cannot fail proves nothing" if held == {True} else ""


def of_checklist(held: Checklist) -> Iterator[str]:
    """Doubts that need no check, each with what to write."""
    seen: dict[tuple[object, ...], Item] = {}
    for item in held.items:
        if item.off:
            continue
        for left in _placeholders(item):
            yield f"{item.id}: {left!r} has a placeholder, and no file has that name: write the real one, or a pattern such as *.pdf"
        twin = seen.setdefault((item.check, repr(sorted(item.params.items(), key=str)), str(item.expect), item.max_age), item)
        if twin is not item and plain(twin.title) == plain(item.title):
            yield f"{item.id}: says and asks the same as {twin.id}: keep one of the two, or say in the title how they differ"
    if held.roles and (unnamed := [role for role in _asked(held) if role not in held.roles]):
        yield f"{few(unnamed)} must sign, and nobody is named: write them below 'roles:', or mend the name"


def _placeholders(item: Item) -> Iterator[str]:
    for key in _PATHS:
        given = item.params.get(key)
        yield from (name for name in (given if isinstance(given, list | tuple) else ()) if isinstance(name, str) and PLACEHOLDER.search(name))


def _asked(held: Checklist) -> dict[str, None]:
    """The roles that signatures and attestations ask for, in their order."""
    rules = held.signoffs
    lists: list[list[object] | tuple[object, ...]] = [(*rules.pr, *rules.release, *rules.post_release, *(rules.change or ()))]
    lists += [roles for item in held.items if item.check == "attestation" and not item.off and isinstance(roles := item.params.get("roles"), list | tuple)]
    return dict.fromkeys(str(role) for roles in lists for role in roles)


def plain(title: str) -> str:
    """A title as people compare it."""
    return " ".join(title.casefold().split())
