"""The team's own books say what the broker says: positions, cash, profit and loss, net asset value.

The books are a CSV file with a key and a value a row. The broker is another such file, or the TWS or Gateway of a target, which is asked and never
traded with: positions by contract id or symbol, cash by currency, profit and loss as ``daily``, ``unrealized`` and ``realized``, net asset value as
``NAV``. What is in one and not in the other counts as zero there, so a forgotten position is found. Values are compared as decimals. Two empty sides
prove nothing, unless ``empty_is_fine``.

An item that uses it:

    - id: ibkr.positions
      title: Our positions are the broker's, to the share
      check: recon
      params: {books: reports/positions.csv, what: positions, key: conid, value: quantity, broker: ibkr}
      max_age: 15 min
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.decode import nearest
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.service import named

if TYPE_CHECKING:
    from prodready.ibkr.session import Session

MOST = 100_000
"""Rows of a file."""
Books = Mapping[str, Decimal]


class Params(Struct, frozen=True, kw_only=True):
    """Which books, and which broker."""

    books: str
    """CSV file of the team's own values."""
    broker: str = "ibkr"
    """The name of a TWS or Gateway under ``targets:``, or a CSV file of the broker's values (a name that ends in ``.csv``)."""
    what: Literal["positions", "cash", "pnl", "nav"] = "positions"
    """What is compared; a Gateway is asked for it."""
    key: str = "symbol"
    """Column of the key: ``symbol`` or ``conid`` of a position, the currency of cash, the name of a figure."""
    value: str = "quantity"
    """Column of the value."""
    tolerance: str = "0"
    """Largest difference, as a decimal."""
    relative: float = 0.0
    """Largest difference as a part of the broker's value; the larger of both tolerances counts."""
    empty_is_fine: bool = False
    """Whether two empty sides agree."""

    def __post_init__(self) -> None:
        most = _decimal(self.tolerance)
        if most is None or most < 0 or not 0 <= self.relative < 1:
            raise ValueError("tolerance is a decimal of 0 or more, relative a part between 0 and 1")


def observe(ctx: Context, params: Params) -> Found:
    """Where the books and the broker differ. Raises CannotTell."""
    own, digest = _file(ctx, params.books, params)
    theirs, where = _broker(ctx, params)
    keys = sorted(own.keys() | theirs.keys())
    findings = tuple(found for key in keys for found in _difference(key, own.get(key), theirs.get(key), params))
    source = f"{counted(len(own), 'row')} of {shown(params.books)} beside {counted(len(theirs), 'row')} of {where}"
    evidence = Evidence(source=source, sha256=digest, collected=ctx.repo.modified(params.books))
    return Found(examined=len(keys) or int(params.empty_is_fine), findings=findings, evidence=evidence)


def _difference(key: str, own: Decimal | None, theirs: Decimal | None, params: Params) -> Iterator[Finding]:
    mine, other = own or Decimal(0), theirs or Decimal(0)
    allowed = max(Decimal(params.tolerance), abs(other) * Decimal(str(params.relative)))
    if abs(mine - other) <= allowed:
        return
    says = "does not have it" if theirs is None else f"says {other:f}"
    have = "do not have it" if own is None else f"say {mine:f}"
    message = f"{params.what} of {shown(key)[:60]}: the books {have}, the broker {says}; the difference is {mine - other:f}"
    yield Finding(rule=f"{params.what}-differ", message=message, severity=Severity.HIGH, path=params.books, fix="find the fill, fee or transfer", anchor=key)


def _broker(ctx: Context, params: Params) -> tuple[Books, str]:
    if params.broker.endswith(".csv"):
        return _file(ctx, params.broker, params)[0], shown(params.broker)
    from prodready.ibkr.session import Gateway, opened

    gateway = named(ctx, params.broker, Gateway)
    if ctx.offline:
        raise CannotTell(f"{gateway} was not asked: this run is offline", "run without --offline")
    with opened(gateway) as session:
        return _asked(session, params), f"the broker at {gateway}"


def _asked(session: Session, params: Params) -> Books:
    account = session.gateway.account or session.accounts[0]
    if account not in session.accounts:
        raise CannotTell("the account that the target names is not logged in", "log in to it")
    match params.what:
        case "cash":
            return dict(session.cash(account))
        case "pnl":
            return dict(session.profit(account))
        case "nav":
            told = session.values()
            if (account, "NetLiquidation") not in told:
                raise CannotTell("the broker does not tell NetLiquidation", "see that the account is funded")
            return {"NAV": told[account, "NetLiquidation"][0]}
        case _:
            return _positions(session.positions(), account, params)


def _positions(rows: Iterable[tuple[str, str, str, Decimal]], account: str, params: Params) -> Books:
    found: dict[str, Decimal] = {}
    for owner, contract, symbol, quantity in rows:
        key = contract if params.key == "conid" else symbol
        if owner == account and quantity:
            found[key] = found.get(key, Decimal(0)) + quantity
    return found


def _file(ctx: Context, path: str, params: Params) -> tuple[Books, str]:
    """Key -> sum of the values of its rows, and the file's hash. Raises CannotTell naming line and column."""
    content = ctx.repo.raw(path, limit=32 * 1024 * 1024)
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        names = list(rows.fieldnames or ())
        for name in (params.key, params.value):
            if name not in names:
                raise CannotTell(f"{shown(path)} has no column {shown(name)!r}; {nearest(name, names)}", "name it in 'key' or 'value'")
        found: dict[str, Decimal] = {}
        for row in rows:
            value = _decimal(row[params.value])
            if value is None or not row[params.key] or rows.line_num > MOST:
                raise CannotTell(f"{shown(path)}:{rows.line_num} has no key or no number: {shown(str(row[params.value]))[:40]!r}", "mend that line")
            found[row[params.key]] = found.get(row[params.key], Decimal(0)) + value
    except (UnicodeDecodeError, csv.Error) as error:
        raise CannotTell(f"{shown(path)} is no CSV file: {shown(str(error))[:120]}", "write it in UTF-8, with a header") from None
    return found, hashlib.sha256(content).hexdigest()


def _decimal(text: str | None) -> Decimal | None:
    try:
        found = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 30 else None


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=120)
