"""Questions to the HTTP API of Prometheus, and what its answers are worth. Mimir, Thanos and VictoriaMetrics speak it too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.names import shown
from prodready.service import Service

_ODD = "see that the address is that of Prometheus itself, with any path prefix it is served under"


class Sample(Struct, frozen=True, kw_only=True):
    """One series of an instant vector."""

    labels: Mapping[str, str]
    value: float
    at: float
    """When it was evaluated, in seconds since 1970."""

    @property
    def series(self) -> str:
        """The series as PromQL writes it."""
        labels = ", ".join(f'{name}="{value}"' for name, value in sorted(self.labels.items()) if name != "__name__")
        return shown(f"{self.labels.get('__name__', '')}{{{labels}}}")


def api(prometheus: Service, path: str, query: Mapping[str, str] = {}) -> Any:
    """The data of an answer of ``/api/v1``. Raises CannotTell for an error, and for a warning, since that means a part of the answer."""
    answer = prometheus.get(f"/api/v1/{path}", query)
    if answer.status not in (400, 422):  # those two explain themselves in the body
        prometheus.good(answer, f"/api/v1/{path}")
    body = prometheus.decoded(answer, f"/api/v1/{path}")
    if not isinstance(body, dict) or body.get("status") not in ("success", "error"):
        raise CannotTell(f"{prometheus.name} answered with JSON that is not of its API", _ODD)
    if body["status"] == "error":
        raise CannotTell(f"{prometheus.name} refuses: {shown(str(body.get('error')))[:300]}", "try the query in its own web page first")
    if warnings := body.get("warnings"):
        raise CannotTell(f"{prometheus.name} answered in part only: {shown(str(warnings[0]))[:200]}", "see which store behind it does not answer")
    return body.get("data")


def vector(prometheus: Service, query: str) -> tuple[Sample, ...]:
    """The instant vector (a scalar is one sample without labels); empty when no series matches. Raises CannotTell."""
    data = api(prometheus, "query", {"query": query})
    if not isinstance(data, dict) or data.get("resultType") not in ("vector", "scalar"):
        kind = data.get("resultType") if isinstance(data, dict) else type(data).__name__
        raise CannotTell(f"{query} gives a {shown(str(kind))}, and one value at one moment is needed", "wrap the range in a function, such as avg_over_time(…)")
    result = data.get("result")
    rows = [{"value": result}] if data["resultType"] == "scalar" else result
    try:
        return tuple(_samples(rows))
    except (KeyError, TypeError, ValueError, IndexError):
        raise CannotTell(f"{prometheus.name} answered {query} with samples that are none", _ODD) from None


def one(prometheus: Service, query: str) -> Sample:
    """The only series. Raises CannotTell for none, several, and for one that is no number."""
    found = vector(prometheus, query)
    if not found:
        raise CannotTell(f"{query} matches no series: nothing was measured", "see that it is scraped, and that its names and labels are right")
    if len(found) > 1:
        raise CannotTell(f"{query} matches {len(found)} series, for example {found[0].series}", "aggregate them: sum(…), or set 'reduce' to max, min, sum, avg")
    return found[0]


def number(sample: Sample, query: str) -> float:
    """The value. Raises CannotTell for NaN and infinity, which is how PromQL says that something was divided by nothing."""
    if math.isfinite(sample.value):
        return sample.value
    word = "not a number (NaN)" if math.isnan(sample.value) else "infinite"
    raise CannotTell(f"{query} is {word}: there was nothing to divide by in its time range", "widen the range, or run it when the service has traffic")


def _samples(rows: Any) -> Iterator[Sample]:
    for row in rows:
        at, value = row["value"]  # a native histogram has "histogram" instead: KeyError
        labels = {str(name): str(text) for name, text in row.get("metric", {}).items()}
        yield Sample(labels=labels, value=float(value), at=float(at))
