"""The NOTICE of what is shipped: each package with its licence, its notices, and every licence text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodready.checks.licences.judged import Judged
from prodready.names import shown

_RULE = "=" * 78


def written(name: str, rows: Sequence[Judged]) -> str:
    """The text, in the order of the packages' names: the same packages give the same bytes."""
    ordered = sorted(rows, key=lambda row: (row.package.name.lower(), row.package.version))
    texts: dict[str, list[str]] = {}
    for row in ordered:
        for text in row.said.texts if row.said else ():
            texts.setdefault(_plain(text), []).append(_called(row))
    lines = [f"{shown(name)} contains the packages below, each under its own licence.", "", *(line for row in ordered for line in _lines(row))]
    for text, owners in texts.items():
        lines += ["", _RULE, ", ".join(dict.fromkeys(owners)), _RULE, "", text]
    return "\n".join(lines) + "\n"


def _lines(row: Judged) -> Iterator[str]:
    said = row.conclusion
    chosen = f" ({said.chosen} was taken)" if said and said.chosen else ""
    yield f"{_called(row)}: {shown(said.expression) if said else 'not known, nothing of it could be read'}{shown(chosen)}"
    for notice in row.said.notices if row.said else ():
        yield from (f"    {line}".rstrip() for line in _plain(notice).split("\n"))


def _called(row: Judged) -> str:
    return shown(f"{row.package.name} {row.package.version}")


def _plain(text: str) -> str:
    """The text with the line ends of one system, and without what controls a terminal."""
    return "\n".join("".join(sign for sign in line if sign.isprintable() or sign == "\t").rstrip() for line in text.strip().splitlines())
