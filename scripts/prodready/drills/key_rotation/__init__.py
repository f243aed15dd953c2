"""Rotate a key: the new one works at once, the old one through its grace and not a moment longer, and nobody notices.

``key`` prints the key in force (a name or a fingerprint is enough where the key itself stays where it is), ``use`` does something with ``${KEY}``.
Before the rotation the key must work and be no older than ``max_age``, which ``born`` tells (a time as 2026-01-31T09:30:00Z or seconds since 1970).
Then ``rotate``; the key must be another one, and must work. The old one must work on while its grace lasts, where there is one, and must be refused
at its end: a rotation that leaves the old key alive is none. ``meanwhile`` is what clients do all the time, and must never fail. Keys are masked in
everything that the drill leaves. The measure is the time from the rotation to the end of the old key.

A file that uses it:

    drill: key_rotation
    title: Signing keys rotate every 90 days with 15 minutes of grace
    params:
      target: signing key
      key: {run: [cat, keys/current]}
      born: {run: [stat, -c, "%Y", keys/current]}
      use: {get: "http://localhost:8080/signed", headers: {Authorization: "Bearer ${KEY}"}}
      rotate: {run: [./rotate.sh]}
      grace: 15 min
      max_age: 90 d
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import Arrival, arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.engine.watch import Watch
from prodready.model import Finding
from prodready.names import counted
from prodready.probes import token
from prodready.readers import stamps

_SLACK = 2.0
"""Looks by which an end may come early or late: between two of them nobody saw."""


class Params(Struct, frozen=True, kw_only=True):
    """Which key, and how it is used and rotated."""

    target: str
    """Which key, in a word or two."""
    key: Step
    """Prints the key in force, or its name."""
    use: Step
    """Does something with ``${KEY}``."""
    rotate: Step
    """Rotates."""
    born: Step | None = None
    """Prints when the key in force was made."""
    max_age: Duration = "90 d"
    """How old it may be before it is rotated."""
    grace: Duration = 0.0
    """How long the old key works on."""
    late: Duration = 60.0
    """How much longer it may work at most."""
    meanwhile: tuple[Step, ...] = ()
    """What clients do all the time."""
    interval: Duration = 1.0
    """Time between two looks."""

    def __post_init__(self) -> None:
        for name in ("max_age", "grace", "late", "interval"):
            seconds(getattr(self, name), name)


def perform(ground: Ground, params: Params) -> Drilled:
    """Rotates, and watches both keys. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    for step in filter(None, (params.rotate, params.use)):
        ground.permit.require(step.host or params.target, here=not step.host)
    old = _key(steps, params)
    if not steps.given(KEY=old).admitted(params.use):
        raise CannotTell("the key in force was refused before anything was done", "see that 'key' prints the one that 'use' needs")
    claims = _aged(steps, params)
    ground.journal.note("baseline", "the key in force works")
    ground.disturb(f"rotate: {params.rotate}", at=params.rotate.host or params.target, here=not params.rotate.host)
    ended = _rotated(steps, params, old, claims)
    return timed(ground, ended.took, claims, told=f"{params.target}: from the rotation to the end of the old key")


def _rotated(steps: Steps, params: Params, old: str, claims: list[Finding]) -> Arrival:
    """Rotates, and waits for the end of the old key; what is wrong goes to the claims."""
    grace, interval = seconds(params.grace), seconds(params.interval)

    def rotate() -> str:
        wrong = steps.wrong(params.rotate)
        if not wrong:
            claims.extend(_renewed(steps, params, old))
        return wrong and f"the rotation failed: {wrong}"

    def serves(timeout: float) -> str:
        steps.all_hold(params.meanwhile)
        return ""

    def look() -> str:
        return "the old key still works" if steps.given(KEY=old).admitted(params.use) else ""

    with ExitStack() as watches:
        users = watches.enter_context(Watch(serves, interval)) if params.meanwhile else None
        if users and not (users.until(bool, time.monotonic() + 60) and users.samples[0].ok):
            raise CannotTell("what clients do did not work before anything was done", "mend 'meanwhile', or the service")
        ended = arrival(rotate, look, limit=grace + seconds(params.late), interval=interval)
        noticed = [sample for sample in users.samples if not sample.ok] if users else []
    steps.ground.journal.note("observe", ended.why or f"the old key is refused after {ended.took.high:.3f} s")
    if ended.why:
        claims.append(claim("old-key-lives", ended.why, "let the rotation end the old key"))
    elif ended.took.high < grace - _SLACK * interval:
        claims.append(claim("no-grace", f"the old key ended after {ended.took.high:.1f} s, and its grace is {grace:g} s", "keep both for the grace"))
    if noticed:
        claims.append(claim("clients-noticed", f"{counted(len(noticed), 'request')} of clients failed meanwhile: {noticed[0].detail}", "accept both keys"))
    return ended


def _renewed(steps: Steps, params: Params, old: str) -> list[Finding]:
    new = _key(steps, params)
    if new == old:
        return [claim("not-rotated", "the key in force is the same as before", "see what 'rotate' does")]
    if not steps.given(KEY=new).admitted(params.use):
        return [claim("new-key-refused", "the new key does not work at once", "make it known before it is used")]
    steps.ground.journal.note("observe", "the new key works")
    return []


def _aged(steps: Steps, params: Params) -> list[Finding]:
    if params.born is None:
        return []
    told = steps.told(params.born)
    wrong, moment = steps.amiss(params.born, told), stamps.latest(told.text.strip())
    if wrong or moment is None:
        raise CannotTell(f"the age of the key cannot be told: {wrong or 'what it printed is no time'}", "let 'born' print a time with its zone")
    age = (datetime.now(UTC) - moment).total_seconds()
    if age > seconds(params.max_age):
        return [claim("old-key", f"the key was {age / 86_400:.0f} days old, and may be {seconds(params.max_age) / 86_400:g}", "rotate on a schedule")]
    return []


def _key(steps: Steps, params: Params) -> str:
    """The key in force, masked from now on. Raises CannotTell."""
    told = steps.told(params.key)
    wrong, key = steps.amiss(params.key, told), told.text.strip()
    if wrong or not key or len(key) > 16_384:
        raise CannotTell(f"the key in force cannot be told: {wrong or 'nothing was printed'}", "let 'key' print it, or its name, and nothing else")
    steps.ground.journal.secrets.add(key)
    return key


DRILL = Drill(params=Params, perform=perform, expect="<= 16 min", bound=lambda params: f"<= {seconds(params.grace) + seconds(params.late):g} s")
