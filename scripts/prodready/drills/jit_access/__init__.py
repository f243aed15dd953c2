"""Ask for rights that nobody has standing, and see: refused before the approval, granted after it, gone again in time.

``use`` does what only the right allows. It must be refused before; so must an approval by who asked (``self_approve``). After ``request`` and
``approve``, by somebody else, it must be admitted within ``limit``; without ``approve`` the drill waits for people, which is the real thing. Then it
must be refused again: within ``lasts``, after ``revoke`` where that is given. ``audit`` must find who asked, who approved and when. The measure is
the time from the request to the first use.

A file that uses it:

    drill: jit_access
    title: Access to production is approved within 15 minutes and ends by itself
    params:
      target: production database
      use: {run: [./psql-as-me.sh], denies: [2]}
      request: {post: "http://localhost:8200/request", body: '{"role": "dba", "reason": "drill ${DRILL}"}'}
      self_approve: {post: "http://localhost:8200/approve", body: '{"by": "me"}'}
      approve: {run: [./approve-as-lead.sh]}
      audit: [{get: "http://localhost:8200/audit", matches: '${DRILL}'}]
      limit: 15 min
      lasts: 5 min
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import Arrival, arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.steps import Step, Steps
from prodready.model import Finding
from prodready.probes import token


class Params(Struct, frozen=True, kw_only=True):
    """What is asked for, and by what steps."""

    target: str
    """What the right is for, in a word or two."""
    use: Step
    """What only the right allows."""
    request: Step
    """Asks for it."""
    approve: Step | None = None
    """Approves as somebody else; people do when it is missing."""
    self_approve: Step | None = None
    """Approves as who asked: must be refused."""
    revoke: Step | None = None
    """Ends it early; always done."""
    audit: tuple[Step, ...] = ()
    """What the trail must show afterwards: ``matches: '${DRILL}'``."""
    limit: Duration = 900.0
    """How long the approval may take."""
    lasts: Duration = 3600.0
    """Within which time the right must be gone again."""
    interval: Duration = 1.0
    """Time between two looks."""

    def __post_init__(self) -> None:
        for name in ("limit", "lasts", "interval"):
            seconds(getattr(self, name), name)


def perform(ground: Ground, params: Params) -> Drilled:
    """Asks, uses, and waits for the end. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    for step in filter(None, (params.request, params.approve, params.use)):
        ground.permit.require(step.host or params.target, here=not step.host)
    if steps.admitted(params.use):
        raise CannotTell("it was admitted before anybody asked: the right stands, and an approval would prove nothing", "take the standing right away")
    ground.journal.note("baseline", "without a right it is refused")
    ground.disturb(f"ask for a right: {params.request}", at=params.request.host or params.target, here=not params.request.host)
    if params.revoke and params.revoke.run:
        ground.guard.arm([Undo(what=f"revoke: {params.revoke}", argv=tuple(map(steps.filled, params.revoke.run)))])
    came, claims = _granted(steps, params)
    if not claims and not came.why:
        claims += _gone(steps, params)
        claims += [claim("no-trail", f"the trail lacks it: {step}: {wrong}", "log who asked, who approved, and when") for step, wrong in _untold(steps, params)]
    return timed(ground, came.took, claims, told=f"{params.target}: from the request to the first use")


def _granted(steps: Steps, params: Params) -> tuple[Arrival, list[Finding]]:
    """Asks and waits for the right."""
    claims: list[Finding] = []

    def ask() -> str:
        if wrong := steps.wrong(params.request):
            return f"the request failed: {wrong}"
        if params.self_approve and steps.admitted(params.self_approve):
            claims.append(claim("approves-itself", "who asked could approve it too", "let somebody else approve"))
        if steps.admitted(params.use):
            claims.append(claim("granted-unapproved", "the request alone gave the right, before anybody approved", "grant on approval"))
        return "" if params.approve is None else f"the approval failed: {wrong}" if (wrong := steps.wrong(params.approve)) else ""

    came = arrival(ask, _used(steps, params, True), limit=seconds(params.limit), interval=seconds(params.interval))
    steps.ground.journal.note("observe", f"no right: {came.why}" if came.why else f"it is admitted after {came.took.high:.3f} s")
    return came, [*claims, *([claim("not-granted", f"the right did not come: {came.why}", "see who approves, and who is told of it")] if came.why else [])]


def _gone(steps: Steps, params: Params) -> list[Finding]:
    """What is wrong about the right's end."""
    revoke = params.revoke
    act = (lambda: steps.wrong(revoke)) if revoke else (lambda: "")
    came = arrival(act, _used(steps, params, False), limit=seconds(params.lasts), interval=seconds(params.interval))
    steps.ground.journal.note("recovered", f"the right stays: {came.why}" if came.why else f"it is refused again after {came.took.high:.3f} s")
    return [claim("right-stays", f"the right did not end: {came.why}", "let it expire by itself")] if came.why else []


def _used(steps: Steps, params: Params, wanted: bool) -> Callable[[], str]:
    return lambda: "" if steps.admitted(params.use) is wanted else "it is still refused" if wanted else "it is still admitted"


def _untold(steps: Steps, params: Params) -> list[tuple[Step, str]]:
    return [(step, wrong) for step in params.audit if (wrong := steps.wrong_within(step, seconds(params.interval)))]


DRILL = Drill(params=Params, perform=perform, expect="<= 15 min", bound=lambda params: f"<= {seconds(params.limit):g} s")
