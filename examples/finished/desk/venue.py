"""Where orders go: a paper venue for tests and dry runs, and the live one over HTTPS."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from http.client import HTTPSConnection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlsplit

from desk.orders import Fill, Order, Quote, Side


class Venue(Protocol):
    """What the gateway needs of a venue."""

    def send(self, order: Order, quote: Quote) -> Fill:
        """Sends an order and returns what was filled at once."""


@dataclass
class PaperVenue:
    """Fills at the touch, up to a given depth, for a fee in basis points."""

    depth: Decimal = Decimal(1000)
    fee_bp: Decimal = Decimal(1)
    sent: list[Order] = field(default_factory=list)

    def send(self, order: Order, quote: Quote) -> Fill:
        """Fills what crosses the spread; the rest is cancelled (immediate or cancel)."""
        self.sent.append(order)
        price = quote.ask if order.side is Side.BUY else quote.bid
        crosses = order.limit >= price if order.side is Side.BUY else order.limit <= price
        quantity = min(order.quantity, self.depth) if crosses else Decimal(0)
        return Fill(order, quantity, price, quantity * price * self.fee_bp / 10_000)


@dataclass
class LiveVenue:
    """The exchange's REST interface."""

    url: str
    key: str = field(repr=False)
    seconds: float = 0.9

    def send(self, order: Order, quote: Quote) -> Fill:
        """Posts the order. Raises OSError when the venue does not answer in time."""
        body = json.dumps({"id": order.client_id, "symbol": order.symbol, "side": order.side.name, "qty": str(order.quantity), "px": str(order.limit)}).encode()
        where = urlsplit(self.url)
        connection = HTTPSConnection(where.hostname or "", where.port or 443, timeout=self.seconds, context=_trusted())
        try:
            connection.request("POST", f"{where.path}/orders", body=body, headers={"X-Sign": self.sign(body)})
            row = json.load(connection.getresponse(), parse_float=Decimal)
        finally:
            connection.close()
        return Fill(order, Decimal(row["qty"]), Decimal(row["px"]), Decimal(row["fee"]))

    def sign(self, body: bytes) -> str:
        """The signature the venue asks for."""
        return hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()


def _trusted() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
