"""One session with TWS or Gateway: handshake, accounts, and questions that only read. Every wait is bounded, every answer is held against the protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.sockets import Wire, connected
from prodready.ibkr import wire
from prodready.names import shown

VALUES = ("NetLiquidation", "BuyingPower", "TotalCashValue")
_NOTICES = range(2100, 2170)
_REACH = "see that TWS or Gateway runs there, that its API is on (Configure, API, Settings), and that this address is trusted"


class Gateway(Struct, frozen=True, kw_only=True):
    """A TWS or Gateway of ``targets:``."""

    host: str
    """Where it runs."""
    port: int = 4002
    """4002 is a Gateway on paper, 7497 a TWS on paper; 4001 and 7496 are live."""
    client: int = 777
    """The client id to use; one that nobody else uses."""
    account: str = ""
    """The account that must be logged in; empty takes any on paper."""
    seconds: float = 15.0
    """How long one question may take."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(slots=True)
class Session:
    """A session that has said who is logged in."""

    wire: Wire
    gateway: Gateway
    version: int = 0
    """The server's version of the protocol; the product has none there."""
    accounts: tuple[str, ...] = ()
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    """Request, code and words of errors that came meanwhile."""
    request: int = 9000

    def ask(self, *fields: object, until: Callable[[list[str]], bool], what: str) -> list[list[str]]:
        """The messages that come up to the one that ends the answer. Raises CannotTell when it does not come, or an error does."""
        self.wire.end = time.monotonic() + self.gateway.seconds
        self.wire.taken = 0
        with _told(self.gateway, what):
            self.wire.send(wire.message(*fields))
            return list(self._until(until, what))

    def now(self) -> int:
        """The server's clock, in seconds since 1970."""
        *_, told = self.ask(49, 1, until=lambda row: row[0] == "49", what="its time")
        return int(_number(told[2], "its time"))

    def values(self) -> dict[tuple[str, str], tuple[Decimal, str]]:
        """(Account, tag) -> value and currency, of those that an account must tell."""
        own = self._next()
        rows = self.ask(62, 1, own, "All", ",".join(VALUES), until=lambda row: row[:3] == ["64", "1", own], what="the account's values")
        self.wire.send(wire.message(63, 1, own))
        return {(row[3], row[4]): (_number(row[5], row[4]), row[6]) for row in rows if row[0] == "63" and row[2] == own}

    def cash(self, account: str) -> dict[str, Decimal]:
        """Currency -> cash of an account."""
        own, found = self._next(), dict[str, Decimal]()
        rows = self.ask(62, 1, own, "All", "$LEDGER:ALL", until=lambda row: row[:3] == ["64", "1", own], what="the cash")
        self.wire.send(wire.message(63, 1, own))
        for row in rows:
            if row[0] == "63" and row[2:5] == [own, account, "CashBalance"] and row[6] != "BASE":
                found[row[6]] = _number(row[5], "CashBalance")
        return found

    def positions(self) -> list[tuple[str, str, str, Decimal]]:
        """Account, contract id, symbol and quantity of each position."""
        rows = self.ask(61, 1, until=lambda row: row[0] == "62", what="the positions")
        self.wire.send(wire.message(64, 1))
        return [(row[2], row[3], row[4], _number(row[14], "a position")) for row in rows if row[0] == "61"]

    def profit(self, account: str) -> dict[str, Decimal]:
        """``daily``, ``unrealized`` and ``realized`` profit and loss of an account."""
        own = self._next()
        *_, told = self.ask(92, own, account, "", until=lambda row: row[:2] == ["94", own], what="profit and loss")
        self.wire.send(wire.message(93, own))
        return {name: _number(value, "profit and loss") for name, value in zip(("daily", "unrealized", "realized"), told[2:5], strict=False)}

    def market(self, symbol: str, kind: str, exchange: str, currency: str) -> str:
        """Why no live price comes for the contract within the time of one question; empty when one does."""
        own = self._next()
        asked = (1, 11, own, *wire.contract(symbol, kind, exchange, currency), 0, "", 0, 0, "")
        delayed: list[str] = []

        def price(row: list[str]) -> bool:
            if row[:1] == ["58"] and row[2:3] == [own] and row[3] != "1":
                delayed.append("prices are delayed or frozen")
            return row[0] in ("1", "2") and row[2:3] == [own] and Decimal(row[4]) > 0

        try:
            self.ask(*asked, until=price, what=f"a price of {symbol}")
        except CannotTell as unable:
            return unable.reason
        self.wire.send(wire.message(2, 2, own))
        return delayed[0] if delayed else ""

    def _next(self) -> str:
        self.request += 1
        return str(self.request)

    def _until(self, until: Callable[[list[str]], bool], what: str) -> Iterator[list[str]]:
        while True:
            row = wire.fields(self.wire.exactly(wire.length(self.wire.exactly(4))))
            if row[0] == "4" and len(row) > 4 and not (row[3].isdecimal() and int(row[3]) in _NOTICES):
                self.errors.append((row[2], row[3], row[4]))
                raise CannotTell(f"{self.gateway} does not tell {what}: {row[3]} {shown(row[4])[:160]}", _REACH)
            yield row
            if until(row):
                return


@contextmanager
def opened(gateway: Gateway) -> Iterator[Session]:
    """A session, once it is known who is logged in. Raises CannotTell when nobody answers, nobody is logged in, or something else answers."""
    with _told(gateway, "who it is"), connected(gateway.host, gateway.port, gateway.seconds, limit=4_000_000) as connection:
        session = Session(wire=connection, gateway=gateway)
        connection.send(wire.greeting())
        version, *_ = wire.fields(connection.exactly(wire.length(connection.exactly(4))))
        if not version.isdecimal():
            raise ValueError("it does not answer the handshake of the API")
        session.version = int(version)
        rows = session.ask(71, 2, gateway.client, "", until=lambda row: row[0] == "15", what="who is logged in")
        session.accounts = tuple(filter(None, rows[-1][2].split(",")))
        if not session.accounts:
            raise CannotTell(f"{gateway} names no account: nobody is logged in", "log in to TWS or Gateway")
        yield session


@contextmanager
def _told(gateway: Gateway, what: str) -> Iterator[None]:
    """What goes wrong with the connection, in words."""
    try:
        yield
    except (OSError, EOFError, ValueError, IndexError, ArithmeticError) as error:
        why = shown(str(error))[:160] or type(error).__name__
        raise CannotTell(f"TWS or Gateway at {gateway} did not tell {what}: {why}", _REACH) from None


def _number(text: str, what: str) -> Decimal:
    """The number. Raises ValueError for text that is none, and for the largest double, which stands for 'not known'."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{what} is {shown(text[:40])!r}, no number") from None
    if not found.is_finite() or abs(found) > Decimal("1e300"):
        raise ValueError(f"{what} is not known yet")
    return found
