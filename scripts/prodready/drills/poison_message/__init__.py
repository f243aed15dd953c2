"""Send a message that no consumer can read, and see that it is set aside and the next one is read.

``poison`` and then ``good`` go to the same partition of ``topic``. The poison must arrive in the dead letter queue ``dlq`` within ``limit``, with
``headers`` that say where it comes from and why it is there; and the consumer ``group`` must commit past the good one behind it: one bad message must
not stop all that follow. Nobody in the group, before anything is sent, proves nothing. The measure is the time until the poison is in the queue.

A file that uses it:

    drill: poison_message
    title: A message that is none goes to the dead letter queue
    params:
      bootstrap: localhost:9092
      topic: order_intents
      dlq: order_intents.dlq
      group: risk
      good: '{"drill": "${DRILL}", "quantity": 0}'
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodready import kafka
from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.outage import Span
from prodready.engine.steps import Steps
from prodready.kafka import Brokers
from prodready.model import Finding
from prodready.names import few
from prodready.probes import token

TOOL = "kafka_poison"


class Params(Struct, frozen=True, kw_only=True):
    """Which topic, which queue, who consumes."""

    bootstrap: Brokers = "kafka"
    """Brokers, the name of a target, or a target."""
    topic: str
    """Where the messages go."""
    dlq: str
    """The dead letter queue of its consumers."""
    group: str
    """The consumer group that must go on."""
    good: str
    """A message that the consumers can read, and that moves nothing; ``${DRILL}`` is a word of this run."""
    poison: str = '{"prodready-drill": "${DRILL}"'
    """A message that they cannot read; it ends in the middle of its JSON."""
    headers: tuple[str, ...] = ()
    """Headers that the message must have in the queue; any at all when empty."""
    limit: Duration = 30.0
    """How long it may take, for either."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        if "${DRILL}" not in self.poison:
            raise ValueError("the poison needs ${DRILL} in it, or it cannot be told from another")

    @property
    def target(self) -> str:
        """What the history calls it."""
        where = self.bootstrap if isinstance(self.bootstrap, str) else self.bootstrap.bootstrap
        return f"kafka://{where}/{self.topic}"


def perform(ground: Ground, params: Params) -> Drilled:
    """Sends both, and looks for both. Raises CannotTell, ProdreadyError."""
    steps, limit = Steps(ground=ground, word=token()), seconds(params.limit)
    world = replace(ground.world, secret=ground.secret)
    brokers = kafka.cluster(world, params.bootstrap).bootstrap.split(",")
    for host in (broker.strip().rpartition(":")[0] for broker in brokers):
        ground.permit.require(host)
    ground.disturb(f"send a message that is none to {params.topic}", at=brokers[0].strip().rpartition(":")[0])
    question = {
        "topic": params.topic, "dlq": params.dlq, "group": params.group, "word": steps.word, "poison": steps.filled(params.poison),
        "good": steps.filled(params.good), "seconds": limit,
    }  # fmt: skip
    told, _ = kafka.ask(world, params.bootstrap, TOOL, question, deadline=3 * limit + 60)
    if not told.get("members"):
        raise CannotTell(f"nobody consumes {params.topic} in the group {params.group}, so nothing was sent", "start the consumers first")
    claims = [] if told.get("dlq_known") else [claim("no-queue", f"there is no topic {params.dlq}", "create it")]
    claims = claims or _wrong(params, told)
    low, high = told.get("arrived") or (limit, math.inf)
    ground.journal.note("observe", claims[0].message if claims else f"the poison is in {params.dlq} after {high:.3f} s, and the group went on")
    return timed(ground, Span(low, high or math.inf), claims, told=f"{params.topic}: from the poison to {params.dlq}", facts=dict(told))


def _wrong(params: Params, told: Mapping[str, Any]) -> list[Finding]:
    claims = []
    headers = told.get("headers")
    if headers is None:
        late = f"the poison was not in {params.dlq} within {seconds(params.limit):g} s"
        claims.append(claim("not-set-aside", late, "catch what cannot be read, and set it aside"))
    elif missing := [name for name in params.headers if name not in headers] or ([] if headers else ["any"]):
        claims.append(claim("no-headers", f"in {params.dlq} the poison lacks the headers {few(missing)}", "say there where it comes from, and why"))
    if not told.get("went_on"):
        claims.append(claim("consumer-stuck", f"{params.group} did not commit past the good message behind the poison", "go on after what was set aside"))
    return claims


DRILL = Drill(params=Params, perform=perform, expect="<= 30 s", bound=lambda params: f"<= {seconds(params.limit):g} s")
