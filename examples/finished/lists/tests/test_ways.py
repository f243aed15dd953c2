"""The ways of an order through the desk, and the relations and properties that hold whatever the prices are."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import random
import threading
import unittest
from decimal import Decimal

from desk.book import Book
from desk.limits import Refused
from desk.orders import Fill, Order, Side
from desk.server import serve
from desk.timing import Histogram
from tests.test_desk import gateway, order, quote


class EndToEnd(unittest.TestCase):
    """Six scenarios, each over HTTP into the book."""

    def setUp(self) -> None:
        self.desk = gateway()
        self.server = serve(self.desk, 0)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def ask(self, path: str, **body: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def send(self, name: str, side: str = "BUY", qty: str = "2", px: str = "101") -> tuple[int, str]:
        return self.ask("/orders", id=name, symbol="BTC", side=side, qty=qty, px=px)

    def test_e2e_an_order_becomes_a_position(self) -> None:
        self.send("a")
        self.assertEqual(Decimal(2), self.desk.book.positions["BTC"].quantity)

    def test_e2e_a_sale_closes_it(self) -> None:
        self.send("a")
        self.send("b", "SELL", px="100")
        self.assertEqual(Decimal(0), self.desk.book.positions["BTC"].quantity)

    def test_e2e_a_refused_order_leaves_no_trace_in_the_book(self) -> None:
        self.assertEqual((422, {}), (self.send("a", qty="999")[0], dict(self.desk.book.positions)))

    def test_e2e_a_repeated_order_is_filled_once(self) -> None:
        self.assertEqual(self.send("a"), self.send("a"))
        self.assertEqual(Decimal(2), self.desk.book.positions["BTC"].quantity)

    def test_e2e_an_order_away_from_the_price_is_not_filled(self) -> None:
        self.assertEqual("0", json.loads(self.send("a", px="100")[1])["qty"])

    def test_e2e_a_stop_is_seen_by_health_and_by_the_next_order(self) -> None:
        self.desk.risk.killed = "by hand"
        self.assertEqual((503, 422), (self.ask("/healthz")[0], self.send("a")[0]))

    def test_rate_limit_answers_429_over_http(self) -> None:
        self.assertEqual([200, 200, 200, 429], [self.send(name)[0] for name in "abcd"])

    def test_event_schema_every_answer_to_an_order_has_the_same_three_fields(self) -> None:
        self.assertEqual({"qty", "px", "fee"}, set(json.loads(self.send("a")[1])))

    def test_logging_nothing_of_an_order_is_written(self) -> None:
        written = io.StringIO()
        with contextlib.redirect_stderr(written):
            self.send("a")
        self.assertEqual("", written.getvalue())


def fills(seed: int) -> list[Fill]:
    """Some trades of one symbol, the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311
    rows = []
    for number in range(draw.randint(1, 30)):
        side, size, price = draw.choice(list(Side)), Decimal(draw.randint(1, 9)), Decimal(draw.randint(90, 110))
        rows.append(Fill(Order(str(number), "BTC", side, size, price), size, price, Decimal(0)))
    return rows


def booked(rows: list[Fill]) -> Book:
    """A book after these trades."""
    book = Book(cash=Decimal(10_000))
    for fill in rows:
        book.apply(fill)
    return book


class Metamorphic(unittest.TestCase):
    """What must hold between two runs, where nobody knows the right answer of one."""

    def changed(self, rows: list[Fill], size: int = 1, price: int = 1, turn: int = 1) -> list[Fill]:
        sides = {side: Side(side.value * turn) for side in Side}
        return [
            Fill(Order(one.order.client_id, "BTC", sides[one.order.side], one.quantity * size, one.price * price), one.quantity * size, one.price * price)
            for one in rows
        ]

    def test_metamorphic_twice_the_size_is_twice_the_profit(self) -> None:
        for seed in range(50):
            rows = fills(seed)
            self.assertAlmostEqual(booked(rows).realised * 2, booked(self.changed(rows, size=2)).realised, places=9)

    def test_metamorphic_three_times_the_price_is_three_times_the_profit(self) -> None:
        for seed in range(50):
            rows = fills(seed)
            self.assertAlmostEqual(booked(rows).realised * 3, booked(self.changed(rows, price=3)).realised, places=9)

    def test_metamorphic_the_other_side_of_every_trade_loses_what_this_one_gains(self) -> None:
        for seed in range(50):
            rows = fills(seed)
            self.assertAlmostEqual(booked(rows).realised, -booked(self.changed(rows, turn=-1)).realised, places=9)

    def test_metamorphic_the_order_of_two_equal_trades_does_not_matter(self) -> None:
        for seed in range(50):
            rows = fills(seed)
            twice = [one for one in rows for _ in range(2)]
            self.assertEqual(booked(twice).positions["BTC"].quantity, booked(rows + rows).positions["BTC"].quantity)


class Properties(unittest.TestCase):
    """For any trades."""

    def test_property_the_position_is_the_sum_of_the_fills(self) -> None:
        for seed in range(200):
            rows = fills(seed)
            self.assertEqual(sum(one.signed for one in rows), booked(rows).positions["BTC"].quantity)

    def test_property_drawdown_is_never_below_zero(self) -> None:
        for seed in range(200):
            self.assertGreaterEqual(booked(fills(seed)).drawdown({"BTC": Decimal(100)}), 0)

    def test_property_no_accepted_order_breaks_a_risk_limit(self) -> None:
        for seed in range(100):
            draw = random.Random(seed)  # noqa: S311
            desk = gateway()
            wanted = order(str(seed), quantity=str(draw.randint(1, 900)), limit=str(draw.randint(95, 107)))
            try:
                desk.submit(wanted)
            except Refused:
                continue
            self.assertLessEqual(wanted.notional, desk.risk.limits.max_order)

    def test_property_a_histogram_counts_everything_once_and_its_buckets_only_grow(self) -> None:
        counted = Histogram("took_ms", (0.001, 1, 100_000), per_second=1000)
        for _ in range(20):
            with counted.timed():
                pass
        self.assertEqual(20, counted.below[100_000])
        self.assertLessEqual(counted.below[0.001], counted.below[1])
        self.assertIn("took_ms_count 20", counted.lines())
        self.assertEqual(20, counted.rate())

    def test_normalised_quotes_are_decimals_in_the_order_of_time(self) -> None:
        desk = gateway()
        kept = list(desk.data.read([quote("100", "101", 5), quote("100", "101", 6)]))
        self.assertEqual([Decimal(100), Decimal(100)], [one.bid for one in kept])


if __name__ == "__main__":
    unittest.main()
