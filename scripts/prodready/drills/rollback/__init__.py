"""Roll a service back to the version before, and time how long until every one of its replicas serves it.

``act`` is the procedure of the runbook, as it stands there: tag, deploy. The service must serve something else before, else nothing would be
proven. Each replica is asked by itself, from inside its own network, since a load balancer shows one of them and hides the one that hangs:
all that the swarm wants must run on this machine and say the version, ``times`` in a row. Meanwhile users' requests may fail ``budget`` times, and
``post`` brings the newer version back.

A file that uses it:

    drill: rollback
    title: A bad release is gone within 30 s
    params:
      service: desk_web
      to: 2.3.9
      act: [{run: [git, tag, -f, prod-rollback, v2.3.9]}, {run: [docker, stack, deploy, -c, rollback.yml, desk], timeout: 60 s}]
      version: http://localhost:8080/version
      meanwhile: [{get: "http://localhost:8080/health"}]
      post: [{run: [docker, stack, deploy, -c, stack.yml, desk], timeout: 60 s}]
"""

from __future__ import annotations

import re

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.netns import inside, of_process
from prodready.engine.procedure import Procedure, carry_out
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Down
from prodready.faults import locate
from prodready.names import shown
from prodready.probes import Address, http, parse, token


class Params(Struct, frozen=True, kw_only=True):
    """What is rolled back to what, and what users may notice."""

    service: str
    """The swarm service: ``STACK_NAME``."""
    to: str
    """The version that must be served in the end, as it says itself."""
    act: tuple[Step, ...]
    """The procedure, one step after the other."""
    version: str = "http://localhost:8080/version"
    """Where a replica says its version, as seen from inside it."""
    meanwhile: tuple[Step, ...] = ()
    """What users need all the time."""
    budget: int = 0
    """How often that may fail."""
    post: tuple[Step, ...] = ()
    """What brings the newer version back."""
    times: int = 3
    """How often in a row every replica must say it."""
    limit: Duration = 30.0
    """How long it may take; the drill waits no longer."""
    interval: Duration = 0.25
    """Time between two looks."""

    def __post_init__(self) -> None:
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        if not self.act or not self.to:
            raise ValueError("a rollback needs steps in 'act', and a version in 'to'")
        if parse(self.version, lambda name: name).scheme != "http":
            raise ValueError("version: replicas are asked from inside, by http://")
        if not 0.005 <= interval <= limit / 10:
            raise ValueError(f"interval {interval:g} s does not fit limit {limit:g} s: take at most a tenth of it")


class _Replicas(Struct, frozen=True, kw_only=True):
    """The replicas of the service."""

    ground: Ground
    params: Params
    address: Address

    def wanted(self) -> int:
        """How many the swarm wants. Raises CannotTell."""
        told = locate.asked(self.ground, ("docker", "service", "ps", "--filter", "desired-state=running", "--quiet", self.params.service))
        return len(told.split())

    def say(self, timeout: float) -> str:
        """Raises Down unless every replica says the version."""
        running = locate.containers("swarm", self.params.service, self.ground)
        if (wanted := self.wanted()) != len(running):
            raise Down(f"{len(running)} of {wanted} replicas run")
        for container in running:
            self._ask(container, timeout)
        return ""

    def _ask(self, container: str, timeout: float) -> None:
        try:
            process = locate.process_of(container, self.ground)
        except CannotTell as gone:  # replaced since it was listed
            raise Down(gone.reason) from None
        with inside(of_process(process)):
            said = http.fetch(self.address, timeout)
        if not re.search(rf"(?<![\w.]){re.escape(self.params.to)}(?![\w.])", said):  # 2.3 is not found in 2.3.9, nor in 12.3
            raise Down(f"replica {container[:12]} says {shown(said.strip()[:40])!r}")


def perform(ground: Ground, params: Params) -> Drilled:
    """Rolls back and times. Raises CannotTell, ProdreadyError."""
    replicas = _Replicas(ground=ground, params=params, address=parse(params.version, ground.secret))
    here, wanted = len(locate.containers("swarm", params.service, ground)), replicas.wanted()
    if here != wanted or not here:
        raise CannotTell(
            f"{here} of {wanted} replicas of {shown(params.service)} run on this machine", "run the drill where all of them do, or write a drill 'timed'"
        )
    told = Procedure(
        target=params.service, acts=params.act, until=replicas.say, limit=seconds(params.limit), interval=seconds(params.interval), times=params.times,
        meanwhile=params.meanwhile, budget=params.budget, post=params.post,
    )  # fmt: skip
    return carry_out(Steps(ground=ground, word=token()), told)


DRILL = Drill(
    params=Params, perform=perform, expect="<= 30 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: params.service
)  # fmt: skip
