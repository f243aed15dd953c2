"""Market data: JSON lines in, clean quotes out. A bad line is counted and skipped; silence is an error, not a price."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from desk.orders import Quote


class Stale(Exception):
    """The newest quote is older than allowed: nothing may be traded on it."""


@dataclass
class Reader:
    """Keeps the newest quote of each symbol."""

    max_age: timedelta = timedelta(seconds=5)
    newest: dict[str, Quote] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    """How many lines were skipped, by reason."""

    def read(self, lines: Iterable[str]) -> Iterator[Quote]:
        """Yields each quote that can be traded on, in order."""
        for line in lines:
            quote = self._parse(line)
            if quote is not None and self._accept(quote):
                self.newest[quote.symbol] = quote
                yield quote

    def mark(self, symbol: str, now: datetime) -> Decimal:
        """The mid price. Raises Stale when there is none that is new enough."""
        quote = self.newest.get(symbol)
        if quote is None or now - quote.at > self.max_age:
            raise Stale(f"no quote of {symbol} within {self.max_age.total_seconds():g} s")
        return quote.mid

    def marks(self, now: datetime) -> dict[str, Decimal]:
        """The mid prices of every symbol with a new enough quote."""
        return {symbol: quote.mid for symbol, quote in self.newest.items() if now - quote.at <= self.max_age}

    def _parse(self, line: str) -> Quote | None:
        try:
            row = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            return Quote(str(row["symbol"]), Decimal(row["bid"]), Decimal(row["ask"]), datetime.fromisoformat(row["at"]))
        except (ValueError, KeyError, TypeError, InvalidOperation):
            self.dropped["malformed"] += 1
            return None

    def _accept(self, quote: Quote) -> bool:
        last = self.newest.get(quote.symbol)
        if not 0 < quote.bid < quote.ask:
            self.dropped["crossed"] += 1
        elif last is not None and quote.at < last.at:
            self.dropped["out of order"] += 1
        else:
            return True
        return False
