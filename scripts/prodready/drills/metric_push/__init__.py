"""Push a metric, and time how long until Prometheus has it: fresh, and not what was pushed last week.

Without ``push`` the drill sends a metric of its own to a Pushgateway and waits until Prometheus answers with its value; it is taken away again. With
``push`` the team's own exporter is run, and ``query``, the time of its last push, must move on and be younger than ``fresh``: a Pushgateway goes on
showing old values for ever, so that a value that is there proves nothing.

A file that uses it:

    drill: metric_push
    title: The rate limit of the exchange is pushed and scraped
    params:
      prometheus: http://localhost:9090
      push: {run: [python3, scripts/push_rate_limit.py]}
      query: max(push_time_seconds{job="bybit"})
      target: bybit
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from prodready import promql
from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.probes import token
from prodready.service import Service, Where, called, service


class Params(Struct, frozen=True, kw_only=True):
    """What is pushed, and where it must be seen."""

    prometheus: Where = "prometheus"
    """Address of Prometheus, or the name of a target."""
    pushgateway: Where = ""
    """Address of the Pushgateway, or the name of a target; not with ``push``."""
    push: Step | None = None
    """Pushes once, as the team does."""
    query: str = ""
    """With ``push``: PromQL that gives the time of the last push, in seconds since 1970."""
    target: str = ""
    """With ``push``: whose metric it is, in a word or two."""
    fresh: Duration = 60.0
    """How old the last push may be when it is seen."""
    limit: Duration = 60.0
    """How long it may take; a scrape interval is part of it."""
    interval: Duration = 0.5
    """Time between two looks."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        seconds(self.fresh, "fresh")
        if bool(self.pushgateway) == bool(self.push) or bool(self.push) != bool(self.query) or bool(self.push) != bool(self.target):
            raise ValueError("say where the Pushgateway is ('pushgateway'), or what pushes and how it is seen ('push', 'query' and 'target')")


def perform(ground: Ground, params: Params) -> Drilled:
    """Pushes and looks. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    gateway = _service(ground, params.pushgateway, "the Pushgateway") if params.pushgateway else None
    where = _target(params)
    host = (urlsplit(gateway.target.url).hostname or "") if gateway else (params.push.host if params.push else "")
    value = secrets.randbelow(10**9)
    before = _last(ground, params) if params.query else 0.0
    ground.disturb(f"push a metric: {params.push or where}", at=host or where, here=not host)
    try:
        look = _look(ground, params, steps.word, value, before)
        came = arrival(_pushed(steps, params, gateway, value), look, limit=seconds(params.limit), interval=seconds(params.interval))
    finally:
        if gateway:
            _tidy(ground, gateway, steps.word)
    ground.journal.note("observe", f"the push was not seen: {came.why}" if came.why else f"the push was seen after {came.took.high:.3f} s")
    claims = [claim("push-lost", f"the push was not seen: {came.why}", "see that it is pushed, scraped (honor_labels) and not dropped")] if came.why else []
    return timed(ground, came.took, claims, told=f"{where}: from the push to Prometheus")


def _pushed(steps: Steps, params: Params, gateway: Service | None, value: int) -> Callable[[], str]:
    def act() -> str:
        if gateway is None:
            return steps.wrong(params.push) if params.push else ""
        answer = gateway.post(f"/metrics/job/prodready/drill/{steps.word}", f"prodready_drill {value}\n".encode(), kind="text/plain")
        return "" if answer.status in (200, 202) else f"the Pushgateway answered {answer.status}"

    return act


def _look(ground: Ground, params: Params, word: str, value: int, before: float) -> Callable[[], str]:
    def own() -> str:
        found = promql.vector(_service(ground, params.prometheus, "Prometheus"), f'prodready_drill{{drill="{word}"}}')
        return "" if any(sample.value == value for sample in found) else "Prometheus has no such metric"

    def theirs() -> str:
        found = promql.vector(_service(ground, params.prometheus, "Prometheus"), params.query)
        if not found or not found[0].value > before:
            return "the time of the last push has not moved on"
        age = found[0].at - found[0].value
        return "" if age <= seconds(params.fresh) else f"the last push is {age:.0f} s old"

    return theirs if params.query else own


def _last(ground: Ground, params: Params) -> float:
    """When it was pushed last before the drill; 0 for never. Raises CannotTell when Prometheus does not answer."""
    found = promql.vector(_service(ground, params.prometheus, "Prometheus"), params.query)
    if len(found) > 1:
        raise CannotTell(f"{params.query} gives {len(found)} series", "wrap it in max(…), so that it gives the last push of all")
    return found[0].value if found else 0.0


def _service(ground: Ground, where: Where, kind: str) -> Service:
    return service(replace(ground.world, secret=ground.secret), where, kind=kind)


def _tidy(ground: Ground, gateway: Service, word: str) -> None:
    """Takes the metric away, as far as that is possible."""
    with suppress(CannotTell):
        gateway.delete(f"/metrics/job/prodready/drill/{word}")
        ground.journal.note("restore", "the metric is taken away again")


def _target(params: Params) -> str:
    return params.target or called(params.pushgateway)


DRILL = Drill(params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=_target)
