"""Positions and profit: average price, realised and open profit, drawdown from the best equity seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from desk.orders import Fill

ZERO = Decimal(0)


@dataclass
class Position:
    """One symbol: signed quantity and the average price paid for it."""

    quantity: Decimal = ZERO
    average: Decimal = ZERO

    def apply(self, fill: Fill) -> Decimal:
        """Takes the fill in and returns the profit it realised."""
        change = fill.signed
        if self.quantity * change >= 0:
            self._extend(change, fill.price)
            return ZERO
        closed = min(abs(change), abs(self.quantity))
        direction = 1 if self.quantity > 0 else -1
        realised = (fill.price - self.average) * closed * direction
        self._reduce(change, fill.price)
        return realised

    def _extend(self, change: Decimal, price: Decimal) -> None:
        total = self.quantity + change
        self.average = (self.average * abs(self.quantity) + price * abs(change)) / abs(total) if total else ZERO
        self.quantity = total

    def _reduce(self, change: Decimal, price: Decimal) -> None:
        before, self.quantity = self.quantity, self.quantity + change
        if self.quantity == 0:
            self.average = ZERO
        elif before * self.quantity < 0:
            self.average = price


@dataclass
class Book:
    """All positions of the account, with the equity curve's peak for the drawdown."""

    cash: Decimal
    positions: dict[str, Position] = field(default_factory=dict)
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    peak: Decimal = ZERO

    def apply(self, fill: Fill) -> None:
        """Takes a fill into the book."""
        position = self.positions.setdefault(fill.order.symbol, Position())
        self.realised += position.apply(fill)
        self.fees += fill.fee

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Cash, realised and open profit at these prices. A position without a mark counts at its average price."""
        pairs = ((position, marks.get(symbol, position.average)) for symbol, position in self.positions.items())
        return self.cash + self.realised - self.fees + sum((p.quantity * (mark - p.average) for p, mark in pairs), ZERO)

    def drawdown(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Fraction lost since the best equity seen so far, between 0 and 1 for a solvent account."""
        equity = self.equity(marks)
        self.peak = max(self.peak, equity, self.cash)
        return (self.peak - equity) / self.peak if self.peak > 0 else ZERO

    def gross(self, marks: Mapping[str, Decimal]) -> Decimal:
        """The sum of all positions without their sign, in account currency."""
        return sum((abs(p.quantity) * marks.get(symbol, p.average) for symbol, p in self.positions.items()), ZERO)
