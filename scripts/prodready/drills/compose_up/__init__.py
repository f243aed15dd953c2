"""Start a compose project as its runbook says: ``docker compose pull && docker compose up -d --remove-orphans``, timed until all of it is healthy.

The project must not be up as asked before, else the start would prove nothing: it is down, or something of it is missing, changed or left over. Every
service must run as often as the file asks, healthy where it has a health check, and hold. Afterwards no container may be left whose service is not
in the file, and a second ``up`` must change nothing. ``post`` may take it down again.

A file that uses it:

    drill: compose_up
    title: Staging starts from nothing
    params: {project: desk, files: [compose.yml], limit: 5 min, post: [{run: [docker, compose, -p, desk, down], timeout: 60 s}]}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.procedure import Procedure, carry_out
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Down
from prodready.faults import locate
from prodready.names import shown
from prodready.probes import token


class Params(Struct, frozen=True, kw_only=True):
    """Which project, and how long it may take."""

    project: str
    """The project's name (``-p``)."""
    files: tuple[str, ...] = ()
    """Its files (``-f``); empty for compose's own choice."""
    compose: tuple[str, ...] = ("docker", "compose")
    """The program: ``[docker-compose]`` for the old one."""
    pull: bool = True
    """Whether images are pulled first."""
    scale: dict[str, int] = field(default_factory=dict)
    """How many containers a service has, where it is not one."""
    ends: tuple[str, ...] = ()
    """Services that do their work and end, such as migrations."""
    meanwhile: tuple[Step, ...] = ()
    """What users need all the time, for a project that is updated."""
    budget: int = 0
    """How often that may fail."""
    post: tuple[Step, ...] = ()
    """What cleans up."""
    limit: Duration = 300.0
    """How long it may take; the drill waits no longer."""
    interval: Duration = 1.0
    """Time between two looks."""

    def __post_init__(self) -> None:
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        if not 0.005 <= interval <= limit / 10:
            raise ValueError(f"interval {interval:g} s does not fit limit {limit:g} s: take at most a tenth of it")

    @property
    def program(self) -> tuple[str, ...]:
        """Compose, told which project it is about."""
        return (*self.compose, "-p", self.project, *(word for file in self.files for word in ("-f", file)))


class _Container(Struct, frozen=True, kw_only=True):
    """One of the project's containers."""

    id: str
    started: str
    state: str
    code: int
    health: str
    """``-`` where it has no health check."""
    service: str


class _Project(Struct, frozen=True, kw_only=True):
    """The project as it is, and as it should be."""

    ground: Ground
    params: Params
    services: frozenset[str]

    def containers(self) -> list[_Container]:
        """All of them, those that have ended too. Raises CannotTell."""
        label = f"label=com.docker.compose.project={self.params.project}"
        ids = locate.asked(self.ground, ("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", label)).split()
        if not ids:
            return []
        told = self.ground.act(("docker", "inspect", "--type=container", *ids), deadline=locate.DEADLINE).output
        described, _ = json.JSONDecoder().raw_decode(told, told.find("["))  # words about one that is gone since may stand around it
        return [_container(one) for one in described]

    def is_up(self, timeout: float) -> str:
        """Raises Down unless every service runs and is well."""
        there = self.containers()
        good = Counter(one.service for one in there if self._well(one))
        for service in sorted(self.services):
            if good[service] < self.params.scale.get(service, 1):
                states = ", ".join(f"{one.state}{'' if one.health == '-' else f' and {one.health}'}" for one in there if one.service == service)
                raise Down(f"{service} is {states or 'not there'}")
        if orphans := sorted({one.service for one in there} - self.services):
            raise Down(f"{', '.join(orphans)} is left over from another version of the file")
        return ""

    def _well(self, one: _Container) -> bool:
        if one.service in self.params.ends:
            return (one.state, one.code) == ("exited", 0)
        return one.state == "running" and one.health in ("-", "healthy")

    def claims(self) -> Iterator[str]:
        """A second start must change nothing."""
        before = {(one.id, one.started) for one in self.containers() if one.service not in self.params.ends}
        act = self.ground.act((*self.params.program, "up", "-d", "--remove-orphans"), deadline=seconds(self.params.limit))
        if act.code:
            yield f"a second start ended with {act.code} ({act.last})"
        elif before != {(one.id, one.started) for one in self.containers() if one.service not in self.params.ends}:
            yield "a second start, of the same files, started containers anew"


def _container(told: Any) -> _Container:
    state, labels = told["State"], told["Config"]["Labels"]
    return _Container(
        id=told["Id"], started=state["StartedAt"], state=state["Status"], code=state["ExitCode"],
        health=(state.get("Health") or {}).get("Status", "-"), service=labels["com.docker.compose.service"],
    )  # fmt: skip


def perform(ground: Ground, params: Params) -> Drilled:
    """Starts and times. Raises CannotTell, ProdreadyError."""
    services = frozenset(locate.asked(ground, (*params.program, "config", "--services")).split())
    if unknown := {*params.scale, *params.ends} - services:
        raise CannotTell(f"{shown(', '.join(sorted(unknown)))} is no service of the file", "mend 'scale' and 'ends'")
    project = _Project(ground=ground, params=params, services=services)
    acts = [("pull",)] * params.pull + [("up", "-d", "--remove-orphans")]
    told = Procedure(
        target=params.project, acts=[Step(run=(*params.program, *words), timeout=params.limit) for words in acts], until=project.is_up,
        limit=seconds(params.limit), interval=seconds(params.interval), meanwhile=params.meanwhile, budget=params.budget, post=params.post,
        claims=lambda: tuple(project.claims()),
    )  # fmt: skip
    return carry_out(Steps(ground=ground, word=token()), told)


DRILL = Drill(
    params=Params, perform=perform, expect="<= 5 min", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: params.project
)  # fmt: skip
