"""What the drill and a risk engine say to each other: one JSON object a message, one answer each. Money and quantities are decimals in strings.

The drill asks ``start`` (the account, the history, the limits that hold), ``mark`` (the prices of a session), ``fills`` (what became of the
engine's orders) and ``order`` (may the strategy send this?). The engine answers what it wants sold or bought, whether it has stopped trading, and,
where it has them, its own figures. ``docs/quant.md`` shows a whole conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Protocol

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.names import shown

Message = Mapping[str, Any]
MOST_ORDERS = 10_000


class Engine(Protocol):
    """A risk engine that can be asked."""

    def ask(self, message: Message) -> Message:
        """Its answer. Raises CannotTell when none came, or none that can be read."""

    def restart(self) -> bool:
        """Ends it and starts it again with what it kept; False where that is not in our hands."""

    def fresh(self) -> None:
        """The next question begins anew: what it kept is gone."""


class Order(Struct, frozen=True, kw_only=True):
    """What the engine wants done at the market, or at ``limit`` and better."""

    id: str
    symbol: str
    side: Literal["buy", "sell"]
    quantity: Decimal
    limit: Decimal | None = None

    @property
    def sign(self) -> int:
        """+1 to buy, -1 to sell."""
        return 1 if self.side == "buy" else -1

    def message(self) -> dict[str, str]:
        """As it is sent."""
        priced = {} if self.limit is None else {"limit": str(self.limit)}
        return {"id": self.id, "symbol": self.symbol, "side": self.side, "quantity": str(self.quantity), **priced}


class Reply(Struct, frozen=True, kw_only=True):
    """An answer to ``start``, ``mark`` or ``fills``."""

    halted: bool
    reason: str = ""
    orders: tuple[Order, ...] = ()
    open_orders: tuple[str, ...] = ()
    """Ids of what it still has in the market."""
    positions: Mapping[str, Decimal] | None = None
    """What it believes to hold; None where it does not say."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Its own ``var`` and ``es``, as shares of equity."""
    regime: str = ""


def reply(answer: Message) -> Reply:
    """The answer, typed. Raises CannotTell naming the key that is not understood."""
    halted = answer.get("halted")
    if not isinstance(halted, bool):
        raise CannotTell(f"the engine's answer says halted: {_words(halted)}", "answer halted: true or false to each start, mark and fills")
    orders = answer.get("orders") or []
    if not isinstance(orders, list) or len(orders) > MOST_ORDERS:
        raise CannotTell(f"the engine's orders are {_words(orders)}", "answer a list of {id, symbol, side, quantity}")
    held = answer.get("positions")
    return Reply(
        halted=halted, reason=_words(answer.get("reason", "")), orders=tuple(map(_order, orders)), regime=_words(answer.get("regime") or ""),
        open_orders=tuple(_words(one) for one in answer.get("open_orders") or ()), positions=None if held is None else _positions(held),
        figures={name: _share(name, answer[name]) for name in ("var", "es") if answer.get(name) is not None},
    )  # fmt: skip


def accepted(answer: Message) -> bool:
    """Whether the engine would let an order through. Raises CannotTell when it does not say."""
    accept = answer.get("accept")
    if not isinstance(accept, bool):
        raise CannotTell(f"the engine's answer to an order says accept: {_words(accept)}", "answer accept: true or false")
    return accept


def _order(given: Any) -> Order:
    if not isinstance(given, Mapping) or given.get("side") not in ("buy", "sell"):
        raise CannotTell(f"the engine's order {_words(given)} has no side", "write {id, symbol, side: buy or sell, quantity}")
    quantity = decimal("quantity", given.get("quantity"))
    if quantity <= 0:
        raise CannotTell(f"the engine's order has the quantity {quantity}", "a sale is told by its side; a quantity is above 0")
    limit = None if given.get("limit") is None else decimal("limit", given["limit"])
    return Order(id=_words(given.get("id", "")), symbol=_words(given.get("symbol", "")), side=given["side"], quantity=quantity, limit=limit)


def _positions(given: Any) -> dict[str, Decimal]:
    if not isinstance(given, Mapping):
        raise CannotTell(f"the engine's positions are {_words(given)}", "answer a mapping of symbol to quantity")
    return {_words(symbol): decimal("positions", quantity) for symbol, quantity in given.items()}


def decimal(name: str, given: Any) -> Decimal:
    """An exact number from a string or a JSON number. Raises CannotTell."""
    try:
        value = Decimal(str(given)) if isinstance(given, str | int | float) and not isinstance(given, bool) and len(str(given)) < 40 else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        raise CannotTell(f"the engine's {name} is {_words(given)}, no number", 'write a decimal number in a string: "12.5"')
    return value


def _share(name: str, given: Any) -> float:
    return float(decimal(name, given))


def _words(given: Any) -> str:
    return shown(str(given))[:120]
