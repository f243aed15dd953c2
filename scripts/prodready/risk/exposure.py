"""Orders just inside and just beyond each exposure limit of each regime: the first must be let through, the second refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from prodready.model import Finding, Severity
from prodready.risk.protocol import Engine, Order, accepted, reply
from prodready.risk.result import Result

CAPITAL = Decimal(1_000_000)
PRICE = Decimal(100)
EDGE = Decimal("0.001")
"""How far inside and beyond: a thousandth of the account."""
KINDS = ("box", "gross", "net")


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of one regime, as multiples of equity."""

    box: Decimal
    """One symbol."""
    gross: Decimal
    """All positions without their sign."""
    net: Decimal
    """All positions with their sign."""


class Probe(Struct, frozen=True, kw_only=True):
    """An account, and an order that brings one figure to a value."""

    regime: str
    kind: str
    value: Decimal
    """What the figure would be after the order."""
    limit: Decimal
    positions: Mapping[str, Decimal]
    """Before it, in units at a price of 100."""
    order: Order

    @property
    def inside(self) -> bool:
        """Whether the order must be let through."""
        return self.value < self.limit


def probes(regimes: Mapping[str, Limits]) -> Iterator[Probe]:
    """Two for each kind of limit and regime. Only the limit that is probed is near: the others leave room."""
    for regime, limits in regimes.items():
        for kind in KINDS:
            for edge in (-EDGE, EDGE):
                yield _probe(regime, kind, limits, getattr(limits, kind) + edge)


def _probe(regime: str, kind: str, limits: Limits, value: Decimal) -> Probe:
    size = min(limits.box, limits.net) / 2
    alternate = kind == "gross"
    held: dict[str, Decimal] = {}
    total = Decimal(0)
    while kind != "box" and total + size < value:
        held[f"S{len(held):02}"] = size * (-1 if alternate and len(held) % 2 else 1)
        total += size
    last = value - total
    sell = alternate and len(held) % 2 == 1
    order = Order(id="probe", symbol=f"S{len(held):02}", side="sell" if sell else "buy", quantity=_units(last), limit=PRICE)
    positions = {symbol: _units(share) for symbol, share in held.items()}
    return Probe(regime=regime, kind=kind, value=value, limit=getattr(limits, kind), positions=positions, order=order)


def _units(share: Decimal) -> Decimal:
    return (share * CAPITAL / PRICE).quantize(Decimal("0.01"))


def held_to(engine: Engine, regimes: Mapping[str, Limits]) -> Result:
    """Sends every order. Raises CannotTell."""
    given = tuple(probes(regimes))
    told = {"exposure": {name: {kind: str(getattr(limits, kind)) for kind in KINDS} for name, limits in regimes.items()}}
    passed = [let_through(engine, probe, told) for probe in given]
    wrong = tuple(finding for probe, through in zip(given, passed, strict=True) for finding in judged(probe, through))
    facts = [
        {"regime": probe.regime, "limit": f"{probe.kind} {probe.limit}", "after": str(probe.value), "let_through": through}
        for probe, through in zip(given, passed, strict=True)
    ]
    return Result(examined=len(given), source=f"{len(given)} orders around the limits of {', '.join(regimes)}", findings=wrong, facts={"orders": facts})


def let_through(engine: Engine, probe: Probe, told: Mapping[str, Any]) -> bool:
    """Whether the engine lets the order through, in an account and market of its own. Raises CannotTell."""
    engine.fresh()
    symbols = [*probe.positions, probe.order.symbol]
    prices = {symbol: str(PRICE) for symbol in symbols}
    invested = sum((quantity * PRICE for quantity in probe.positions.values()), Decimal(0))
    account = {"capital": str(CAPITAL), "cash": str(CAPITAL - invested), "positions": {symbol: str(held) for symbol, held in probe.positions.items()}}
    past = {"times": ["2024-01-01"], "prices": {symbol: [price] for symbol, price in prices.items()}}
    about = {"scenario": f"{probe.kind} in {probe.regime}", "resumed": False, "limits": dict(told), "regime": probe.regime}
    start = {"type": "start", "protocol": 1, **about, **account, "history": past}
    reply(engine.ask(start))
    reply(engine.ask({"type": "mark", "time": "2024-01-02", "prices": prices, "equity": str(CAPITAL), "positions": start["positions"], "regime": probe.regime}))
    return accepted(engine.ask({"type": "order", "time": "2024-01-02", "order": probe.order.message(), "regime": probe.regime}))


def judged(probe: Probe, passed: bool) -> Iterator[Finding]:
    """A finding where the engine did not do what the limit says."""
    if passed is probe.inside:
        return
    what = f"{probe.kind} {probe.value} of equity in regime {probe.regime}, the limit is {probe.limit}"
    if passed:
        message = f"let an order through that makes {what}"
        yield _finding(
            "limit-not-enforced", Severity.CRITICAL, probe, message, "compare the figure after the order, not before it, with the limit of the regime"
        )
    else:
        message = f"refused an order that makes {what}"
        yield _finding(
            "limit-too-tight", Severity.MEDIUM, probe, message, "look whether the limit is configured as the policy states it, and of which regime it is"
        )


def _finding(rule: str, severity: Severity, probe: Probe, message: str, fix: str) -> Finding:
    return Finding(rule=rule, message=f"the engine {message}", severity=severity, fix=fix, anchor=f"{rule} {probe.regime} {probe.kind}")
