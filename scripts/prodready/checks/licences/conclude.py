"""The decision: from what a package says of itself to one expression, by the first of the sources that says something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from prodready.checks.licences import algebra
from prodready.checks.licences.algebra import Class, Classes
from prodready.checks.licences.declared import Declared

MAX_WORDS = 100
"""Characters of a ``License`` field that may still be a name; longer ones are the licence's text."""
_EXTRA = 600
"""Characters beside the text of a known licence that may be copyright lines; more may be further terms."""
_EITHER = re.compile(r"(?i)\beither of (?:the|these)(?: two)? licen[cs]es\b|\bunder the terms of \*?either\*? (?:of|the)\b")
"""Words of a licence file that leave the choice among the texts beside it."""
_SHORT = 1500
"""Characters of a file that only says which licences there are; the texts of licences are longer, and some speak of choices of their own."""
_COPYRIGHT = re.compile(r"(?im)^.*(?:copyright|\(c\)|©|all rights reserved|authors?\b).*$|\s+")


class Conclusion(Struct, frozen=True, kw_only=True):
    """One package's licence, as concluded."""

    expression: str
    level: Class
    source: str
    """Which word of the package decided: ``License-Expression``, ``classifier``, ``licence text``, …"""
    why: str = ""
    """What makes it doubtful, in words."""
    chosen: str = ""


def conclude(said: Declared, classes: Classes) -> Conclusion:
    """The licence by the first source that says something; what contradicts itself asks for a look."""
    for source, words, why in _sources(said):
        judged = classes.judge(words)
        level = max(judged.level, Class.REVIEW) if why else judged.level
        return Conclusion(expression=judged.expression, level=level, source=source, why=why, chosen=judged.chosen)
    given = said.expression or said.words[:MAX_WORDS] or ", ".join(said.classifiers)
    why = f"says {given!r}, which names no licence" if given else "says nothing about its licence"
    return Conclusion(expression="NOASSERTION", level=Class.UNKNOWN, source="nothing", why=why)


def _sources(said: Declared) -> Iterator[tuple[str, str, str]]:
    """Where the words are from, the words as an expression, and what makes them doubtful."""
    if said.expression and (found := spelled(said.expression)):
        yield "License-Expression", found, _contradiction(found, said)
    texts = [*said.texts, *([said.words] if len(said.words) > MAX_WORDS else [])]
    if said.words and len(said.words) <= MAX_WORDS and (found := spelled(said.words)):
        yield "License", found, _contradiction(found, said) or _other_text(found, texts)
    named, vague = _classified(said)
    choice = any(len(text) < _SHORT and _EITHER.search(text) for text in texts)
    if named and not vague and not (choice and len(named) > 1):
        found = " AND ".join(named)
        yield "classifier", found, "several classifiers, which may mean a choice" if len(named) > 1 else _other_text(found, texts)
    if matched := by_text(texts):
        families = {_table()["families"].get(_plain(words)) for words in (*vague, said.words)} | set(named)
        yield from _of_text(_own(matched[0], families), matched[1], families, choice=choice)
    elif named:
        yield "classifier", " AND ".join(named), f"also says {vague[0]!r}"
    for words in (said.expression, said.words, *vague):
        if family := _table()["families"].get(_plain(words)):
            yield "family", family, ""


def _own(ids: list[str], named: set[str | None]) -> list[str]:
    """Without the GPL-3.0 that stands beside an LGPL-3.0: the LGPL is written as additions to it, and who uses the LGPL ships both texts."""
    lesser = any(word.startswith("LGPL") for word in named if word) and any(word.startswith("LGPL-3.0") for word in ids)
    return [word for word in ids if not (lesser and word.startswith("GPL-3.0"))]


def _other_text(expression: str, texts: list[str]) -> str:
    """A licence file that asks for more than the package's own words is a doubt."""
    matched = by_text(texts)
    ids = _own(matched[0], {expression}) if matched else []
    plain = Classes()
    mine, theirs = plain.judge(expression).level, plain.judge(" AND ".join(ids)).level
    return f"its licence file is {' and '.join(ids)}" if ids and Class.UNKNOWN not in (mine, theirs) and theirs > mine else ""


def _of_text(ids: list[str], more: bool, named: set[str | None], *, choice: bool) -> Iterator[tuple[str, str, str]]:
    """A first text that the package also names is its own, and those behind it are of parts it carries: for a person to look at, if they ask for more."""
    joined = " AND ".join(ids)
    if choice and len(ids) > 1:
        yield "licence text", " OR ".join(ids), ""
    elif len(ids) > 1 and ids[0] in named and Classes().judge(joined).level is Class.ALLOW:
        yield "licence text", joined, ""
    elif len(ids) > 1 and ids[0] in named:
        yield "licence text", ids[0], f"its licence files also hold {', '.join(ids[1:])}, for parts it carries"
    else:
        yield "licence text", joined, "its licence file holds further terms" if more else ""


def _contradiction(expression: str, said: Declared) -> str:
    """A classifier of another class than the expression is a doubt; the authors may have forgotten one of them."""
    named, _ = _classified(said)
    if not named:
        return ""
    plain = Classes()
    mine, theirs = plain.judge(expression).level, plain.judge(" OR ".join(named)).level
    return f"its classifiers say {' and '.join(named)}" if Class.UNKNOWN not in (mine, theirs) and theirs > mine else ""


def _classified(said: Declared) -> tuple[list[str], list[str]]:
    """The licences that classifiers name, and the last parts of those that name none."""
    named, vague = list[str](), list[str]()
    for tag in said.classifiers:
        last = tag.rpartition("::")[2].strip()
        if found := spelled(last) if _plain(last) not in _table()["vague"] else "":
            named.append(found)
        elif last != "OSI Approved" or len(said.classifiers) == 1:
            vague.append(last)
    return list(dict.fromkeys(named)), vague


def spelled(words: str) -> str:
    """The words as an SPDX expression; empty when they are none and no known name either."""
    plain = _plain(words)
    if plain in _table()["nothing"] or plain.startswith("see license in"):
        return ""
    if found := _table()["aliases"].get(plain):
        return str(found)
    if algebra.parses(words) or re.search(r"(?i)\bLicenseRef-", words):
        return words
    parts = re.split(r"(\s+(?:AND|OR|and|or|WITH)\s+|[()])", words)
    if len(parts) > 1:
        joined = "".join(_table()["aliases"].get(_plain(part), part) if part.strip("() ") else part for part in parts)
        return joined if algebra.parses(joined) else ""
    return ""


def _plain(words: str) -> str:
    """The words without what does not tell licences apart."""
    text = " ".join(words.replace("_", " ").lower().split()).strip(" .\"'")
    text = text.removeprefix("the ")
    return text if text in _table()["aliases"] else re.sub(r"[, ]*\blicen[cs]e$", "", text).strip()


def by_text(texts: list[str]) -> tuple[list[str], bool] | None:
    """The licences whose texts these are, and whether there is more than them; None when a text is of none."""
    found, more = list[str](), False
    for text in texts:
        ids, rest = _identified(text)
        if not ids:
            more = True
        found += ids
        more = more or rest > _EXTRA
    return (list(dict.fromkeys(found)), more) if found else None


def _identified(text: str) -> tuple[list[str], int]:
    from licenseclassifier import identify_license

    rows = [row for row in identify_license(text[:200_000]) if row.id]
    rest = text
    for row in sorted(rows, key=lambda each: -each.start):
        rest = rest[: row.start] + rest[row.end :]
    return list(dict.fromkeys(row.id for row in rows)), len(_COPYRIGHT.sub("", rest))


@cache
def _table() -> Mapping[str, Any]:
    from prodready import yamltext

    data = yamltext.read((Path(__file__).parent / "aliases.yml").read_text("utf-8"), name="aliases.yml").data
    return {
        "aliases": {str(name).lower(): expression for expression, names in data["aliases"].items() for name in names},
        "families": data["families"],
        "vague": frozenset(map(str, data["vague"])),
        "nothing": frozenset(map(str, data["nothing"])),
    }
