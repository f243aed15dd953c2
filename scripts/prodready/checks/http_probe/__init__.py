"""An address answers as it should: status, headers, a place in its JSON, and how fast.

It is asked ``count`` times, one after the other. ``measure`` chooses the number: ``failed`` (share of answers that were not as they should be, in %),
``p50``, ``p95``, ``p99`` or ``max`` of the time to the last byte (in s), ``value`` (the number or word at ``json_path``), or ``distinct`` (how many
different values stood at ``json_path`` or in ``header``: the servers behind a load balancer). A time is told only when every answer was as it
should be, since an error page is quick. An address that does not answer at all is a failed answer for ``failed``, and unknown for all others.

An item that uses it:

    - id: smoke.health
      title: The health page answers, with p95 below 200 ms
      check: http_probe
      params: {url: "http://localhost:8080/healthz", status: [200], count: 40, measure: p95}
      expect: < 200 ms
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from prodready import patterns
from prodready.check import CannotTell, Check
from prodready.context import Answer, Context
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import shown
from prodready.readers import places
from prodready.service import Service, Where, service

_TIMES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


class Params(Struct, frozen=True, kw_only=True):
    """What is asked, and what a good answer is."""

    url: Where
    """The address, or the name of a target."""
    path: str = ""
    """Added to the address of a target."""
    method: Literal["GET", "HEAD"] = "GET"
    """How it is asked; nothing that could change anything."""
    status: tuple[int, ...] = (200,)
    """The statuses that are good. Redirects are followed only when none of them is one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header -> regular expression that its value must match; ``absent`` for one that must not be there."""
    body: str = ""
    """Regular expression that the body must match."""
    json_path: str = ""
    """The way to a place in the JSON body, such as ``checks[0].status``; it must be there."""
    header: str = ""
    """The header that ``distinct`` counts."""
    count: int = 1
    """How often it is asked, 1 to 200."""
    pause: float = 0.0
    """Seconds between two requests, up to 5."""
    deadline: float = 10.0
    """Seconds that one answer may take."""
    measure: Literal["failed", "p50", "p95", "p99", "max", "value", "distinct"] = "failed"
    """Which number."""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 200 or not 0 <= self.pause <= 5 or not 0 < self.deadline <= 60:
            raise ValueError("count is 1 to 200, pause 0 to 5 s and deadline up to 60 s: this looks, and does not load")
        if self.measure == "p95" and self.count < 20:
            raise ValueError("p95 of fewer than 20 answers is their maximum: set count to 20 or more, or measure max")
        for pattern in (*self.headers.values(), self.body):
            patterns.compiled(pattern)
        if self.json_path:
            places.parse(self.json_path)
        if self.measure == "value" and not self.json_path:
            raise ValueError("'value' needs a json_path")
        if self.measure == "distinct" and not (self.json_path or self.header):
            raise ValueError("'distinct' needs a json_path or a header")


class Seen(Struct, frozen=True, kw_only=True):
    """One request: what is wrong with its answer (empty when nothing is), how long it took, and the value in it."""

    wrong: str
    seconds: float = 0.0
    value: object = None


def observe(ctx: Context, params: Params) -> Measured:
    """The number chosen. Raises CannotTell."""
    asked = service(ctx, params.url, kind="the service")
    seen = [_ask(ctx, asked, params)]
    while len(seen) < params.count:
        ctx.wait(params.pause)
        seen.append(_ask(ctx, asked, params))
    wrong = [one.wrong for one in seen if one.wrong]
    value, unit = _measured(seen, wrong, params)
    return Measured(
        value=value, unit=unit, examined=len(seen), findings=tuple(_findings(wrong)),
        evidence=Evidence(source=f"{len(seen)} answers of {asked.name}{shown(params.path)}"),
        notes=(f"slowest {max(one.seconds for one in seen):.3f} s",),
    )  # fmt: skip


def _ask(ctx: Context, asked: Service, params: Params) -> Seen:
    try:
        answer = asked.get(params.path, method=params.method, deadline=params.deadline, follow=not any(300 <= good < 400 for good in params.status))
    except CannotTell as silent:
        if params.measure != "failed" or ctx.offline:
            raise
        return Seen(wrong=silent.reason)
    value = _place(answer, params.json_path) if params.json_path else shown(answer.headers.get(params.header.lower(), ""))
    return Seen(wrong=_wrong(answer, params, value), seconds=answer.seconds, value=value)


def _wrong(answer: Answer, params: Params, value: object) -> str:
    if answer.status not in params.status:
        return f"HTTP {answer.status}, expected {' or '.join(map(str, params.status))}"
    for name, pattern in params.headers.items():
        if words := _header(answer.headers.get(name.lower()), name, pattern):
            return words
    if params.body and not patterns.first(params.body, answer.body.decode("utf-8", "replace"), name="the body"):
        return f"the body does not match {params.body}"
    return f"the body has nothing at {params.json_path}" if params.json_path and value is None else ""


def _header(value: str | None, name: str, pattern: str) -> str:
    if pattern == "absent":
        return f"the header {name} is there" if value is not None else ""
    if value is None:
        return f"the header {name} is missing"
    return "" if patterns.first(pattern, value, name=name) else f"the header {name} is {shown(value)[:80]!r}, expected {pattern}"


def _place(answer: Answer, path: str) -> object:
    import json

    try:
        data: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    found = next((place for place in places.select(data, places.parse(path)) if place.found), None)
    return None if found is None or isinstance(found.value, dict | list) else found.value


def _measured(seen: Sequence[Seen], wrong: Sequence[str], params: Params) -> tuple[float | int | str | bool, str]:
    if params.measure == "failed":
        return 100 * len(wrong) / len(seen), "%"
    if wrong:
        raise CannotTell(f"{len(wrong)} of {len(seen)} answers were not as they should be: {wrong[0]}", "mend that first; the measure 'failed' counts them")
    if params.measure == "distinct":
        return len({str(one.value) for one in seen if one.value not in (None, "")}), ""
    if params.measure == "value":
        return _plain(seen[-1].value), ""
    times = sorted(one.seconds for one in seen)
    return times[max(0, math.ceil(_TIMES[params.measure] * len(times)) - 1)], "s"


def _plain(value: object) -> float | int | str | bool:
    return value if isinstance(value, bool | int | float) else shown(str(value))[:200]


def _findings(wrong: Sequence[str]) -> list[Finding]:
    different = {re.sub(r"\d{4,}", "…", words): words for words in wrong}
    return [Finding(rule="wrong-answer", message=f"{words} ({wrong.count(words)} times)", severity=Severity.HIGH) for words in list(different.values())[:10]]


def bound(params: Params) -> str:
    """What holds where an item names no bound."""
    return {"failed": "<= 0 %", "value": "is not null", "distinct": ">= 2"}.get(params.measure, "< 200 ms")


CHECK = Check(params=Params, observe=observe, expect="<= 0 %", bound=bound, domain="observability", alone=True, deadline=300)
