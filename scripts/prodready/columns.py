"""Plain tables for lists that people and ``grep`` read."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[tuple[str, ...]]
"""The first row is the heading."""


def table(rows: Rows) -> list[str]:
    """Columns lined up; the last one as long as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    return ["  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1])).rstrip() for row in rows]
