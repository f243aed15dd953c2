"""What only a machine inside can see: its runs leave records, and the gate reads them instead of looking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodready.context import Repo
    from prodready.model import Observation
    from prodready.policy import Policy
    from prodready.request import Request
    from prodready.settings import Settings
    from prodready.world.forge import GitHubForge


def told(repo: Repo, held: Policy, forge: GitHubForge, request: Request, settings: Settings) -> tuple[Mapping[str, Observation], tuple[str, ...]]:
    """What records tell, by item id, and notes on them; a part of a run looks itself, and its report is such a record."""
    if request.only or request.domains or not held.checklist.environment.items:
        return {}, ()
    from prodready import people
    from prodready.environment import records
    from prodready.world.origin import repository_name

    folders = [repo.root / records.FOLDER, *([request.evidence] if request.evidence else [])]
    setting = records.Setting(
        held=held.checklist, repository=settings.github.repository or repository_name(repo.root), folders=folders, trust=people.trust(repo, held),
        forge=forge, now=request.now or datetime.now(UTC),
    )  # fmt: skip
    return records.observations(setting)
