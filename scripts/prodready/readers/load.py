"""Results of load tests and benchmarks: k6 summaries, Locust's statistics, pytest-benchmark. Times are in seconds."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from prodready.readers import json_text
from prodready.readers.stamps import latest
from prodready.readers.structured import Unreadable

TIMES = ("p50", "p95", "p99", "mean", "max")


class Timed(Struct, frozen=True, kw_only=True):
    """What was measured under one name."""

    name: str
    requests: int
    failed: int | None = None
    """None where the tool counts no failures: a benchmark."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """``p50``, ``p95``, ``p99``, ``mean``, ``max``, as far as the report has them."""


class Load(Struct, frozen=True, kw_only=True):
    """One report."""

    rows: tuple[Timed, ...]
    stamped: datetime | None = None


def read(content: bytes, *, name: str) -> Load:
    """The results in a report of a known kind. Raises Unreadable."""
    text = content.decode("utf-8", "replace").lstrip("\ufeff")
    if not text.lstrip().startswith("{"):
        try:
            return Load(rows=tuple(_locust(text, name)))
        except csv.Error as odd:
            raise Unreadable(f"{name}: it is no CSV: {odd}") from None
    data = json_text.loads(text, name=name)
    try:
        if "benchmarks" in data:
            return Load(rows=tuple(map(_benchmark, data["benchmarks"])), stamped=latest(str(data.get("datetime"))))
        if "metrics" in data:
            return Load(rows=tuple(_k6(data["metrics"])))
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        raise Unreadable(f"{name}: it is no whole report of its tool ({type(odd).__name__}: {odd})") from None
    raise Unreadable(f"{name}: neither a k6 summary, nor Locust's statistics, nor a report of pytest-benchmark")


def _k6(metrics: Mapping[str, Any]) -> Iterator[Timed]:
    """Of ``handleSummary`` (with ``values``) or ``--summary-export`` (without); a threshold's submetric such as ``http_req_duration{name:buy}`` is a row."""
    failures = _values(metrics.get("http_req_failed", {}))
    for name, metric in metrics.items():
        if name.partition("{")[0] == "http_req_duration":
            whole, values = name == "http_req_duration", _values(metric)
            found = {"p50": "med", "p95": "p(95)", "p99": "p(99)", "mean": "avg", "max": "max"}
            yield Timed(
                name=name, requests=int(_values(metrics["http_reqs"])["count"]), failed=int(failures["passes"]) if whole and failures else None,
                seconds={key: _number(values[theirs]) / 1000 for key, theirs in found.items() if theirs in values},
            )  # fmt: skip


def _values(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    inner: Mapping[str, Any] = metric.get("values", metric)
    return inner


def _benchmark(row: Mapping[str, Any]) -> Timed:
    stats = row["stats"]
    raw = sorted(_number(value) for value in stats.get("data") or ())
    ranks = {key: _rank(raw, share) for key, share in (("p95", 0.95), ("p99", 0.99))} if raw else {}
    plain = {"p50": _number(stats["median"]), "mean": _number(stats["mean"]), "max": _number(stats["max"])}
    return Timed(name=str(row["fullname"]), requests=int(stats["rounds"]), seconds={**plain, **ranks})


def _rank(ordered: list[float], share: float) -> float:
    """The nearest rank: the smallest value that this share of all does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _locust(text: str, name: str) -> Iterator[Timed]:
    """``…_stats.csv``; the row ``Aggregated`` is the whole."""
    columns = {"p50": "50%", "p95": "95%", "p99": "99%", "mean": "Average Response Time", "max": "Max Response Time"}
    rows = csv.DictReader(io.StringIO(text))
    if rows.fieldnames is None or {"Name", "Request Count", "Failure Count", *columns.values()} - set(rows.fieldnames):
        raise Unreadable(f"{name}: it has not the columns of Locust's statistics; take the file that ends in _stats.csv")
    for row in rows:
        try:
            seconds = {key: _number(row[column]) / 1000 for key, column in columns.items() if row[column] not in ("N/A", "")}
            yield Timed(name=row["Name"], requests=int(row["Request Count"]), failed=int(row["Failure Count"]), seconds=seconds)
        except (TypeError, ValueError):
            raise Unreadable(f"{name}:{rows.line_num}: the row is cut, or is no row of Locust's") from None


def _number(value: object) -> float:
    number = float(value) if isinstance(value, int | float | str) else math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is no time")
    return number


def chosen(load: Load, wanted: Callable[[str], bool] | None) -> tuple[Timed, ...]:
    """The rows of those names; without names the whole: k6's own metric, Locust's total, or every benchmark."""
    if wanted:
        return tuple(row for row in load.rows if wanted(row.name))
    whole = tuple(row for row in load.rows if row.name in ("Aggregated", "http_req_duration"))
    return whole or load.rows
