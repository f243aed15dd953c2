"""Trades on a paper account and prints how each step ended as JSON: ``trade.py QUESTION``. Runs in the environment of ``tool.toml``.

QUESTION is JSON: ``{"host", "port", "client", "account", "symbol", "kind", "exchange", "currency", "quantity", "limit", "market", "seconds", "mark"}``.
It leaves before the first order when the account is not logged in, or is not one on paper.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

ALIVE = ("PreSubmitted", "Submitted", "Filled")
OVER = ("Cancelled", "ApiCancelled", "Inactive", "ValidationError")


class Desk:
    """A session that trades, with what it has done."""

    def __init__(self, asked: dict[str, Any]) -> None:
        from ib_async import IB, Contract

        self.asked, self.ib, self.steps = asked, IB(), list[dict[str, Any]]()
        self.contract = Contract(symbol=asked["symbol"], secType=asked["kind"], exchange=asked["exchange"], currency=asked["currency"])

    async def place(self, action: str, kind: str, price: float = 0.0) -> Any:
        """An order of the account, with the mark of this drill."""
        from ib_async import Order

        own = {"account": self.asked["account"], "orderRef": self.asked["mark"]}
        order = Order(action=action, orderType=kind, totalQuantity=self.asked["quantity"], tif="DAY", **own)
        if kind == "LMT":
            order.lmtPrice = price
        return self.ib.placeOrder(self.contract, order)

    async def step(self, name: str, trade: Any, holds: Callable[[], bool]) -> bool:
        """Waits until it holds; how long that took, and the last words about the order."""
        begin = time.monotonic()
        while not holds() and time.monotonic() < begin + self.asked["seconds"]:  # noqa: ASYNC110 - ib_async has no event for all of it
            await asyncio.sleep(0.02)
        words = next((entry.message for entry in reversed(trade.log) if entry.message), "")
        seconds = round(time.monotonic() - begin, 3)
        self.steps.append({"step": name, "held": holds(), "status": trade.orderStatus.status, "seconds": seconds, "words": words[:160]})
        return bool(holds())

    async def limit(self) -> None:
        """A limit order far from the market stands, and is taken back."""
        trade = await self.place("BUY", "LMT", self.asked["limit"])
        if await self.step("limit", trade, lambda: trade.orderStatus.status in ALIVE):
            self.ib.cancelOrder(trade.order)
            await self.step("cancel", trade, lambda: trade.orderStatus.status in OVER[:2])

    async def reject(self) -> None:
        """An order at a price between two ticks is refused, with the reason."""
        trade = await self.place("BUY", "LMT", self.asked["limit"] + 0.00012345)
        if not await self.step("reject", trade, lambda: trade.orderStatus.status in OVER and any(entry.errorCode for entry in trade.log)):
            self.ib.cancelOrder(trade.order)

    async def market(self, action: str) -> None:
        """A market order is filled; its executions add up, each told once and with its commission."""
        trade, wanted = await self.place(action, "MKT"), self.asked["quantity"]
        name = f"market {action.lower()}"
        if await self.step(name, trade, lambda: trade.orderStatus.status == "Filled"):
            await self.step(f"{name} executions", trade, lambda: abs(sum(fill.execution.shares for fill in trade.fills) - wanted) < 1e-9)
            await self.step(f"{name} commissions", trade, lambda: all(fill.commissionReport.execId for fill in trade.fills) and bool(trade.fills))
            self.steps[-1]["commission"] = sum(fill.commissionReport.commission for fill in trade.fills)
            self.steps[-1]["pieces"] = len(trade.fills)

    def left(self) -> int:
        """Orders of this drill that are still open."""
        return sum(trade.order.orderRef == self.asked["mark"] and not trade.isDone() for trade in self.ib.openTrades())


async def traded(asked: dict[str, Any]) -> dict[str, Any]:
    """All steps. Whatever happens, no order of the drill is left."""
    desk = Desk(asked)
    try:
        await desk.ib.connectAsync(asked["host"], asked["port"], clientId=asked["client"], timeout=20)
        accounts = desk.ib.managedAccounts()
        if asked["account"] not in accounts or not asked["account"].startswith("D"):
            return {"failed": "the account is not logged in there, or is not one on paper"}
        await desk.limit()
        await desk.reject()
        for action in ("BUY", "SELL") if asked["market"] else ():
            await desk.market(action)
        for trade in desk.ib.openTrades():
            if trade.order.orderRef == asked["mark"]:
                desk.ib.cancelOrder(trade.order)
                await asyncio.sleep(0.5)
        return {"steps": desk.steps, "left": desk.left()}
    except (OSError, TimeoutError, ValueError) as error:
        return {"failed": f"{type(error).__name__}: {error}"[:200], "steps": desk.steps}
    finally:
        desk.ib.disconnect()


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        import ib_async

        sys.stdout.write(f"ib-async {ib_async.__version__}\n")
    else:
        sys.stdout.write(json.dumps(asyncio.run(traded(json.loads(sys.argv[1])))))
