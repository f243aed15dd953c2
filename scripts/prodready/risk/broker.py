"""A broker on paper: it keeps the positions that count, whatever the engine believes, and fills an order only in part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from msgspec import Struct

from prodready.risk.protocol import Order


class Fill(Struct, frozen=True, kw_only=True):
    """What became of an order; the rest of it is cancelled."""

    order: Order
    quantity: Decimal
    price: Decimal


@dataclass(slots=True, kw_only=True)
class Broker:
    """One account."""

    cash: Decimal
    share: Decimal
    """The part of an order that is filled at once: in a crash there is no more on the other side."""
    positions: dict[str, Decimal] = field(default_factory=dict)

    def execute(self, orders: Iterable[Order], prices: Mapping[str, Decimal]) -> tuple[Fill, ...]:
        """Fills what can be filled at these prices. An order for a symbol that does not trade fills nothing."""
        return tuple(self._fill(order, prices.get(order.symbol)) for order in orders)

    def equity(self, prices: Mapping[str, Decimal]) -> Decimal:
        """Cash and positions, marked to these prices."""
        return self.cash + sum((quantity * prices[symbol] for symbol, quantity in self.positions.items() if quantity), Decimal(0))

    @property
    def held(self) -> dict[str, Decimal]:
        """Every position that is not 0."""
        return {symbol: quantity for symbol, quantity in self.positions.items() if quantity}

    def _fill(self, order: Order, price: Decimal | None) -> Fill:
        if price is None or (order.limit is not None and (order.limit - price) * order.sign < 0):
            return Fill(order=order, quantity=Decimal(0), price=price or Decimal(0))
        unit = Decimal(1).scaleb(min(0, int(order.quantity.normalize().as_tuple().exponent)))  # nobody fills half a share
        quantity = min(order.quantity, (order.quantity * self.share).quantize(unit, rounding=ROUND_UP))
        self.positions[order.symbol] = self.positions.get(order.symbol, Decimal(0)) + quantity * order.sign
        self.cash -= quantity * order.sign * price
        return Fill(order=order, quantity=quantity, price=price)
