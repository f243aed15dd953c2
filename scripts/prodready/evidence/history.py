"""The history of each target, from its records: how often it was struck, how it ended, and the times to recover."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from prodready.columns import Rows
from prodready.errors import ProdreadyError
from prodready.evidence.files import percentile, read_all
from prodready.evidence.record import Record


def rows(folder: Path) -> Rows:
    """A table, the latest drills first. Raises ProdreadyError when there is no record."""
    records, wrong = read_all(folder)
    if not records:
        why = f" ({wrong[0]})" if wrong else ""
        raise ProdreadyError(f"there is no record below {folder}{why}", "run a drill first, or name the folder with --evidence")
    groups: dict[tuple[str, str], list[Record]] = {}
    for one in reversed(records):
        groups.setdefault((one.drill, one.target), []).append(one)
    head = ("DRILL", "TARGET", "DRILLS", "LAST", "STATUS", "LAST TIME", "MEAN", "P95", "MAX")
    return [head, *(_row(drill, target, group) for (drill, target), group in groups.items())]


def times(records: Iterable[Record]) -> list[float]:
    """The measured seconds, infinite for never."""
    return [float(one.value) for one in records if one.unit == "s" and isinstance(one.value, int | float)]


def _row(drill: str, target: str, group: Sequence[Record]) -> tuple[str, ...]:
    last, known = group[0], times(group)
    if not known:
        return (drill, target, str(len(group)), last.started[:10], last.status, "", "", "", "")
    mean = math.fsum(known) / len(known) if math.inf not in known else math.inf
    figures = (times([last])[0] if times([last]) else math.nan, mean, percentile(known, 0.95), max(known))
    return (drill, target, str(len(group)), last.started[:10], last.status, *map(_shown, figures))


def _shown(seconds: float) -> str:
    return "never" if math.isinf(seconds) else "" if math.isnan(seconds) else f"{seconds:.3g} s"
