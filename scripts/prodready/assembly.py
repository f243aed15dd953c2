"""Puts the real world together for a request, and holds it to its policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodready.context import Forge, People, Repo
from prodready.model import Checklist, Observation, Report
from prodready.request import Request
from prodready.settings import Settings
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.origin import repository_name
from prodready.world.process import Processes
from prodready.world.repo import open_repo

if TYPE_CHECKING:
    from prodready.pipeline import People as Signed
    from prodready.policy import Policy
    from prodready.progress import Progress


def gate(request: Request, settings: Settings, progress: Progress, *, partials: Sequence[Report] = (), parts: int | None = None) -> Report:
    """The report on a request, with what partial reports already saw, all ``parts`` of them. Raises ProdreadyError for anything the user can mend."""
    from prodready import environment, people, policy  # here, since the world of one check needs neither
    from prodready.compare import effect
    from prodready.partials import observations
    from prodready.pipeline import Choice, assess

    repo = open_repo(request.path, base=request.base)
    held = policy.choose(repo, profile=request.profile, base=request.base)
    if held.checklist.exclude:
        repo = open_repo(request.path, base=request.base, exclude=held.checklist.exclude)
    forge = people.forge_of(repo, request, settings)
    asked = people.signatures(repo, held, forge, request, settings)
    with world(repo, held.checklist, request, settings, forge=forge, asked=asked) as outside:
        choice = Choice(stage=request.stage, only=request.only, domains=request.domains, jobs=request.jobs, deadline=request.deadline, fail_on=request.fail_on)
        commit = repo.history.head if repo.history else ""
        signed, seen = people.people(asked, held, request, settings), observations(partials, commit)
        if parts is not None:
            signed, seen = _complete(held, repo, request, parts, signed, seen)
        inside, told = environment.told(repo, held, forge, request, settings)
        given = {**seen, **inside}
        report = assess(held.checklist, outside, choice, progress, notes=(*people.told(held), *told), given=given, people=signed)
        return report if held.candidate is None else replace(report, notes=(*report.notes, effect(report, held.candidate)))


def _complete(
    held: Policy, repo: Repo, request: Request, number: int, signed: Signed, given: Mapping[str, Observation]
) -> tuple[Signed, dict[str, Observation]]:
    """With the parts that should have reported and did not: their items are unknown, and the run fails."""
    from prodready import shards
    from prodready.plan import plan

    missing = shards.lost(shards.split(plan(held.checklist, repo, stage=request.stage), number), given)
    told = tuple(f"the part {part.name} of this run left no whole report" for part in missing)
    return replace(signed, tampering=(*signed.tampering, *told)), {**shards.untold(missing, given), **given}


@contextmanager
def world(
    repo: Repo, checklist: Checklist | None, request: Request, settings: Settings, *, forge: Forge | None = None, asked: People | None = None
) -> Iterator[World]:
    """The world of a run; whatever it started is stopped when the run ends, however it ends."""
    with _cache(request, settings) as cache:
        processes = Processes(cache=cache, offline=request.offline)
        try:
            yield World(
                name=settings.github.repository or (repository_name(repo.root) if repo.history else repo.root.name),
                repo=repo,
                processes=processes,
                http=RealHttp(offline=request.offline),
                now=request.now or datetime.now(UTC),
                offline=request.offline,
                privileged=_privileged(settings),
                targets=_targets(checklist, settings),
                environ=os.environ,
                forge=forge,
                people=asked,
                limits=_limits(request),
            )
        finally:
            processes.kill_all()


@contextmanager
def _cache(request: Request, settings: Settings) -> Iterator[Path]:
    if not request.no_cache:
        yield settings.cache
        return
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="prodready-cache-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _privileged(settings: Settings) -> bool:
    """Events that run with the base repository's token on somebody else's code."""
    return settings.github.event_name in ("pull_request_target", "workflow_run", "issue_comment")


def _targets(checklist: Checklist | None, settings: Settings) -> Mapping[str, object]:
    own = dict(checklist.targets) if checklist else {}
    return {**own, **({"osv": settings.osv_url} if settings.osv_url else {})}


def _limits(request: Request) -> tuple[str, ...]:
    lines = []
    if request.offline:
        lines.append("offline: nothing that needs the network could be told")
    if request.now:
        lines.append(f"ages are judged as of {request.now.isoformat()}, set by --now")
    if request.fail_on != "gate":
        lines.append(f"stricter than the profile: --fail-on {request.fail_on}")
    return tuple(lines)
