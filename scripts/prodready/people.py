"""Between the policy and the verdict: how the roles stand, and whether a weaker gate was agreed to."""

from __future__ import annotations

from datetime import UTC, datetime

from prodready import policy
from prodready.context import Repo
from prodready.evidence.signature import Trust
from prodready.github.event import Event, Kind, parse
from prodready.github.publish import port_of
from prodready.names import few
from prodready.pipeline import Agreement, People
from prodready.policy import Policy
from prodready.request import Request
from prodready.settings import Settings
from prodready.signoffs.collect import Scene, Signatures
from prodready.world.forge import GitHubForge
from prodready.world.origin import repository_name

SIGNERS, REVOKED = ".prodready/allowed_signers", ".prodready/revoked_keys"
"""Below the toplevel, read where the policy is read."""


def forge_of(repo: Repo, request: Request, settings: Settings) -> GitHubForge:
    """GitHub as this run may ask it, and the commit that people sign: a pull request's own head, also in a merge queue."""
    event = parse(settings.github)
    head = event.head or (repo.history.head if repo.history else "")
    found = GitHubForge(port=port_of(settings), org_port=port_of(settings, org=True), pull=event.pr, head=head, offline=request.offline)
    if event.kind is Kind.MERGE_GROUP and event.pr:
        found.head = _queued(found, event)
    return found


def _queued(forge: GitHubForge, event: Event) -> str:
    """The head of a queued pull request; an id that no word fits when it cannot be read."""
    from prodready.check import CannotTell

    try:
        return str(forge.get(f"/pulls/{event.pr}")["head"]["sha"])
    except (CannotTell, KeyError, TypeError):
        return ""


def signatures(repo: Repo, held: Policy, forge: GitHubForge, request: Request, settings: Settings) -> Signatures:
    """Everybody's word; nobody is asked before a role needs it."""
    scene = Scene(
        repo=repo, forge=forge, repository=settings.github.repository or repository_name(repo.root), trust=trust(repo, held),
        now=request.now or datetime.now(UTC), run_id=settings.github.run_id, evidence=request.evidence,
    )  # fmt: skip
    return Signatures(held.checklist, scene)


def trust(repo: Repo, held: Policy) -> Trust | None:
    """Whose keys count, at the base; None where the base names nobody. Raises ChecklistError."""
    allowed = policy.at_policy(repo, held, SIGNERS)
    return Trust(allowed=allowed, revoked=policy.at_policy(repo, held, REVOKED) or "") if allowed else None


def people(asked: Signatures, held: Policy, request: Request, settings: Settings) -> People:
    """How the roles of this run stand; part of a checklist needs none, for the whole is what is signed."""
    if request.only or request.domains:
        return People()
    weaker = asked.of_weaker_gate() if held.weaker else ()
    return People(
        signoffs=(*asked.of_stage(request.stage), *weaker), tampering=(*held.tampering, *_clock(request, settings)), candidate=held.candidate,
        agreement=Agreement(ask=asked.of_weaker_gate),
    )  # fmt: skip


def _clock(request: Request, settings: Settings) -> tuple[str, ...]:
    if request.now is None or not settings.github.actions:
        return ()
    return (f"the clock of a gate on GitHub was set to {request.now.isoformat()} by --now: ages and signatures of people cannot be told that way",)


def told(held: Policy) -> tuple[str, ...]:
    """The notes on what this change does to its gate."""
    weaker = (f"this change weakens its gate: {few(held.weaker, 6)}",) if held.weaker else ()
    return (*held.notes, *weaker)
