"""Trade on a paper account as the desk would: an order stands, is taken back, is refused, is filled, and nothing is left.

The account must be named, and be one on paper (it begins with D); it is looked at twice, before anything is sent. A limit order far from the market must
stand and be cancelled; one at a price between two ticks must be refused with a reason; with ``market``, one is bought at the market and sold again: its
executions must add up, in however many pieces, each told once and with its commission. What the drill leaves open is cancelled, and found.

A file that uses it:

    drill: ibkr_orders
    title: Orders are placed, cancelled, refused and filled on paper
    params: {target: "ibkr://127.0.0.1:4002", account: DU1234567, symbol: SPY, limit: 1.0}
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Ended
from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.ibkr.address import gateway, masked
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown

FIXES = {
    "limit": "look at the log of Gateway: is the API read-only, is the contract right?",
    "cancel": "an order that cannot be taken back is a position: look at the session's client id",
    "reject": "an order that must be refused was not: look at the price of 'limit', which must be on a tick",
}


class Params(Struct, frozen=True, kw_only=True):
    """Which account, and what is traded."""

    account: str
    """The account on paper; naming it is the permission to trade there."""
    target: str = "ibkr"
    """A name under ``targets:``, or ``ibkr://host:port?client=777``."""
    symbol: str = "SPY"
    """What is traded: something liquid."""
    kind: str = "STK"
    """STK, CASH, FUT, …"""
    exchange: str = "SMART"
    """Where."""
    currency: str = "USD"
    """In what."""
    quantity: float = 1.0
    """How much of it, at most 100."""
    limit: float = 1.0
    """A price, on a tick and far below the market."""
    market: bool = True
    """Whether one is also bought at the market and sold again; leave it out outside of session hours."""
    seconds: float = 20.0
    """How long one step may take."""

    def __post_init__(self) -> None:
        if not self.account.startswith("D"):
            raise ValueError("orders are placed on an account on paper only: its number begins with D")
        if not 0 < self.quantity <= 100 or self.limit <= 0 or not 1 <= self.seconds <= 120:
            raise ValueError("quantity is up to 100, limit a price, seconds from 1 to 120")


def perform(ground: Ground, params: Params) -> Drilled:
    """Trades, and leaves nothing. Raises CannotTell, ProdreadyError."""
    found = gateway(ground.world, params.target)
    ground.disturb(f"place orders of {params.quantity:g} {params.symbol} on the account {masked(params.account)}", at=found.host)
    question = {
        "host": found.host, "port": found.port, "client": found.client, "account": params.account, "symbol": params.symbol, "kind": params.kind,
        "exchange": params.exchange, "currency": params.currency, "quantity": params.quantity, "limit": params.limit, "market": params.market,
        "seconds": params.seconds, "mark": f"prodready-{uuid.uuid4().hex[:12]}",
    }  # fmt: skip
    ended = ground.world.run.tool("ib-async", json.dumps(question), deadline=12 * params.seconds + 30)
    told: Mapping[str, Any] = _told(ended.stdout) if ended.ended is Ended.EXITED and ended.code == 0 else {"failed": f"the client {ended.ended.value}"}
    if "failed" in told:
        raise CannotTell(f"nothing was traded to its end at {found}: {shown(str(told['failed']))}", "see that Gateway runs, and its API is not read-only")
    for step in told["steps"]:
        ground.journal.note("observe", f"{step['step']}: {shown(str(step['status']))} after {step['seconds']} s")
    source = f"{counted(len(told['steps']), 'step')} on the account {masked(params.account)}"
    evidence = Evidence(source=source, tool=ended.program, collected=ground.journal.begun)
    seen = Found(examined=len(told["steps"]), findings=tuple(_wrong(told)), evidence=evidence)
    return Drilled(seen=seen, facts={"steps": told["steps"]})


def _told(output: bytes) -> dict[str, Any]:
    try:
        told = json.loads(output)
        if isinstance(told, dict) and ("failed" in told or ({"steps", "left"} <= told.keys() and told["steps"])):
            return told
    except ValueError:
        pass
    return {"failed": "the client printed no account of it"}


def _wrong(told: Mapping[str, Any]) -> Iterator[Finding]:
    for step in told["steps"]:
        if not step["held"]:
            name = str(step["step"])
            message = f"{name}: the order is {shown(str(step['status']))} after {step['seconds']} s {shown(str(step['words']))}".rstrip()
            fix = FIXES.get(name, "look at its executions in the log of Gateway")
            yield Finding(rule=f"order-{name.replace(' ', '-')}", message=message, severity=Severity.HIGH, fix=fix, anchor=name)
    if told["left"]:
        message = f"{counted(told['left'], 'order')} of the drill could not be taken back"
        yield Finding(rule="order-left", message=message, severity=Severity.CRITICAL, fix="cancel them in TWS now", anchor="left")


DRILL = Drill(params=Params, perform=perform, expect="no findings")
