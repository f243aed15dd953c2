"""What a replay must show: the engine stopped when it had to and not before, sold everything, and stays out. Each failure is a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from prodready.model import Finding, Severity
from prodready.risk.replay import Day


class Expected(Struct, frozen=True, kw_only=True):
    """When the engine must stop, as places among the days of the replay. None in both: never."""

    scenario: str
    why: str
    """What the market does that it must, or must not, stop for; in words."""
    earliest: int | None = None
    """The first day on which it may."""
    latest: int | None = None
    """The last day by which it must have stopped and sold everything."""
    liquidates: bool = True
    """Whether it must sell everything, or only stop trading."""


def findings(days: Sequence[Day], expected: Expected) -> Iterator[Finding]:
    """Everything that is wrong, in the order of time."""
    fired = next((at for at, day in enumerate(days) if day.reply.halted), None)
    yield from _timely(days, fired, expected)
    if fired is not None:
        yield from _out(days, fired, expected)
    yield from _books(days, expected)


def fired_on(days: Sequence[Day]) -> str:
    """The day on which the engine stopped; empty when it never did."""
    return next((day.time for day in days if day.reply.halted), "")


def _timely(days: Sequence[Day], fired: int | None, expected: Expected) -> Iterator[Finding]:
    if fired is None:
        if expected.latest is not None:
            message = f"never stopped trading, although {expected.why}"
            yield _finding("never-fired", Severity.CRITICAL, expected, message, "connect the limit to what stops trading, and test both together")
        return
    day = days[fired]
    said = f" ('{day.reply.reason}')" if day.reply.reason else ""
    if expected.earliest is None:
        yield _finding(
            "fired-when-calm",
            Severity.HIGH,
            expected,
            f"stopped trading on {day.time}{said}, although {expected.why}",
            "look at the limit and at how it is estimated",
        )
    elif fired < expected.earliest:
        message = f"stopped trading on {day.time}{said}, before {days[expected.earliest].time}: {expected.why}"
        yield _finding("fired-early", Severity.HIGH, expected, message, "a needless sale costs money: look at the limit and at how the figure is estimated")
    elif expected.latest is not None and fired > expected.latest:
        message = f"stopped trading on {day.time}{said}, after {days[expected.latest].time}: {expected.why}"
        yield _finding("fired-late", Severity.CRITICAL, expected, message, "evaluate the limit on the prices that just came, before anything else is done")


def _out(days: Sequence[Day], fired: int, expected: Expected) -> Iterator[Finding]:
    """After it stopped: flat on the day, flat ever after, no order let in, still stopped after a restart."""
    due = max(fired, expected.latest or fired)
    residual = days[due].held if due < len(days) else days[-1].held
    if expected.liquidates and residual:
        message = f"left {_positions(residual)} at the broker when it had stopped on {days[fired].time}"
        fix = "sell what the broker says is held until it says nothing is, not what one order was sent for: orders fill in part"
        yield _finding("residual-position", Severity.CRITICAL, expected, message, fix)
    later = days[due + 1 :]
    back = next((day for day in later if day.held and day.held != residual), None)
    if back is not None and expected.liquidates:
        yield _finding(
            "traded-on",
            Severity.CRITICAL,
            expected,
            f"held {_positions(back.held)} on {back.time}, after it had stopped on {days[fired].time}",
            "let nothing but the sale itself through once it has stopped",
        )
    let_in = next((day for day in days if day.let_in), None)
    if let_in is not None:
        yield _finding(
            "re-entry",
            Severity.CRITICAL,
            expected,
            f"let an order to buy through on {let_in.time}, after it had stopped on {days[fired].time}",
            "refuse every order until somebody with the right to do so resets the switch",
        )
    yield from _latched(days, fired, expected)
    left = next((day for day in days[due:] if day.reply.open_orders), None)
    if left is not None:
        yield _finding(
            "open-orders",
            Severity.HIGH,
            expected,
            f"has {len(left.reply.open_orders)} orders in the market on {left.time}, after it had stopped",
            "cancel open orders first, then sell",
        )


def _latched(days: Sequence[Day], fired: int, expected: Expected) -> Iterator[Finding]:
    """A switch that lets go: by itself, or because the engine was restarted."""
    restarted = next((day for day in days if day.kept is False), None)
    if restarted is not None:
        message = f"was restarted before {restarted.time} and no longer knew that it had stopped on {days[fired].time}"
        yield _finding("forgotten-in-restart", Severity.CRITICAL, expected, message, "keep that it has stopped on disk, and read it before the first order")
    loose = next((day for day in days[fired:] if not day.reply.halted), None)
    if loose is not None and restarted is None:
        message = f"trades again on {loose.time} by itself, after it had stopped on {days[fired].time}"
        yield _finding("not-latched", Severity.CRITICAL, expected, message, "keep it stopped until somebody with the right to do so resets it")


def _books(days: Sequence[Day], expected: Expected) -> Iterator[Finding]:
    """The engine's own book beside the broker's."""
    for day in days:
        mine = None if day.reply.positions is None else {symbol: quantity for symbol, quantity in day.reply.positions.items() if quantity}
        if mine is not None and mine != dict(day.held):
            message = f"believes on {day.time} to hold {_positions(mine)}; the broker holds {_positions(day.held)}"
            yield _finding("books-differ", Severity.HIGH, expected, message, "book what was filled, not what was ordered, and reconcile with the broker's list")
            return


def _positions(held: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{quantity:f} {symbol}" for symbol, quantity in sorted(held.items())) or "nothing"


def _finding(rule: str, severity: Severity, expected: Expected, message: str, fix: str) -> Finding:
    return Finding(rule=rule, message=f"{expected.scenario}: the engine {message}", severity=severity, fix=fix, anchor=f"{expected.scenario} {rule}")
