"""Where trades are kept: files, a database, a service. Each gives rows of trade, run and time."""

from __future__ import annotations

import csv
import io
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.sockets import connected
from prodready.engine.watch import Down
from prodready.names import counted, shown
from prodready.probes import parse
from prodready.probes.postgresql import Session
from prodready.readers import json_text, stamps, structured
from prodready.service import Where, service

LIMIT = 256 * 1024 * 1024
"""Bytes of trades that are read."""
MOST = 2_000_000
"""Rows that are read."""
DEADLINE = 120.0
Row = Sequence[object]


class Trade(Struct, frozen=True, kw_only=True):
    """One row."""

    id: str
    run: str
    """Its MLflow run; empty where the row names none."""


class Store(Struct, frozen=True, kw_only=True):
    """Where the trades are, and what the columns are called."""

    csv: tuple[str, ...] = ()
    """CSV files of the repository's folder (gitignore patterns)."""
    sql: str = ""
    """``sqlite:trades.db`` or ``postgresql://user:$VARIABLE@host/database``; it is only read."""
    query: str = "SELECT trade_id, run_id, executed_at FROM trades"
    """What gives trade, run and time, in this order."""
    url: Where = ""
    """Address of a service that answers with JSON or CSV, or the name of a target."""
    path: str = ""
    """Path of the question below ``url``."""
    rows: str = ""
    """Key of the answer's JSON object that holds the list; empty where the answer is a list."""
    trade: str = "trade_id"
    """Column or key of the trade."""
    run: str = "run_id"
    """Column or key of its MLflow run."""
    time: str = "executed_at"
    """Column or key of its time; empty where there is none, and then all trades are drawn from."""

    def __post_init__(self) -> None:
        if len([way for way in (self.csv, self.sql, self.url) if way]) != 1:
            raise ValueError("trades are in one of csv, sql or url")
        if self.sql and not self.sql.startswith(("sqlite:", "postgresql://", "postgres://")):
            raise ValueError("sql is sqlite:FILE or postgresql://…")

    @property
    def shown(self) -> str:
        """What the history calls it, without credentials."""
        if self.csv:
            return ", ".join(self.csv)
        if self.sql.startswith("sqlite:"):
            return self.sql
        where = self.sql or (self.url if isinstance(self.url, str) else self.url.url)
        parts = urlsplit(where)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}" if parts.scheme else where

    def read(self, ground: Ground, *, days: int) -> tuple[Trade, ...]:
        """The trades of the last days. Raises CannotTell when there are none, or they cannot be read."""
        rows = list(self._sql(ground) if self.sql else self._csv(ground) if self.csv else self._http(ground))
        if len(rows) > MOST:
            raise CannotTell(f"{self.shown} holds more than {MOST:,} trades", "narrow the query or the files")
        since = ground.journal.begun - timedelta(days=days)
        trades = tuple(_trade(row, number, self.shown) for number, row in enumerate(rows, 1) if not self.time or _time(row[2], number, self.shown) >= since)
        if not trades:
            told = f"none of its {counted(len(rows), 'trade')} is" if rows else "it holds none that is"
            raise CannotTell(f"{self.shown} has no trade to follow: {told} of the last {days} days", "raise 'days', or see that trades are written there")
        return trades

    def _csv(self, ground: Ground) -> Iterable[Row]:
        repo = ground.world.repo
        paths = repo.outputs(*self.csv)
        if not paths:
            raise CannotTell(f"no file matches {', '.join(self.csv)}", "name the files of trades in 'csv'")
        for path in paths:
            yield from self._columns(csv.DictReader(io.StringIO(repo.text(path, limit=LIMIT))), shown(path))

    def _http(self, ground: Ground) -> Iterable[Row]:
        asked = service(ground.world, self.url, kind="the store of trades")
        answer = asked.good(asked.get(self.path, deadline=DEADLINE), self.path)
        text = answer.body.decode("utf-8", "replace")
        if "csv" in answer.headers.get("content-type", ""):
            return self._columns(csv.DictReader(io.StringIO(text)), asked.name)
        try:
            data = json_text.loads(text, name=asked.name)
        except structured.Unreadable as error:
            raise CannotTell(f"{asked.name} answered with neither JSON nor CSV: {error}", "let it answer with a list of objects") from None
        found = data.get(self.rows) if self.rows and isinstance(data, dict) else data
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            where = f" in {self.rows}" if self.rows else ""
            raise CannotTell(f"{asked.name} answered with no list of objects{where}", "say in 'rows' which key holds the list")
        return self._columns(found, asked.name)

    def _columns(self, rows: Iterable[Mapping[str, object]], where: str) -> Iterable[Row]:
        wanted = [name for name in (self.trade, self.run, self.time) if name]
        for row in rows:
            if missing := [name for name in wanted if name not in row]:
                raise CannotTell(f"a trade in {where} has no {missing[0]!r}", f"name the column: it has {', '.join(map(str, list(row)[:8]))}")
            yield [row[name] for name in wanted]

    def _sql(self, ground: Ground) -> list[Row]:
        return _sqlite(self, ground) if self.sql.startswith("sqlite:") else _postgresql(self, ground)


def _sqlite(store: Store, ground: Ground) -> list[Row]:
    path = ground.folder / store.sql.removeprefix("sqlite:").removeprefix("//")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=DEADLINE)) as database:
            end = time.monotonic() + DEADLINE
            database.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            return _wide(database.execute(store.query).fetchmany(MOST + 1), store)
    except (sqlite3.Error, ValueError) as error:
        raise CannotTell(f"{shown(path.name)} cannot be read: {error}", "see that it is an SQLite database, and that 'query' fits its tables") from None


def _postgresql(store: Store, ground: Ground) -> list[Row]:
    address = parse(store.sql, ground.secret)
    try:
        with connected(address.host, address.port, DEADLINE, limit=LIMIT) as wire:
            session = Session(wire, address)
            session.query("SET default_transaction_read_only = on")
            rows = session.query(store.query)
            session.close()
    except (Down, OSError, EOFError) as error:
        raise CannotTell(f"{address.shown} cannot be read: {error}", "see that it runs, that the user may read, and that 'query' fits its tables") from None
    return _wide(rows, store)


def _wide(rows: Sequence[Row], store: Store) -> list[Row]:
    columns = 3 if store.time else 2
    if any(len(row) != columns for row in rows):
        raise CannotTell(f"the query gives other columns than trade, run{' and time' if store.time else ''}", "let 'query' select these, in this order")
    return list(rows)


def _trade(row: Row, number: int, where: str) -> Trade:
    if row[0] in (None, ""):
        raise CannotTell(f"row {number} of {where} names no trade", "mend the row, or let the query leave it out")
    return Trade(id=str(row[0]), run="" if row[1] is None else str(row[1]))


def _time(cell: object, number: int, where: str) -> datetime:
    moment = stamps.latest(str(cell).strip())
    if moment is None:
        raise CannotTell(f"row {number} of {where} has no time: {shown(str(cell))[:40]!r}", "write times as 2026-01-31T09:30:00Z, or 'time: \"\"'")
    return moment


def drawn(trades: Sequence[Trade], count: int, random: Random) -> tuple[Trade, ...]:
    """That many different trades, or all where there are fewer."""
    ids = sorted({trade.id: trade for trade in trades}.items())
    return tuple(trade for _, trade in random.sample(ids, min(count, len(ids))))
