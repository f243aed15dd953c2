"""Raise an alert that is none, and time how long until it reaches people; then end it, and see that its end reaches them too.

A synthetic alert with a word of its own goes to Alertmanager, or is caused by ``fire`` (a metric that a rule of Prometheus watches, so that the
whole way is walked). It has arrived when the drill's own receiver gets it, to which a webhook of the route points (``listen``), or when ``heard``
finds it where people read: the history of a channel, the incidents of a pager. That its end never arrives fails too: nobody trusts a pager that
only ever cries. The measure is the time until it arrived.

A file that uses it:

    drill: alert
    title: A page reaches the pager within a minute
    params: {alertmanager: "http://localhost:9093", labels: {severity: page}, listen: "127.0.0.1:9099", limit: 60 s}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import Arrival, arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.receiver import Message, Receiver
from prodready.engine.steps import Step, Steps
from prodready.model import Finding
from prodready.probes import token
from prodready.service import Where, called, service


class Params(Struct, frozen=True, kw_only=True):
    """How the alert is raised, and where it must arrive."""

    alertmanager: Where = ""
    """Address of Alertmanager, or the name of a target; not with ``fire``."""
    labels: Mapping[str, str] = field(default_factory=lambda: {"severity": "page"})
    """Labels that decide its route."""
    fire: tuple[Step, ...] = ()
    """Causes the alert instead: ``${DRILL}`` must be in a label or annotation of it."""
    quench: tuple[Step, ...] = ()
    """Ends what ``fire`` caused; always done, also when the drill itself is killed (its programs)."""
    target: str = ""
    """With ``fire``: what is alerted about, in a word or two."""
    listen: str = ""
    """``host:port`` of the drill's own receiver, to which a webhook of the route must point."""
    heard: tuple[Step, ...] = ()
    """Finds the alert where people read it: ``matches: '${DRILL}'``."""
    ended: tuple[Step, ...] = ()
    """Finds its end there."""
    limit: Duration = 60.0
    """How long the alert may take."""
    resolved: Duration = 600.0
    """How long its end may take; Alertmanager tells it after its ``group_interval``."""
    interval: Duration = 0.5
    """Time between two looks."""

    def __post_init__(self) -> None:
        for name in ("limit", "resolved", "interval"):
            seconds(getattr(self, name), name)
        if bool(self.alertmanager) == bool(self.fire):
            raise ValueError("say where the alert goes: 'alertmanager', or 'fire' with 'quench'")
        if self.fire and not (self.quench and self.target):
            raise ValueError("with 'fire' say how it ends ('quench') and what it is about ('target')")
        if bool(self.listen) == bool(self.heard) or bool(self.heard) != bool(self.ended):
            raise ValueError("say where it must arrive: 'listen', or 'heard' and 'ended'")
        if self.listen and not re.fullmatch(r"\S+:\d{1,5}", self.listen):
            raise ValueError(f"listen: {self.listen!r} is no host:port")


def perform(ground: Ground, params: Params) -> Drilled:
    """Raises and ends the alert. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    where = _target(params)
    with ExitStack() as receiving:
        receiver = receiving.enter_context(Receiver(params.listen)) if params.listen else None
        _allowed(steps, params, where)
        quench = cache(lambda: _ended(steps, params))  # once, however this block is left
        try:
            came = _arrived(params, _raised(steps, params), _look(steps, params.heard, receiver, "firing"), params.limit)
            ground.journal.note("observe", f"the alert did not arrive: {came.why}" if came.why else f"the alert arrived after {came.took.high:.3f} s")
            claims = [claim("alert-lost", f"the alert did not arrive: {came.why}", "walk its route: amtool config routes test")] if came.why else []
            claims += [] if came.why else _resolved(steps, params, quench, _look(steps, params.ended, receiver, "resolved"))
        finally:
            quench()
    return timed(ground, came.took, claims, told=f"{where}: from the alert to whom it pages")


def _allowed(steps: Steps, params: Params, where: str) -> None:
    ground = steps.ground
    manager = "" if params.fire else service(ground.world, params.alertmanager, kind="Alertmanager").target.url
    hosts = [step.host for step in params.fire] or [urlsplit(manager).hostname or ""]
    for host in hosts:
        ground.permit.require(host or where, here=not host)
    ground.disturb(f"raise an alert: {'; '.join(map(str, params.fire)) or where}", at=hosts[0] or where, here=not hosts[0])
    ground.guard.arm([Undo(what=str(step), argv=tuple(map(steps.filled, step.run))) for step in reversed(params.quench) if step.run])


def _raised(steps: Steps, params: Params) -> Callable[[], str]:
    if params.fire:
        return lambda: next((f"{step}: {wrong}" for step in params.fire if (wrong := steps.wrong(step))), "")
    return lambda: _posted(steps, params, ends=datetime.now(UTC) + timedelta(seconds=seconds(params.limit) + 300))


def _ended(steps: Steps, params: Params) -> str:
    """Ends the alert; what went wrong."""
    if params.fire:
        return "; ".join(f"{step}: {wrong}" for step in params.quench if (wrong := steps.wrong(step)))
    return _posted(steps, params, ends=datetime.now(UTC))


def _posted(steps: Steps, params: Params, *, ends: datetime) -> str:
    labels = {**params.labels, "alertname": "ProdreadyDrill", "drill": steps.word}
    told = {"labels": labels, "annotations": {"summary": "a drill, nothing is wrong"}, "endsAt": ends.isoformat()}
    manager = service(replace(steps.ground.world, secret=steps.ground.secret), params.alertmanager, kind="Alertmanager")
    answer = manager.post("/api/v2/alerts", json.dumps([told]).encode())
    return "" if answer.status == 200 else f"Alertmanager answered {answer.status}"


def _resolved(steps: Steps, params: Params, quench: Callable[[], str], look: Callable[[], str]) -> list[Finding]:
    """What is wrong about the alert's end."""
    came = _arrived(params, quench, look, params.resolved)
    steps.ground.journal.note("recovered", f"its end did not arrive: {came.why}" if came.why else f"its end arrived after {came.took.high:.3f} s")
    return [claim("end-lost", f"the alert's end did not arrive: {came.why}", "set 'send_resolved: true' at the receiver")] if came.why else []


def _arrived(params: Params, act: Callable[[], str], look: Callable[[], str], limit: Duration) -> Arrival:
    return arrival(act, look, limit=seconds(limit), interval=seconds(params.interval))


def _look(steps: Steps, asked: Sequence[Step], receiver: Receiver | None, status: str) -> Callable[[], str]:
    def look() -> str:
        if receiver:
            return "" if any(_tells(message, steps.word, status) for message in receiver.messages) else f"no webhook told of it as {status}"
        return next((f"{step}: {wrong}" for step in asked if (wrong := steps.wrong(step))), "")

    return look


def _tells(message: Message, word: str, status: str) -> bool:
    """Whether it is about this alert in this state: Alertmanager's own JSON says so, other shapes only by their words."""
    if word not in message.text:
        return False
    try:
        data = json.loads(message.text)
        alerts = data["alerts"]
        return any(word in json.dumps(alert) and alert["status"] == status for alert in alerts)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ("resolved" in message.text.lower()) == (status == "resolved")


def _target(params: Params) -> str:
    return params.target or called(params.alertmanager)


DRILL = Drill(params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=_target)
