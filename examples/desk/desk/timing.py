"""How long things took, as Prometheus counts it: a histogram."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Histogram:
    """Counts what took at most so long. ``bounds`` are in the unit of the name."""

    name: str
    bounds: tuple[float, ...]
    per_second: float = 1.0
    """How many of the unit are a second: 1000 for milliseconds."""
    taken: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Count and sum."""
    below: dict[float, int] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Counts the block, however it ends."""
        start = time.perf_counter()
        try:
            yield
        finally:
            took = (time.perf_counter() - start) * self.per_second
            self.taken = [self.taken[0] + 1, self.taken[1] + took]
            for bound in self.bounds:
                self.below[bound] = self.below.get(bound, 0) + (took <= bound)

    def lines(self) -> list[str]:
        """In Prometheus's text format."""
        rows = [f'{self.name}_bucket{{le="{bound:g}"}} {self.below.get(bound, 0)}' for bound in self.bounds]
        count, total = self.taken
        rows += [f'{self.name}_bucket{{le="+Inf"}} {count:g}', f"{self.name}_sum {total:.6f}", f"{self.name}_count {count:g}"]
        return [f"# TYPE {self.name} histogram", *rows]

    def rate(self) -> float:
        """How many a second, since it counts."""
        return self.taken[0] / max(time.monotonic() - self.since, 1)
