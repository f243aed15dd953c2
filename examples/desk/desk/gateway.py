"""The order gateway: one way in for every order. Risk first, then the venue, then the book."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from desk.book import Book
from desk.limits import Refused, RiskDesk
from desk.marketdata import Reader, Stale
from desk.orders import Fill, Order
from desk.venue import Venue


class TooFast(Exception):
    """More orders a second than the venue allows; try again shortly."""


@dataclass
class Bucket:
    """A token bucket: ``rate`` orders a second on average, ``burst`` at once."""

    rate: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._last = float(self.burst), self.clock()

    def take(self) -> None:
        """Takes one token. Raises TooFast when none is left."""
        now = self.clock()
        self._tokens = min(self.burst, self._tokens + (now - self._last) * self.rate)
        self._last = now
        if self._tokens < 1:
            raise TooFast(f"over {self.rate:g} orders a second")
        self._tokens -= 1


@dataclass
class Gateway:
    """Takes orders, refuses the bad ones, sends the good ones once."""

    risk: RiskDesk
    book: Book
    data: Reader
    venue: Venue
    bucket: Bucket
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    fills: dict[str, Fill] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def submit(self, order: Order) -> Fill:
        """Sends the order, or returns the fill of the same client id. Raises Refused, Stale or TooFast."""
        if order.client_id in self.fills:
            self.counts["repeated"] += 1
            return self.fills[order.client_id]
        try:
            self._admit(order)
        except (Refused, Stale, TooFast) as error:
            self.counts[type(error).__name__.lower()] += 1
            raise
        return self._send(order)

    def flatten(self) -> list[Order]:
        """The orders that would close every position at the touch; sending them is the operator's decision."""
        from desk.orders import Side

        orders = []
        for symbol, position in sorted(self.book.positions.items()):
            if position.quantity and symbol in self.data.newest:
                quote, side = self.data.newest[symbol], Side.SELL if position.quantity > 0 else Side.BUY
                orders.append(Order(f"flat-{symbol}", symbol, side, abs(position.quantity), quote.bid if side is Side.SELL else quote.ask))
        return orders

    def drawdown(self) -> Decimal:
        """The current drawdown, as a fraction."""
        return self.book.drawdown(self.data.marks(self.now()))

    def _admit(self, order: Order) -> None:
        now = self.now()
        self.data.mark(order.symbol, now)
        self.risk.check(order, self.book, self.data.marks(now))
        self.bucket.take()

    def _send(self, order: Order) -> Fill:
        fill = self.venue.send(order, self.data.newest[order.symbol])
        self.fills[order.client_id] = fill
        self.book.apply(fill)
        self.counts["filled" if fill.quantity else "unfilled"] += 1
        return fill
