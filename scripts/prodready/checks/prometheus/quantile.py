"""How far a quantile of a classic histogram can be believed: it is interpolated between two bucket edges, and cannot exceed the last one."""

from __future__ import annotations

import math
import re

from prodready import promql
from prodready.check import CannotTell
from prodready.service import Service

_CALL = re.compile(r"histogram_quantile\s*\(")


def looked_at(prometheus: Service, query: str, value: float) -> tuple[str, ...]:
    """Words on the buckets around the value; none for a query without a quantile. Raises CannotTell when it lies in the last bucket."""
    call = _CALL.search(query)
    if call is None or query[: call.start()].strip() or query[call.end() + len(_arguments(query[call.end() :])) + 1 :].strip():
        return ()  # more than the quantile itself: the value is not on the scale of the buckets
    edges = _edges(prometheus, _arguments(query[call.end() :]).partition(",")[2].strip())
    if not edges:
        return ("the histogram is native, or has no label le: nothing to say about its buckets",)
    if value >= edges[-1]:
        raise CannotTell(
            f"the quantile lies beyond the last bucket, which ends at {edges[-1]:g}: it may be anything above",
            "give the histogram buckets well beyond the bound",
        )
    low = max((edge for edge in edges if edge < value), default=-math.inf)
    high = min(edge for edge in edges if edge >= value)
    return (f"interpolated in the bucket from {low:g} to {high:g}",)


def _arguments(text: str) -> str:
    """What stands before the bracket that closes the call."""
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[:place]
    return text


def _edges(prometheus: Service, buckets: str) -> list[float]:
    """The finite upper edges, ascending."""
    labels = {sample.labels.get("le", "") for sample in promql.vector(prometheus, buckets)}
    return sorted(edge for edge in map(_number, labels) if math.isfinite(edge))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
