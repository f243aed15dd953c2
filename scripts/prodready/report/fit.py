"""Fits a document of tables and lists into a limit, cutting at whole rows and saying how many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

Measure = Callable[[str], int]


class Block(Struct, frozen=True, kw_only=True):
    """Lines that belong together: shown with at least one row, or not at all."""

    opening: str = ""
    rows: tuple[str, ...] = ()
    closing: str = ""
    noun: str = "row"
    share: float = 1.0
    """Part of the limit it may take before the others had their turn."""


def characters(text: str) -> int:
    """UTF-16 code units: the strictest reading of GitHub's 65 536 characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def encoded(text: str) -> int:
    """UTF-8 bytes."""
    return len(text.encode())


def fit(blocks: Sequence[Block], limit: int, measure: Measure) -> str:
    """The blocks in their order, each with as many rows as fit into ``limit`` units of ``measure``."""
    taken = [0] * len(blocks)
    left = limit - measure(_CUT.format(rows=10**9))
    for share in (True, False):
        for index, block in enumerate(blocks):
            allowed = min(left, int(limit * block.share)) if share else left
            more, cost = _take(block, taken[index], allowed, measure)
            taken[index] += more
            left -= cost
    parts = [_shown(block, count) for block, count in zip(blocks, taken, strict=True) if count]
    cut = sum(len(block.rows) - count for block, count in zip(blocks, taken, strict=True))
    return "".join(parts) + (_CUT.format(rows=cut) if cut else "")


_CUT = "\n> {rows} rows did not fit here; `report.json` has them all.\n"


def _take(block: Block, taken: int, allowed: int, measure: Measure) -> tuple[int, int]:
    """How many more rows fit, and what they cost."""
    cost = 0 if taken else measure(block.opening + block.closing + _more(block, len(block.rows)))
    more = 0
    for row in block.rows[taken:]:
        price = measure(row)
        if cost + price > allowed:
            break
        cost += price
        more += 1
    return (more, cost) if more else (0, 0)


def _shown(block: Block, count: int) -> str:
    return block.opening + "".join(block.rows[:count]) + (_more(block, len(block.rows) - count) if count < len(block.rows) else "") + block.closing


def _more(block: Block, cut: int) -> str:
    return f"\n{cut:,} more {block.noun}{'' if cut == 1 else 's'} in `report.json`.\n"
