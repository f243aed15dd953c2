"""Shares and sums of a trade record: hit rate, fill rate, slippage, and the profits that fills make from flat to flat."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import UndefinedError, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prodready.quant.moments import Array


class Share(Struct, frozen=True, kw_only=True):
    """A share with the Wilson interval that says how sure it is."""

    value: float
    low: float
    high: float
    n: int


def wilson(good: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval (1927) of ``good`` out of ``n``."""
    if n <= 0 or not 0 <= good <= n:
        raise UndefinedError(f"{good:g} of {n:g} is no share", "give a record with trades in it")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, under = good / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / under
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / under
    return max(0.0, middle - half), min(1.0, middle + half)


def hit_rate(profits: Array, confidence: float = 0.95) -> Share:
    """Winners over winners and losers; trades that ended at exactly 0 count as neither."""
    flat = finite(profits)
    won, lost = int((flat > 0).sum()), int((flat < 0).sum())
    low, high = wilson(won, won + lost, confidence)
    return Share(value=won / (won + lost), low=low, high=high, n=won + lost)


def fill_rate(filled: Array, ordered: Array, confidence: float = 0.95) -> Share:
    """Filled over ordered quantity. The interval counts orders: a quantity is no independent try."""
    import numpy as np

    done, asked = finite(filled), finite(ordered)
    wrong = np.flatnonzero((asked <= 0) | (done < 0) | (done > asked * (1 + 1e-12)))
    if wrong.size:
        at = int(wrong[0])
        raise UndefinedError(f"order {at + 1} fills {done[at]:g} of {asked[at]:g}", "ordered quantities are above 0, filled ones between 0 and the ordered one")
    share = min(1.0, float(done.sum() / asked.sum()))
    low, high = wilson(share * asked.size, asked.size, confidence)
    return Share(value=share, low=low, high=high, n=asked.size)


def slippage(price: Array, reference: Array, side: Array, quantity: Array) -> float:
    """Mean cost against the reference price, weighted by quantity, in basis points; above 0 is a loss. ``side`` is +1 to buy, -1 to sell."""
    import numpy as np

    paid, meant, amount = finite(price), finite(reference), finite(quantity)
    wrong = np.flatnonzero((paid <= 0) | (meant <= 0) | (amount <= 0))
    if wrong.size:
        remedy = "mend the record; a sale is told by its side, not by a negative quantity"
        raise UndefinedError(f"fill {wrong[0] + 1} has a price or quantity that is not above 0", remedy)
    return float(np.sum(side * (paid - meant) / meant * amount) / np.sum(amount) * 1e4)


class RoundTrips(Struct, frozen=True, kw_only=True):
    """Trades from flat to flat, or to the other side, in the order in which they ended."""

    profits: Array
    """Net of fees."""
    ends: NDArray[np.intp]
    """The fill that ended each, counted from 0."""


def round_trips(side: Array, quantity: Array, price: Array, fees: Array, symbols: NDArray[np.bytes_] | None = None) -> RoundTrips:
    """The trades that fills make of each symbol. Raises UndefinedError for a position that is left open, whose result nobody knows.

    What an account would hold if it sold all at the price of the fill at hand only moves by the trade that ends there: so the profits are its steps.
    """
    import numpy as np

    amount = finite(quantity)
    if amount.min() <= 0:
        raise UndefinedError(f"fill {int(amount.argmin()) + 1} has a quantity that is not above 0", "a sale is told by its side, not by a negative quantity")
    signed, fee = side * amount, np.broadcast_to(fees, side.shape)
    _, which = np.unique(symbols, return_inverse=True) if symbols is not None else (None, np.zeros(signed.size, dtype=np.intp))
    order = np.argsort(which, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(which[order])) + 1)
    trips = [_trips(rows, signed[rows], price[rows], fee[rows]) for rows in parts]
    profits, ends = (np.concatenate(column) for column in zip(*trips, strict=True))
    _flat(signed, symbols)
    late = np.argsort(ends, kind="stable")
    return RoundTrips(profits=profits[late], ends=ends[late])


def _trips(rows: NDArray[np.intp], signed: Array, price: Array, fees: Array) -> tuple[Array, NDArray[np.intp]]:
    """Profits and last fills of one symbol's trades."""
    import numpy as np

    held = np.cumsum(signed)
    held[np.abs(held) <= 1e-9 * np.cumsum(np.abs(signed))] = 0
    before = np.concatenate(([0.0], held[:-1]))
    ended = np.flatnonzero((before != 0) & (before * held <= 0))
    opens = np.abs(held[ended] / signed[ended]) * fees[ended]  # of a fill that turns the position, the part that opens the next trade
    worth = np.cumsum(-signed * price - fees)[ended] + held[ended] * price[ended] + opens
    return np.diff(worth, prepend=0.0), rows[ended]


def _flat(signed: Array, symbols: NDArray[np.bytes_] | None) -> None:
    import numpy as np

    names, which = np.unique(symbols, return_inverse=True) if symbols is not None else (np.array([b"the record"]), np.zeros(signed.size, dtype=np.intp))
    left = np.bincount(which, weights=signed)
    turned = np.bincount(which, weights=np.abs(signed))
    still = np.flatnonzero(np.abs(left) > 1e-9 * turned)
    if still.size:
        name = names[still[0]].decode("utf-8", "replace")
        reason = f"{name} ends with an open position of {left[still[0]]:g}: its profit is not made yet"
        raise UndefinedError(reason, "close it, or give trades with their profit")
