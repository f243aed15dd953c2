"""Send a secret of its own through every input, and search every sink for it: as it is, and encoded.

Each input sends another ``${CANARY}`` where secrets go: a password, a header, a field that makes the service stumble and print what it got. All
inputs also send ``${DRILL}`` where it may be logged (a path, a request id): a sink in which that word cannot be found is not the one that is
written to, and the drill is unknown. The sinks are then searched for each canary, and for either half of it, in plain and within base64, base32, hex,
URL, HTML and JSON escapes, quoted-printable, lists of bytes, UTF-16, gzip and zlib, and these within each other. Only what was written since the
drill began is searched, also in files that were rotated meanwhile.

A file that uses it:

    drill: canary_secret
    title: No log holds a password
    params:
      target: desk
      inputs:
        - {post: "http://localhost:8080/login?request=${DRILL}", body: "user=drill&password=${CANARY}", status: [401]}
        - {get: "http://localhost:8080/orders?request=${DRILL}", headers: {Authorization: "Bearer ${CANARY}"}, status: [401]}
      sinks:
        - {name: application log, files: [logs/*.log, logs/*.gz]}
        - {name: what the container prints, run: [docker, logs, desk]}
"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, judged
from prodready.drills.canary_secret.layers import search
from prodready.drills.canary_secret.sinks import Mark, Sink, marks, written
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.model import Finding, Severity
from prodready.names import counted, few
from prodready.probes import token

_LETTERS = string.ascii_letters + string.digits
_HALF = 16


class Params(Struct, frozen=True, kw_only=True):
    """Where secrets go in, and where they must not come out."""

    target: str
    """Whose inputs and sinks they are, in a word or two."""
    inputs: tuple[Step, ...]
    """Each sends ``${CANARY}``, and ``${DRILL}`` where it is logged."""
    sinks: tuple[Sink, ...]
    """Each is searched."""
    prefix: str = ""
    """What the canaries begin with, for filters that go by the shape of a key."""
    settle: Duration = 30.0
    """How long a sink may take until it shows the word of the drill."""

    def __post_init__(self) -> None:
        seconds(self.settle, "settle")
        if not self.inputs or not self.sinks:
            raise ValueError("name inputs and sinks: what is not looked at may leak")
        for step in self.inputs:
            if "${CANARY}" not in " ".join((*step.run, step.get, step.post, step.body, *step.headers.values())):
                raise ValueError(f"the input {str(step)!r} sends no ${{CANARY}}")


def perform(ground: Ground, params: Params) -> Drilled:
    """Sends and searches. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    for step in params.inputs:
        ground.permit.require(step.host or params.target, here=not step.host)
    first = params.inputs[0]
    ground.disturb(f"send a canary through {counted(len(params.inputs), 'input')}", at=first.host or params.target, here=not first.host)
    canaries = [params.prefix + "".join(secrets.choice(_LETTERS) for _ in range(2 * _HALF)) for _ in params.inputs]
    for canary in canaries:
        ground.journal.secrets.update((canary, canary[-2 * _HALF : -_HALF], canary[-_HALF:]))
    before = {sink.name: marks(ground, sink) for sink in params.sinks}
    for step, canary in zip(params.inputs, canaries, strict=True):
        if wrong := steps.given(CANARY=canary).wrong(step):
            raise CannotTell(f"the input {step} did not take the canary: {wrong}", "mend the input, and say in 'status' how it is answered")
        ground.journal.note("inject", f"a canary went through {step}")
    _settled(steps, params, before)
    return _searched(steps, params, canaries, before)


def _settled(steps: Steps, params: Params, before: Mapping[str, Mapping[str, Mark]]) -> None:
    """Waits until each sink shows the drill's word. Raises CannotTell when one does not: it is not what the inputs write to."""
    end = time.monotonic() + seconds(params.settle)
    missing = list(params.sinks)
    while missing := [sink for sink in missing if not search(written(steps, sink, before[sink.name]), {"word": (steps.word,)})]:
        if time.monotonic() > end:
            words = f"{few([sink.name for sink in missing])} does not hold the word that every input sent"
            raise CannotTell(words, "send ${DRILL} where it is logged, and name the sinks that are written to")
        time.sleep(0.2)
    steps.ground.journal.note("baseline", f"{counted(len(params.sinks), 'sink')} hold what the inputs sent for them to hold")


def _searched(steps: Steps, params: Params, canaries: Sequence[str], before: Mapping[str, Mapping[str, Mark]]) -> Drilled:
    names = {f"{number}": (canary, canary[-2 * _HALF : -_HALF], canary[-_HALF:]) for number, canary in enumerate(canaries)}
    findings = [
        _leak(sink, params.inputs[int(number)], how) for sink in params.sinks for number, how in search(written(steps, sink, before[sink.name]), names).items()
    ]
    for finding in findings:
        steps.ground.journal.note("observe", finding.message)
    told = f"{counted(len(params.inputs), 'input')} and {counted(len(params.sinks), 'sink')} of {params.target}"
    facts: dict[str, object] = {"inputs": [str(step) for step in params.inputs], "sinks": [sink.name for sink in params.sinks]}
    return judged(steps.ground, findings, examined=len(params.inputs) * len(params.sinks), told=told, facts=facts)


def _leak(sink: Sink, step: Step, how: str) -> Finding:
    message = f"what went through '{step}' is in '{sink.name}'{f', as {how}' if how else ''}"
    return Finding(
        rule="leaked-secret", message=message, severity=Severity.CRITICAL, anchor=f"{step} {sink.name}",
        fix="take it out where it is logged, and redact by the name of the field; what leaked for real must be revoked",
    )  # fmt: skip


DRILL = Drill(params=Params, perform=perform, expect="no findings")
