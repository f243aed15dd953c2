"""The engine itself. It is asked message by message; once it has stopped, it stays so until the risk officer takes its file of state away."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from risk import figures

EXPOSURE = Path(__file__).parent.parent / "config" / "exposure.toml"
STATE = Path(os.environ.get("PRODREADY_STATE", ".")) / "stopped.txt"
"""What a restart must not forget."""


class Sentinel:
    """One account."""

    def __init__(self) -> None:
        self.stopped = STATE.read_text("utf-8") if STATE.exists() else ""
        self.exposure = {name: {kind: Decimal(limit) for kind, limit in table.items()} for name, table in tomllib.loads(EXPOSURE.read_text("utf-8")).items()}
        self.number = 0

    def start(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """An account with its history. What was stopped before a restart stays stopped."""
        self.capital, self.cash = Decimal(message["capital"]), Decimal(message["cash"])
        self.positions = _decimals(message["positions"])
        self.limits, self.regime = message["limits"], message.get("regime", "")
        self.prices = {symbol: [float(price) for price in prices] for symbol, prices in message["history"]["prices"].items()}
        self.equity = [
            float(self.cash) + sum(float(self.positions.get(symbol, 0)) * prices[at] for symbol, prices in self.prices.items()) for at in range(self._known())
        ]
        self.marks = {symbol: Decimal(prices[-1]) for symbol, prices in message["history"]["prices"].items()}
        return self._answer()

    def mark(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """New prices: every limit is looked at before anything else is done."""
        self.marks = _decimals(message["prices"])
        for symbol, price in self.marks.items():
            self.prices.setdefault(symbol, []).append(float(price))
        self.equity.append(float(self._worth()))
        var, shortfall = self._losses()
        reason = next(self._passed(var), "")
        if reason and not self.stopped:
            self._stop(reason)
            return {**self._answer(self._closing()), "var": var, "es": shortfall}
        return {**self._answer(), "var": var, "es": shortfall}

    def fills(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What became of the orders that were sent."""
        self._book(message["fills"])
        return self._answer()

    def order(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Whether the strategy may send this."""
        order = message["order"]
        sign = 1 if order["side"] == "buy" else -1
        wanted = {**self.positions, order["symbol"]: self.positions.get(order["symbol"], Decimal(0)) + sign * Decimal(order["quantity"])}
        reason = self.stopped or next(self._over(wanted, order["symbol"]), "")
        return {"accept": not reason, "reason": reason}

    def covariance(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The covariance of returns."""
        return {"covariance": figures.covariance(message["returns"])}

    def _passed(self, var: float) -> Iterator[str]:
        limits, worth = self.limits, self.equity[-1]
        profit, fallen = round(worth / float(self.capital) - 1, 9), round(1 - worth / max(self.equity), 9)
        if "var" in limits and var > limits["var"]["limit"]:
            yield f"value at risk {var:.4f}"
        if "pnl" in limits and _past(-profit, -limits["pnl"]["limit"], limits["pnl"]["inclusive"]):
            yield f"profit and loss {profit:.4f}"
        if "drawdown" in limits and _past(fallen, limits["drawdown"]["limit"], limits["drawdown"]["inclusive"]):
            yield f"drawdown {fallen:.4f}"
        if "psr" in limits:
            changes = [after / before - 1 for before, after in zip(self.equity, self.equity[1:])][-limits["psr"]["window"] :]
            if figures.psr(changes) < limits["psr"]["limit"]:
                yield f"PSR {figures.psr(changes):.4f}"

    def _over(self, wanted: Mapping[str, Decimal], symbol: str) -> Iterator[str]:
        worth = {name: quantity * self.marks.get(name, Decimal(0)) / self._worth() for name, quantity in wanted.items()}
        reached = {"box": abs(worth[symbol]), "gross": sum(map(abs, worth.values()), Decimal(0)), "net": abs(sum(worth.values(), Decimal(0)))}
        limits = self.exposure[self.regime or self._regime()]
        yield from (f"{kind} {value:.4f} is over {limits[kind]}" for kind, value in reached.items() if value > limits[kind])

    def _losses(self) -> tuple[float, float]:
        """Value at risk and expected shortfall of what is held, by what the market did before."""
        limit = self.limits.get("var", {"window": 250, "confidence": 0.99})
        worth, days = float(self._worth()), min(limit["window"], self._known() - 1)
        shares = {symbol: float(quantity * self.marks[symbol]) / worth for symbol, quantity in self.positions.items()}
        past = [sum(share * (self.prices[symbol][at] / self.prices[symbol][at - 1] - 1) for symbol, share in shares.items()) for at in range(-days, 0)]
        return (figures.historical_var(past, limit["confidence"]), figures.expected_shortfall(past, limit["confidence"])) if past else (0.0, 0.0)

    def _regime(self) -> str:
        levels = next(iter(self.prices.values()))[-21:]
        return figures.regime([after / before - 1 for before, after in zip(levels, levels[1:])])

    def _stop(self, reason: str) -> None:
        self.stopped = reason
        STATE.write_text(reason, "utf-8")

    def _closing(self) -> list[dict[str, str]]:
        """The orders that sell, or buy back, all that is held."""
        orders = []
        for symbol, quantity in sorted(self.positions.items()):
            if quantity:
                self.number += 1
                orders.append({"id": f"close-{self.number}", "symbol": symbol, "side": "sell" if quantity > 0 else "buy", "quantity": str(abs(quantity))})
        return orders

    def _book(self, fills: Iterable[Mapping[str, str]]) -> None:
        for fill in fills:
            change = Decimal(fill["filled"]) * (1 if fill["side"] == "buy" else -1)
            self.positions[fill["symbol"]] = self.positions.get(fill["symbol"], Decimal(0)) + change
            self.cash -= change * Decimal(fill["price"])

    def _worth(self) -> Decimal:
        return self.cash + sum(quantity * self.marks[symbol] for symbol, quantity in self.positions.items())

    def _known(self) -> int:
        return min(map(len, self.prices.values()))

    def _answer(self, orders: list[dict[str, str]] | None = None) -> dict[str, Any]:
        held = {symbol: str(quantity) for symbol, quantity in self.positions.items()}
        return {"halted": bool(self.stopped), "reason": self.stopped, "orders": orders or [], "positions": held, "regime": self.regime or self._regime()}


def _past(value: float, limit: float, inclusive: bool) -> bool:
    return value > limit or (inclusive and value == limit)


def _decimals(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in texts.items()}
