"""What is traded: orders, fills and quotes. Prices and quantities are Decimal; money is never a float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum


class Side(Enum):
    """Which way an order goes; the value is the sign of the position it makes."""

    BUY = 1
    SELL = -1


@dataclass(frozen=True)
class Quote:
    """Best bid and offer of one symbol at one moment."""

    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        """Half way between bid and offer."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True)
class Order:
    """A limit order as the strategy wants it."""

    client_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit: Decimal

    def __post_init__(self) -> None:
        if not self.client_id:
            raise ValueError("an order needs a client id: it is what makes sending it twice harmless")
        if self.quantity <= 0 or self.limit <= 0:
            raise ValueError(f"quantity and limit must be above zero, got {self.quantity} at {self.limit}")

    @property
    def notional(self) -> Decimal:
        """The most this order can cost, in account currency."""
        return self.quantity * self.limit


@dataclass(frozen=True)
class Fill:
    """What the venue did with an order: all of it, a part, or (quantity 0) nothing."""

    order: Order
    quantity: Decimal
    price: Decimal
    fee: Decimal = Decimal(0)

    @property
    def signed(self) -> Decimal:
        """Quantity with the sign of the side."""
        return self.quantity * self.order.side.value
