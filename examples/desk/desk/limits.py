"""Risk limits: what an order must not do. Every refusal names the limit and both numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

from desk.book import Book
from desk.orders import Order

CEILINGS = {"max_order": Decimal(250_000), "max_gross": Decimal(2_000_000), "max_drawdown": Decimal("0.10"), "max_deviation": Decimal("0.05")}
"""The most that the risk policy allows anybody to configure."""


class Refused(Exception):
    """The order breaks a limit and was not sent."""

    def __init__(self, limit: str, value: Decimal, bound: Decimal) -> None:
        super().__init__(f"{limit}: {value:.4f} is over {bound:.4f}")
        self.limit = limit


@dataclass(frozen=True)
class Limits:
    """The bounds of one account."""

    max_order: Decimal
    """Largest notional of one order, in account currency."""
    max_gross: Decimal
    """Largest sum of all positions, in account currency."""
    max_drawdown: Decimal
    """Loss from the peak, as a fraction, at which trading stops."""
    max_deviation: Decimal
    """Furthest distance of a limit price from the mid price, as a fraction."""

    @classmethod
    def read(cls, path: Path) -> Limits:
        """Reads the ``[limits]`` table. Raises ValueError for a missing, unknown or negative one."""
        with path.open("rb") as file:
            table = tomllib.load(file, parse_float=Decimal).get("limits", {})
        names = {field.name for field in fields(cls)}
        if set(table) != names:
            raise ValueError(f"{path}: [limits] needs exactly {', '.join(sorted(names))}; got {', '.join(sorted(table)) or 'nothing'}")
        values = {name: Decimal(table[name]) for name in names}
        if any(value <= 0 for value in values.values()):
            raise ValueError(f"{path}: a limit of zero or less would never trade; use the kill switch for that")
        return cls(**values)

    def beyond_policy(self) -> list[str]:
        """Which limits are wider than the risk policy allows."""
        return [f"{name} = {getattr(self, name)} is over the policy's {ceiling}" for name, ceiling in CEILINGS.items() if getattr(self, name) > ceiling]


@dataclass
class RiskDesk:
    """Decides about each order, and stops everything once the drawdown limit is hit."""

    limits: Limits
    killed: str = ""
    """Why trading was stopped; empty while it runs."""

    def check(self, order: Order, book: Book, marks: Mapping[str, Decimal]) -> None:
        """Raises Refused when the order breaks a limit; stops trading for good when the drawdown limit is reached."""
        drawdown = book.drawdown(marks)
        if drawdown >= self.limits.max_drawdown:
            self.killed = self.killed or f"drawdown {drawdown:.4f}"
        if self.killed:
            raise Refused("max_drawdown", drawdown, self.limits.max_drawdown)
        if order.symbol not in marks:
            raise Refused("max_deviation", Decimal("Infinity"), self.limits.max_deviation)
        self._bound("max_order", order.notional)
        self._bound("max_gross", book.gross(marks) + order.notional)
        self._bound("max_deviation", abs(order.limit / marks[order.symbol] - 1))

    def _bound(self, name: str, value: Decimal) -> None:
        bound = getattr(self.limits, name)
        if value > bound:
            raise Refused(name, value, bound)
