"""What Prometheus has collected lately."""

from __future__ import annotations

from collections.abc import Sequence

from prodready import promql
from prodready.check import CannotTell
from prodready.checks.metrics.reading import Reading, reading
from prodready.service import Service


def read(store: Service, names: Sequence[str], moving: Sequence[str], within: str) -> dict[str, Reading]:
    """The metrics of these names with a sample of the last five minutes. Raises CannotTell."""
    kinds = _kinds(store)
    found = {name: _one(store, name, kinds.get(name.removesuffix("_total"), kinds.get(name, "")), within if name in moving else "") for name in names}
    if not any(found.values()) and not promql.vector(store, "count(up)"):
        raise CannotTell(f"{store.name} has collected nothing at all", "see that the tenant ('tenant:' of the target) is right, and that it scrapes anything")
    return {name: seen for name, seen in found.items() if seen}


def _one(store: Service, name: str, kind: str, within: str) -> Reading | None:
    stored = f"{name}_count" if kind in ("histogram", "summary") else name
    samples = promql.vector(store, stored) or promql.vector(store, f"{name}_count")
    if not samples:
        return None
    series = samples[0].labels.get("__name__", stored)
    moved = any(sample.value > 0 for sample in promql.vector(store, f"changes({series}[{within}])")) if within else None
    return reading(kind, (sample.value for sample in samples), moved=moved)


def _kinds(store: Service) -> dict[str, str]:
    """Family -> declared type; of several declarations the first."""
    data = promql.api(store, "metadata")
    if not isinstance(data, dict):
        raise CannotTell(f"{store.name} answered with metadata that is none", "see that it is Prometheus")
    rows = {str(name): rows[0] for name, rows in data.items() if isinstance(rows, list) and rows and isinstance(rows[0], dict)}
    return {name: _plain(str(row.get("type", ""))) for name, row in rows.items()}


def _plain(kind: str) -> str:
    return "" if kind in ("unknown", "untyped") else kind
