"""Geometry of the small charts: numbers to SVG coordinates, no style."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT, EDGE = 320.0, 84.0, 6.0


class Line(Struct, frozen=True, kw_only=True):
    """A course of values, oldest first."""

    path: str
    """The ``d`` of an SVG path."""
    dots: tuple[tuple[float, float], ...]
    mark: float | None
    """The height of the bound, when there is one."""
    low: float
    high: float


def course(values: Sequence[float], *, low: float | None = None, high: float | None = None, mark: float | None = None) -> Line:
    """The line through the values; the scale is theirs unless given."""
    known = [*values, *([mark] if mark is not None else [])]
    least = min(known) if low is None else low
    most = max(known) if high is None else high
    span = (most - least) or 1.0

    def height(value: float) -> float:
        return round(HEIGHT - EDGE - (min(most, max(least, value)) - least) / span * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / max(1, len(values) - 1)
    dots = tuple((round(EDGE + index * step, 1), height(value)) for index, value in enumerate(values))
    path = " ".join(f"{'L' if index else 'M'}{x} {y}" for index, (x, y) in enumerate(dots))
    return Line(path=path, dots=dots, mark=None if mark is None else height(mark), low=least, high=most)


def shares(counts: Sequence[tuple[str, int]]) -> tuple[tuple[str, float, float], ...]:
    """A bar cut by counts: name, start and width in percent."""
    total, at, cut = sum(count for _, count in counts), 0.0, []
    for name, count in counts:
        width = 100 * count / total if total else 0.0
        cut.append((name, round(at, 2), round(width, 2)))
        at += width
    return tuple(cut)
