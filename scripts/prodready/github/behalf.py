"""On whose behalf a ``workflow_run`` publishes: the pull request behind the other run, by what GitHub's API says and nothing that run wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodready.errors import ProdreadyError
from prodready.github.client import GitHubPort
from prodready.github.event import Event, Kind, of_payload, other_run, parse
from prodready.settings import Settings


class NothingToPublish(Exception):
    """The other run speaks for no pull request of today; the message says why."""


class Behalf(Struct, frozen=True, kw_only=True):
    """The other run and the pull request it was for."""

    run: int
    pull: Mapping[str, Any]
    """As the API gives it."""

    @property
    def event(self) -> Event:
        """The pull request as an event, every field checked. Raises ProdreadyError."""
        return of_payload("pull_request_target", self._payload, sha=str(self.pull.get("merge_commit_sha") or ""))

    @property
    def _payload(self) -> Mapping[str, object]:
        return {"pull_request": self.pull, "sender": self.pull.get("user")}

    def settings(self, settings: Settings, folder: Path) -> Settings:
        """The settings as if the pull request had caused it: privileged, with the base branch and the head that the API tells."""
        payload = folder / "event.json"
        payload.write_text(json.dumps(self._payload), "utf-8")
        github = replace(settings.github, event_name="pull_request_target", event_path=str(payload), sha=self.event.merge)
        return replace(settings, github=github)


def of(settings: Settings, port: GitHubPort, workflow: str) -> Behalf:
    """The pull request behind the run that caused this one. Raises NothingToPublish, and ProdreadyError for what should not be."""
    event = parse(settings.github)
    if event.kind is not Kind.WORKFLOW_RUN:
        raise NothingToPublish(f"this run was caused by {event.name or 'nothing known'}, and not by another run (workflow_run)")
    run = other_run(settings.github)
    if run.event != "pull_request":
        raise NothingToPublish(f"the other run was caused by {run.event or 'nothing known'}, not by a pull request")
    if run.workflow.partition("@")[0] != workflow:
        raise ProdreadyError(f"the run is of {run.workflow or 'no'} workflow, not of {workflow}", "name the gate's workflow in the input 'workflow'")
    owner = run.head_owner
    found = [pull for pull in port.pulls(f"{owner}:{run.head_branch}") if _is_of(pull, run.head, run.head_repository)]
    if not found:
        raise NothingToPublish(f"no open pull request stands at {run.head[:12]} any more; its newer head has a run of its own")
    if len(found) > 1:
        raise ProdreadyError(f"{len(found)} open pull requests stand at {run.head[:12]}, and a commit has one status", "close all but one of them")
    return Behalf(run=run.id, pull=found[0])


def _is_of(pull: Mapping[str, Any], commit: str, repository: int) -> bool:
    head = pull.get("head") or {}
    return head.get("sha") == commit and (head.get("repo") or {}).get("id") == repository
