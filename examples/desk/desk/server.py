"""HTTP: POST /orders, GET /healthz and GET /metrics (Prometheus text)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from desk.gateway import Gateway, TooFast
from desk.limits import Refused
from desk.marketdata import Stale
from desk.orders import Order, Side
from desk.timing import Histogram

HOST = "0.0.0.0"
MAX_BODY = 64 * 1024


def metrics(gateway: Gateway) -> str:
    """Everything worth an alert, in Prometheus text format."""
    lines = ["# TYPE desk_orders_total counter"]
    lines += [f'desk_orders_total{{outcome="{outcome}"}} {count}' for outcome, count in sorted(gateway.counts.items())]
    lines += ["# TYPE desk_quotes_dropped_total counter"]
    lines += [f'desk_quotes_dropped_total{{reason="{reason}"}} {count}' for reason, count in sorted(gateway.data.dropped.items())]
    lines += ["# TYPE desk_drawdown gauge", f"desk_drawdown {gateway.drawdown():.6f}"]
    lines += ["# TYPE desk_killed gauge", f"desk_killed {int(bool(gateway.risk.killed))}"]
    failed, asked = gateway.counts["stale"] + gateway.counts["toofast"], sum(gateway.counts.values())
    gauges = {"pnl_cumulative": gateway.book.realised, "max_drawdown_current": gateway.drawdown(), "error_rate": failed / asked if asked else 0}
    for name, value in gauges.items():
        lines += [f"# TYPE {name} gauge", f"{name} {value:.6f}"]
    return "\n".join(lines) + "\n"


def order_from(body: bytes) -> Order:
    """The order in a JSON body. Raises ValueError when it is none."""
    try:
        row = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        return Order(str(row["id"]), str(row["symbol"]), Side[row["side"]], Decimal(row["qty"]), Decimal(row["px"]))
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"not an order: {error!r}") from None


def serve(gateway: Gateway, port: int) -> ThreadingHTTPServer:
    """A server, bound and ready; the caller runs it."""
    lock = Lock()
    answers = Histogram("http_request_duration_seconds", (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1))
    orders = Histogram("intent_to_ack_latency_ms", (1, 2, 5, 10, 20, 50, 100, 500), per_second=1000)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with answers.timed():
                self.told()

        def told(self) -> None:
            if self.path == "/healthz":
                self.answer(503 if gateway.risk.killed else 200, gateway.risk.killed or "ok")
            elif self.path == "/metrics":
                with lock:
                    rate = ["# TYPE throughput_msg_per_sec gauge", f"throughput_msg_per_sec {orders.rate():.3f}"]
                    self.answer(200, metrics(gateway) + "\n".join([*answers.lines(), *orders.lines(), *rate]) + "\n")
            else:
                self.answer(404, "no such page")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/orders" or not 0 < length <= MAX_BODY:
                return self.answer(400, "post one order to /orders")
            with answers.timed(), orders.timed():
                self.answer(*self.submit(self.rfile.read(length)))

        def submit(self, body: bytes) -> tuple[int, str]:
            try:
                with lock:
                    fill = gateway.submit(order_from(body))
            except ValueError as error:
                return 400, str(error)
            except (Refused, Stale) as error:
                return 422, str(error)
            except TooFast as error:
                return 429, str(error)
            return 200, json.dumps({"qty": str(fill.quantity), "px": str(fill.price), "fee": str(fill.fee)})

        def answer(self, status: int, text: str) -> None:
            payload = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Orders are counted, not logged: a log line per order would hold the strategy."""

    return ThreadingHTTPServer((HOST, port), Handler)
