"""Write a log line that nobody wrote before, and time how long until it can be searched.

Without steps of its own the drill pushes the line to Loki and asks Loki for it. With ``send`` and ``find`` it goes the way of the team: a line
written where the agent reads, an event sent to Datadog, Elasticsearch or OpenSearch, and the search that must find it. The search must answer
before, and must not find it.

A file that uses it:

    drill: log_roundtrip
    title: What is logged can be searched within half a minute
    params: {url: "http://localhost:3100", limit: 30 s}
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.probes import token
from prodready.service import Service, Where, called, service


class Params(Struct, frozen=True, kw_only=True):
    """Where the line goes in, and where it must come out."""

    url: Where = ""
    """Address of Loki, or the name of a target, which can name a tenant; not with ``send`` and ``find``."""
    labels: Mapping[str, str] = field(default_factory=lambda: {"job": "prodready-drill"})
    """Labels of the line's stream in Loki."""
    send: tuple[Step, ...] = ()
    """Writes the line, with ``${DRILL}`` in it."""
    find: tuple[Step, ...] = ()
    """Searches for it: ``matches: '${DRILL}'``; the search itself must not repeat the word, or it finds itself."""
    target: str = ""
    """With ``send``: what is tried, in a word or two."""
    limit: Duration = 30.0
    """How long it may take."""
    interval: Duration = 0.5
    """Time between two searches."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        if bool(self.url) == bool(self.send) or bool(self.send) != bool(self.find) or bool(self.send) != bool(self.target):
            raise ValueError("say where Loki is ('url'), or what writes and finds a line ('target', 'send' and 'find')")


def perform(ground: Ground, params: Params) -> Drilled:
    """Writes and searches. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    begun = time.time_ns()
    where = _target(params)
    if params.url:
        host = urlsplit(service(ground.world, params.url, kind="Loki").target.url).hostname or ""
        act, look = (lambda: _pushed(_loki(ground, params), params, steps.word)), (lambda: _found(_loki(ground, params), params, steps.word, begun))
    else:
        host = next((step.host for step in params.send if step.host), "")
        act, look = _taken(steps, params.send), _taken(steps, params.find)
    ground.disturb(f"write a log line to {where}", at=host or where, here=not host)
    came = arrival(act, look, limit=seconds(params.limit), interval=seconds(params.interval))
    ground.journal.note("observe", f"the line was not found: {came.why}" if came.why else f"the line was found after {came.took.high:.3f} s")
    claims = [claim("line-lost", f"the line was not found: {came.why}", "follow it: is it written, shipped, taken in, indexed?")] if came.why else []
    return timed(ground, came.took, claims, told=f"{where}: from the line to the search that finds it")


def _taken(steps: Steps, asked: tuple[Step, ...]) -> Callable[[], str]:
    return lambda: next((f"{step}: {wrong}" for step in asked if (wrong := steps.wrong(step))), "")


def _loki(ground: Ground, params: Params) -> Service:
    return service(replace(ground.world, secret=ground.secret), params.url, kind="Loki")


def _pushed(loki: Service, params: Params, word: str) -> str:
    """POST /loki/api/v1/push of the Loki HTTP API; 204 is the only good answer."""
    stream = {"stream": dict(params.labels), "values": [[str(time.time_ns()), f"prodready drill {word}, nothing is wrong"]]}
    answer = loki.post("/loki/api/v1/push", json.dumps({"streams": [stream]}).encode())
    return "" if answer.status == 204 else f"Loki answered the push with {answer.status}"


def _found(loki: Service, params: Params, word: str, begun: int) -> str:
    labels = ", ".join(f"{name}={json.dumps(value)}" for name, value in params.labels.items())
    hour = 3_600_000_000_000
    asked = {"query": f'{{{labels}}} |= "{word}"', "start": str(begun - hour), "end": str(begun + hour), "limit": "10"}
    body = loki.json("/loki/api/v1/query_range", asked)
    result = body.get("data", {}).get("result") if isinstance(body, dict) and body.get("status") == "success" else None
    if not isinstance(result, list):
        raise CannotTell(f"{loki.name} answered the search with something else than streams", "see that the address is Loki's")
    return "" if word in json.dumps(result) else "no stream has the line"


def _target(params: Params) -> str:
    return params.target or called(params.url)


DRILL = Drill(params=Params, perform=perform, expect="<= 30 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=_target)
