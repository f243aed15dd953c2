"""What a service exposes, in Prometheus text or OpenMetrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.metrics.reading import Reading, reading
from prodready.context import Context
from prodready.names import shown
from prodready.service import Service

if TYPE_CHECKING:
    from prometheus_client import Metric


def read(ctx: Context, page: Service, names: Sequence[str], *, pause: float) -> dict[str, Reading]:
    """The metrics of these names that are there; looked at twice when ``pause`` is given. Raises CannotTell for a page that is no metrics."""
    first = _look(page, names)
    if not pause:
        return first
    ctx.wait(pause)
    second = _look(page, names)
    return {name: replace(seen, moved=name not in first or seen.values != first[name].values) for name, seen in second.items()}


def _look(page: Service, names: Sequence[str]) -> dict[str, Reading]:
    answer = page.good(page.get())
    families = _families(answer.body, answer.headers.get("content-type", ""), page.name)
    found = {name: family for name in names for family in families if name in _words(family)}
    return {name: reading(family.type, _counts(family)) for name, family in found.items() if family.samples}


def _families(body: bytes, kind: str, name: str) -> list[Metric]:
    from prometheus_client import parser
    from prometheus_client.openmetrics import parser as openmetrics

    reader = openmetrics if "openmetrics" in kind else parser
    try:
        families = list(reader.text_string_to_metric_families(body.decode("utf-8")))
    except (ValueError, KeyError, IndexError) as error:
        raise CannotTell(f"{name} is no page of metrics: {shown(str(error))[:160]}", "see that the address is that of /metrics itself") from None
    if not families:
        raise CannotTell(f"{name} exposes nothing at all", "see that the address is that of /metrics itself")
    return families


def _words(family: Metric) -> set[str]:
    """What the family may be called: a counter's name loses its ``_total`` in the parser."""
    return {family.name, f"{family.name}_total"} if family.type == "counter" else {family.name}


def _counts(family: Metric) -> Iterable[float]:
    counted = [sample.value for sample in family.samples if sample.name.endswith("_count")]
    return counted if family.type in ("histogram", "summary") and counted else [sample.value for sample in family.samples]
