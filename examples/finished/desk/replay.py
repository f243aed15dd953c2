"""Replays a recorded day through the gateway: the same code path as live trading, against the paper venue."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from desk.gateway import Gateway, TooFast
from desk.limits import Refused
from desk.marketdata import Stale
from desk.orders import Order, Side


@dataclass(frozen=True)
class Summary:
    """What a replayed day came to."""

    quotes: int
    fills: int
    refused: int
    equity: Decimal


def lines(path: Path) -> Iterator[str]:
    """The lines of a recording, packed or not."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as packed:
            yield from packed
    else:
        with path.open(encoding="utf-8") as file:
            yield from file


def scenario(path: Path) -> list[dict[str, str]]:
    """The orders of a scenario file, in the order they are sent."""
    import yaml

    with path.open(encoding="utf-8") as file:
        return list(yaml.safe_load(file)["orders"])


def run(gateway: Gateway, recording: Path, orders: list[dict[str, str]]) -> Summary:
    """Sends each order after the quote it names, and sums up the day."""
    due = {int(row["after"]): row for row in orders}
    quotes = fills = refused = 0
    for quote in gateway.data.read(lines(recording)):
        quotes += 1
        gateway.now = lambda at=quote.at: at  # type: ignore[misc]
        if quotes not in due:
            continue
        try:
            fills += bool(gateway.submit(_order(due[quotes], quotes)).quantity)
        except (Refused, Stale, TooFast):
            refused += 1
    return Summary(quotes, fills, refused, gateway.book.equity(gateway.data.marks(gateway.now())))


def _order(row: dict[str, str], number: int) -> Order:
    return Order(f"replay-{number}", row["symbol"], Side[row["side"]], Decimal(row["quantity"]), Decimal(row["limit"]))
