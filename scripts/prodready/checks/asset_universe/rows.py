"""The assets, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.calendars import calendar
from prodready.check import CannotTell
from prodready.checks.asset_universe.currencies import CODES
from prodready.context import Context
from prodready.decode import nearest
from prodready.model import Finding, Severity
from prodready.names import shown

if TYPE_CHECKING:
    from prodready.checks.asset_universe import Params

MOST = 1_000_000
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


class Assets(Struct, frozen=True, kw_only=True):
    """The rows with their line numbers."""

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    sha256: str


def load(ctx: Context, params: Params) -> Assets:
    """The file's rows. Raises CannotTell for one that is no table, or lacks a column."""
    text = ctx.repo.text(params.file, limit=64 * 1024 * 1024)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    try:
        names = next(reader, [])
        _header(names, params)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names) or len(rows) >= MOST:
                raise CannotTell(
                    f"{params.file}:{reader.line_num} has {len(cells)} cells, the header {len(names)}", "write the file again, whole; quote a cell with a comma"
                )
            rows.append((reader.line_num, dict(zip(names, cells, strict=True))))
    except csv.Error as error:
        raise CannotTell(f"{params.file}:{reader.line_num}: {error}", "close the quotes") from None
    if not rows:
        raise CannotTell(f"{params.file} holds no asset", "write the universe before the gate reads it")
    return Assets(rows=tuple(rows), sha256=sha256(text.encode()).hexdigest())


def _header(names: list[str], params: Params) -> None:
    for wanted in filter(None, (params.symbol, params.venue, params.currency, params.tick, params.lot, params.enabled)):
        if wanted not in names:
            remedy = f"add the column, or say what it is called; leave out tick, lot or enabled with {wanted.split('_', maxsplit=1)[0]}: ''"
            raise CannotTell(f"{params.file} has no column {wanted!r}; {nearest(wanted, names) if names else 'it is empty'}", remedy)
    if len(set(names)) != len(names):
        raise CannotTell(f"{params.file}:1 names a column twice", "give each column a name of its own")


def findings(read: Assets, params: Params) -> Iterator[Finding]:
    """What is wrong, in the order of the file."""
    seen: dict[tuple[str, str], int] = {}
    enabled = 0
    for line, row in read.rows:
        yield from _cells(row, line, params)
        key = (row[params.symbol].strip().upper(), row[params.venue].strip().upper())
        if key in seen:
            yield _finding("duplicate", f"{shown(key[0])} on {shown(key[1])} stands on line {seen[key]} already", line, params, "keep one of the two", str(key))
        seen.setdefault(key, line)
        yield from _codes(row, line, params)
        yield from _steps(row, line, params)
        enabled += not params.enabled or _FLAGS.get(row[params.enabled].strip().lower(), False)
    if enabled < params.least:
        yield _finding(
            "too-few-enabled", f"{enabled} assets are enabled, at least {params.least} must be", 1, params, "enable them, or lower 'least'", "enabled"
        )


def _cells(row: Mapping[str, str], line: int, params: Params) -> Iterator[Finding]:
    for name, cell in row.items():
        if cell != cell.strip():
            yield _finding(
                "blank-around", f"{name} {shown(cell)!r} has blanks around it", line, params, "take them off: ' AAPL' is another symbol", f"{name} {cell}"
            )
        if cell[:1] in ("=", "@", "\t") or (cell[:1] in ("+", "-") and _decimal(cell) is None):
            yield _finding(
                "formula",
                f"{name} {shown(cell[:20])!r} runs as a formula in a spreadsheet",
                line,
                params,
                "start it with a letter or a digit",
                f"{name} {cell}",
            )
    for name in filter(None, (params.symbol, params.venue, params.currency)):
        if not row[name].strip():
            yield _finding("empty-cell", f"{name} is empty", line, params, f"fill in the {name}", f"{line} {name}")


def _codes(row: Mapping[str, str], line: int, params: Params) -> Iterator[Finding]:
    venue, currency = row[params.venue].strip(), row[params.currency].strip()
    venues = params.venues or (*calendar.known(), *calendar.ALIASES)
    if venue and venue not in venues:
        yield _finding(
            "unknown-venue", f"{shown(venue)!r} is no venue that may occur; {nearest(venue, venues)}", line, params, "mend it, or add it to 'venues'", venue
        )
    if currency and currency not in CODES and currency not in params.currencies:
        message = f"{shown(currency)!r} is no ISO 4217 code; {nearest(currency, sorted(CODES))}"
        yield _finding("unknown-currency", message, line, params, "mend it, or add it to 'currencies'", currency)
    if params.enabled and row[params.enabled].strip().lower() not in _FLAGS:
        yield _finding("bad-flag", f"{params.enabled} is {shown(row[params.enabled][:20])!r}", line, params, "write true or false", f"{line}")


def _steps(row: Mapping[str, str], line: int, params: Params) -> Iterator[Finding]:
    rule = params.rules.get(row[params.symbol].strip()) or params.rules.get(row[params.venue].strip())
    for name, stated, word in ((params.tick, rule.tick if rule else "", "tick"), (params.lot, rule.lot if rule else "", "lot")):
        if not name:
            continue
        value = _decimal(row[name].strip())
        if value is None or value <= 0:
            yield _finding(
                "bad-number", f"{name} is {shown(row[name][:20])!r}, no number above 0", line, params, "write a decimal number with a point", f"{line} {name}"
            )
        elif stated and (value != Decimal(stated) if word == "tick" else value % Decimal(stated) != 0):
            told = f"the stated {word} is {stated}" if word == "tick" else f"the stated lot is {stated} and multiples of it"
            yield _finding(
                f"wrong-{word}", f"{name} is {value}, {told}", line, params, "orders at other steps are refused: mend it", f"{row[params.symbol]} {name}"
            )


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text) if len(text) < 40 and "_" not in text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _finding(rule: str, message: str, line: int, params: Params, fix: str, anchor: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, path=params.file, line=line, fix=fix, anchor=anchor)
