"""The desk's own tests: ``python3 -m unittest`` in this folder; standard library only."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import tempfile
import threading
import unittest
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from desk import replay
from desk.__main__ import main
from desk.book import Book
from desk.gateway import Bucket, Gateway, TooFast
from desk.limits import Limits, Refused, RiskDesk
from desk.marketdata import Reader, Stale
from desk.orders import Fill, Order, Side
from desk.server import serve
from desk.venue import PaperVenue

ROOT = Path(__file__).parent.parent
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits(max_order=Decimal(50_000), max_gross=Decimal(80_000), max_drawdown=Decimal("0.10"), max_deviation=Decimal("0.02"))


def quote(bid: str, ask: str, seconds: int = 0) -> str:
    return json.dumps({"symbol": "BTC", "bid": bid, "ask": ask, "at": (NOON + timedelta(seconds=seconds)).isoformat()})


def order(name: str = "a", side: Side = Side.BUY, quantity: str = "1", limit: str = "101") -> Order:
    return Order(name, "BTC", side, Decimal(quantity), Decimal(limit))


def gateway(*lines: str, cash: str = "100000") -> Gateway:
    reader = Reader()
    list(reader.read(lines or (quote("100", "101"),)))
    return Gateway(RiskDesk(LIMITS), Book(cash=Decimal(cash)), reader, PaperVenue(), Bucket(10, 3, clock=lambda: 0.0), now=lambda: NOON)


class Positions(unittest.TestCase):
    def filled(self, side: Side, quantity: str, price: str) -> Fill:
        return Fill(order(side=side, quantity=quantity, limit=price), Decimal(quantity), Decimal(price))

    def test_closing_half_realises_half_the_profit(self) -> None:
        book = Book(cash=Decimal(1000))
        book.apply(self.filled(Side.BUY, "2", "100"))
        book.apply(self.filled(Side.SELL, "1", "110"))
        self.assertEqual((Decimal(10), Decimal(1)), (book.realised, book.positions["BTC"].quantity))

    def test_selling_through_zero_opens_a_short_at_the_new_price(self) -> None:
        book = Book(cash=Decimal(1000))
        book.apply(self.filled(Side.BUY, "1", "100"))
        book.apply(self.filled(Side.SELL, "3", "90"))
        position = book.positions["BTC"]
        self.assertEqual((Decimal(-10), Decimal(-2), Decimal(90)), (book.realised, position.quantity, position.average))

    def test_drawdown_is_measured_from_the_peak(self) -> None:
        book = Book(cash=Decimal(1000))
        book.apply(self.filled(Side.BUY, "10", "100"))
        self.assertEqual(Decimal(0), book.drawdown({"BTC": Decimal(120)}))
        self.assertEqual(Decimal("0.5"), book.drawdown({"BTC": Decimal(60)}))


class RiskLimits(unittest.TestCase):
    def refused(self, wanted: Order, desk: Gateway | None = None) -> str:
        with self.assertRaises(Refused) as caught:
            (desk or gateway()).submit(wanted)
        return caught.exception.limit

    def test_an_order_over_the_order_limit_is_refused(self) -> None:
        self.assertEqual("max_order", self.refused(order(quantity="500")))

    def test_an_order_that_would_break_the_gross_limit_is_refused(self) -> None:
        desk = gateway()
        desk.submit(order("a", quantity="450", limit="101"))
        self.assertEqual("max_gross", self.refused(order("b", quantity="450"), desk))

    def test_a_price_far_from_the_market_is_refused(self) -> None:
        self.assertEqual("max_deviation", self.refused(order(limit="110")))

    def test_the_drawdown_limit_stops_trading_for_good(self) -> None:
        desk = gateway(cash="1000")
        desk.submit(order("a", quantity="50"))
        list(desk.data.read([quote("90", "91", 1)]))
        self.assertEqual("max_drawdown", self.refused(order("b", limit="90"), desk))
        list(desk.data.read([quote("100", "101", 2)]))
        self.assertEqual("max_drawdown", self.refused(order("c"), desk))

    def test_limits_wider_than_the_policy_are_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
            limits = Path(folder) / "limits.toml"
            limits.write_text("[limits]\nmax_order = 1\nmax_gross = 1\nmax_drawdown = 0.35\nmax_deviation = 0.03\n", "utf-8")
            code = main(["check-limits", str(limits)])
        self.assertEqual((1, "max_drawdown = 0.35 is over the policy's 0.10\n"), (code, printed.getvalue()))


class Data(unittest.TestCase):
    def test_bad_lines_are_counted_and_skipped(self) -> None:
        reader = Reader()
        kept = list(reader.read(["{", quote("101", "100"), quote("100", "101", 5), quote("100", "101", 1), "[]"]))
        self.assertEqual((1, {"malformed": 2, "crossed": 1, "out of order": 1}), (len(kept), dict(reader.dropped)))

    def test_an_old_quote_is_no_price(self) -> None:
        desk = gateway()
        desk.now = lambda: NOON + timedelta(seconds=6)
        with self.assertRaises(Stale):
            desk.submit(order())

    def test_a_recorded_day_replays_to_the_same_result(self) -> None:
        orders = [
            {"after": "1", "symbol": "BTC", "side": "BUY", "quantity": "2", "limit": "62010"},
            {"after": "4", "symbol": "BTC", "side": "BUY", "quantity": "9", "limit": "62020"},
        ]
        desk = gateway()
        desk.risk = RiskDesk(Limits(Decimal(200_000), Decimal(400_000), Decimal("0.10"), Decimal("0.02")))
        summary = replay.run(desk, ROOT / "data" / "sample.jsonl", orders)
        self.assertEqual((6, 1, 1), (summary.quotes, summary.fills, summary.refused))


class Orders(unittest.TestCase):
    def test_the_same_client_id_is_sent_once(self) -> None:
        desk = gateway()
        first, second = desk.submit(order()), desk.submit(order())
        self.assertEqual((first, 1), (second, len(desk.venue.sent)))  # type: ignore[attr-defined]

    def test_a_burst_over_the_rate_is_refused_before_the_venue_sees_it(self) -> None:
        desk = gateway()
        for name in "abc":
            desk.submit(order(name))
        with self.assertRaises(TooFast):
            desk.submit(order("d"))

    def test_flatten_closes_every_position(self) -> None:
        desk = gateway()
        desk.submit(order(quantity="3"))
        self.assertEqual([(Side.SELL, Decimal(3))], [(each.side, each.quantity) for each in desk.flatten()])

    def test_an_order_without_a_client_id_is_no_order(self) -> None:
        with self.assertRaises(ValueError):
            order("")


class Http(unittest.TestCase):
    def setUp(self) -> None:
        self.gateway = gateway()
        self.server = serve(self.gateway, 0)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def ask(self, path: str, body: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_an_order_goes_in_and_its_fill_comes_out(self) -> None:
        status, text = self.ask("/orders", {"id": "h1", "symbol": "BTC", "side": "BUY", "qty": "2", "px": "101"})
        self.assertEqual((200, "2"), (status, json.loads(text)["qty"]))

    def test_a_refused_order_names_the_limit(self) -> None:
        status, text = self.ask("/orders", {"id": "h2", "symbol": "BTC", "side": "BUY", "qty": "999", "px": "101"})
        self.assertEqual((422, True), (status, text.startswith("max_order")))

    def test_metrics_count_what_happened(self) -> None:
        self.gateway.submit(order())
        self.assertIn('desk_orders_total{outcome="filled"} 1', self.ask("/metrics")[1])

    def test_health_turns_red_when_trading_was_stopped(self) -> None:
        self.assertEqual((200, "ok"), self.ask("/healthz"))
        self.gateway.risk.killed = "drawdown 0.12"
        self.assertEqual((503, "drawdown 0.12"), self.ask("/healthz"))


if __name__ == "__main__":
    unittest.main()
