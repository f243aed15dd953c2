"""No label of a log stream takes more values than Loki can bear.

A stream has one value for each of its labels, so "25 values per stream" is read as follows: the streams of one service (grouped by the first of
``service_name``, ``app``, ``job`` and ``container`` that they have) may differ in each other label by at most ``max_values`` values over the window.
The window is asked for in hours, so that a stream which ended in between is seen. Labels that Loki makes for itself are left out. Values are shown
masked. The label to group by can be the bomb itself, so the number of groups and of streams is bounded too.

An item that uses it:

    - id: logs.labels
      title: No label has more than 25 values in a service's streams of a day
      check: loki_labels
      params: {url: loki, window: 24h, max_values: 25}
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import shown
from prodready.service import Service, Where, service

Stream = frozenset[tuple[str, str]]
_SLICE = 3600.0
"""Seconds of one question."""


class Params(Struct, frozen=True, kw_only=True):
    """Which streams, and how many values are too many."""

    url: Where = "loki"
    """Address of Loki, or the name of a target, which can name a tenant."""
    window: str = "24h"
    """How far back, up to 7d."""
    max_values: int = 25
    """Values that a label may have among the streams of one group."""
    selector: str = "{}"
    """Which streams, as a LogQL stream selector; ``{}`` takes all."""
    group_by: tuple[str, ...] = ("service_name", "app", "job", "container")
    """The first of these that a stream has tells its group."""
    exclude: tuple[str, ...] = ("__stream_shard__", "__aggregated_metric__")
    """Labels that do not count."""
    forbidden: tuple[str, ...] = ()
    """Labels that must be in no stream, however few their values are."""
    max_groups: int = 200
    """Groups there may be: services, not users."""
    max_streams: int = 5000
    """Streams there may be in all."""

    def __post_init__(self) -> None:
        if not 0 < durations.seconds(self.window) <= durations.seconds("7d"):
            raise ValueError(f"the window {self.window!r} is not between 1s and 7d")
        if self.max_values < 1:
            raise ValueError("max_values is at least 1")


def observe(ctx: Context, params: Params) -> Found:
    """Labels with too many values. Raises CannotTell."""
    loki = service(ctx, params.url, kind="Loki")
    streams = set[Stream]()
    for start, end in _slices(ctx.now.timestamp(), durations.seconds(params.window)):
        streams |= set(_series(loki, params.selector, start, end))
    if not streams:
        remedy = "see that the tenant ('tenant:' of the target) and the selector are right, and that logs arrive"
        raise CannotTell(f"{loki.name} has no stream for {params.selector} in the last {params.window}", remedy)
    groups = _grouped(streams, params)
    counts = sorted(_counts(groups), key=lambda count: -len(count.values))
    findings = (*_too_many(counts, params), *_forbidden(streams, params), *_totals(len(streams), len(groups), params))
    return Found(examined=len(streams), findings=findings, notes=_notes(streams, counts), evidence=Evidence(source=_source(loki, streams, groups, params)))


def _slices(now: float, window: float) -> Iterator[tuple[float, float]]:
    for index in range(math.ceil(window / _SLICE)):
        end = now - index * _SLICE
        yield max(now - window, end - _SLICE), end


def _series(loki: Service, selector: str, start: float, end: float) -> Iterator[Stream]:
    window = {"match[]": selector, "start": f"{int(start * 1e9)}", "end": f"{int(end * 1e9)}"}
    body = loki.json("/loki/api/v1/series", window, deadline=30)
    rows = body.get("data") if isinstance(body, dict) and body.get("status") == "success" else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CannotTell(f"{loki.name} answered with series that are none", "see that the address is that of Loki itself")
    yield from (frozenset((str(name), str(value)) for name, value in row.items()) for row in rows)


class Count(Struct, frozen=True, kw_only=True):
    """The values of one label among the streams of one group."""

    group: str
    label: str
    values: frozenset[str]


def _grouped(streams: Iterable[Stream], params: Params) -> dict[str, list[Mapping[str, str]]]:
    groups: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for stream in streams:
        labels = {name: value for name, value in stream if name not in params.exclude}
        name = next((name for name in params.group_by if name in labels), "")
        group = f'{name}="{labels.pop(name)}"' if name else "no group"
        groups[group].append(labels)
    return groups


def _counts(groups: Mapping[str, list[Mapping[str, str]]]) -> Iterator[Count]:
    for group, streams in groups.items():
        values: dict[str, set[str]] = defaultdict(set)
        for labels in streams:
            for label, value in labels.items():
                values[label].add(value)
        yield from (Count(group=group, label=label, values=frozenset(found)) for label, found in values.items())


def _too_many(counts: Iterable[Count], params: Params) -> Iterator[Finding]:
    for count in counts:
        if len(count.values) > params.max_values:
            sample = ", ".join(masked(value) for value in sorted(count.values)[:5])
            message = f"the label {shown(count.label)} has {len(count.values)} values in {shown(count.group)}, at most {params.max_values}: {sample}, …"
            fix = f"drop it in the agent (stage.label_drop {{ values = [{count.label!r}] }}) and keep it as structured metadata"
            yield Finding(rule="label-cardinality", message=message, severity=Severity.HIGH, fix=fix.replace("'", '"'), anchor=f"{count.group} {count.label}")


def _forbidden(streams: Iterable[Stream], params: Params) -> Iterator[Finding]:
    there = {name for stream in streams for name, _ in stream}
    for label in sorted(there & set(params.forbidden)):
        message, fix = f"the label {shown(label)} is in the streams, and must not be", "drop it in the agent, and see that every agent has that configuration"
        yield Finding(rule="forbidden-label", message=message, severity=Severity.HIGH, fix=fix, anchor=label)


def _totals(streams: int, groups: int, params: Params) -> Iterator[Finding]:
    for rule, count, most, what in (("too-many-streams", streams, params.max_streams, "streams"), ("too-many-groups", groups, params.max_groups, "groups")):
        if count > most:
            message = f"there are {count:,} {what}, at most {most:,} are allowed"
            yield Finding(rule=rule, message=message, severity=Severity.HIGH, fix="see which label tells them apart, and drop it", anchor=rule)


def _notes(streams: set[Stream], counts: list[Count]) -> tuple[str, ...]:
    overall: dict[str, set[str]] = defaultdict(set)
    for stream in streams:
        for name, value in stream:
            overall[name].add(value)
    widest = sorted(overall.items(), key=lambda pair: -len(pair[1]))[:5]
    worst = f"worst in one group: {shown(counts[0].label)} with {len(counts[0].values)} in {shown(counts[0].group)}" if counts else "one label a stream"
    return (worst, "over all streams: " + ", ".join(f"{shown(name)} {len(values)}" for name, values in widest))


def _source(loki: Service, streams: set[Stream], groups: Mapping[str, object], params: Params) -> str:
    return f"{len(streams):,} streams in {len(groups):,} groups of the last {params.window} at {loki.name}"


def masked(value: str) -> str:
    """Enough to tell what kind of value it is, and not whose."""
    kind = "digits" if value.isdigit() else "characters"
    return f"{shown(value[:2])}… ({len(value)} {kind})"


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=180)
