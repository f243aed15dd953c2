"""What happened on GitHub, read from the payload file of a workflow run: bounded, checked field by field, fail closed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from prodready.errors import ProdreadyError
from prodready.settings import GitHubSettings, Settings

LIMIT = 32 * 1024 * 1024
"""Bytes of the payload file; GitHub caps a webhook at 25 MB."""
PRIVILEGED = frozenset(("pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment", "fork", "watch"))
"""Events that strangers can cause and that still run with write tokens and secrets."""
_DEPENDABOT = "dependabot[bot]"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_QUEUE = re.compile(r"gh-readonly-queue/(?P<base>[^\n]+)/pr-(?P<pr>[1-9][0-9]{0,8})-[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"(?![-/.])(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.))[^\x00-\x20\x7f~^:?*\[\\]{1,250}(?<![/.])")
"""What ``git check-ref-format --branch`` lets through; a branch name goes into arguments of git and into API addresses."""


class Kind(StrEnum):
    """The events the gate tells apart."""

    PULL_REQUEST = "pull_request"
    MERGE_GROUP = "merge_group"
    PUSH = "push"
    SCHEDULE = "schedule"
    WORKFLOW_DISPATCH = "workflow_dispatch"
    WORKFLOW_RUN = "workflow_run"
    OTHER = "other"


class Event(Struct, frozen=True, kw_only=True):
    """One event, with every field checked."""

    kind: Kind
    name: str
    """The event's own name; ``pull_request_target`` is of the kind pull_request and privileged."""
    pr: int | None = None
    head: str = ""
    """The commit the verdict is about: the head of the pull request or of the merge group, else the commit of the run."""
    merge: str = ""
    """GITHUB_SHA: for a pull request the merge commit that actions/checkout takes by default."""
    base_ref: str = ""
    """Branch the change goes to, empty where there is none."""
    base_sha: str = ""
    fork: bool = False
    dependabot: bool = False
    privileged: bool = False

    @property
    def read_only(self) -> str:
        """Why GitHub gives this run a token that cannot write, in words; empty when it should be able to."""
        if self.privileged:
            return ""
        if self.fork:
            return "the pull request comes from a fork"
        return "Dependabot started it" if self.dependabot else ""


def parse(github: GitHubSettings) -> Event:
    """The event of this run. Raises ProdreadyError when the payload does not say what the event needs."""
    if not github.event_name:
        return Event(kind=Kind.OTHER, name="", head=_commit_or_empty(github.sha), merge=_commit_or_empty(github.sha))
    return of_payload(github.event_name, _payload(github.event_path, github.event_name), sha=github.sha)


def of_payload(name: str, payload: Mapping[str, object], *, sha: str) -> Event:
    """The event of that name and payload, in a run of that commit. Raises ProdreadyError likewise."""
    if name in ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"):
        return _pull_request(name, payload, sha)
    if name == "merge_group":
        return _merge_group(name, payload, sha)
    kind, commit = Kind(name) if name in tuple(Kind) else Kind.OTHER, _commit_or_empty(sha)
    return Event(kind=kind, name=name, head=commit, merge=commit, privileged=name in PRIVILEGED)


class OtherRun(Struct, frozen=True, kw_only=True):
    """The run that caused a ``workflow_run``, every field checked."""

    id: int
    event: str
    workflow: str
    """Path of its file; GitHub may add ``@`` and a ref."""
    head: str
    head_branch: str
    head_owner: str
    head_repository: int


def other_run(github: GitHubSettings) -> OtherRun:
    """From the payload of a ``workflow_run``. Raises ProdreadyError when it does not say what it must, or speaks of another repository."""
    run = _part(_payload(github.event_path, github.event_name), "workflow_run")
    here, head = _part(run, "repository"), _part(run, "head_repository")
    if here.get("full_name") != github.repository:
        raise _odd("workflow_run.repository is not this repository")
    return OtherRun(
        id=_number(run.get("id"), "workflow_run.id", 10**15), event=str(run.get("event") or ""), workflow=str(run.get("path") or ""),
        head=_commit(run.get("head_sha"), "workflow_run.head_sha"), head_branch=_branch(run.get("head_branch"), "workflow_run.head_branch"),
        head_owner=str(_login(head.get("owner")) or ""), head_repository=_number(head.get("id"), "workflow_run.head_repository.id", 10**15),
    )  # fmt: skip


def base_ref(settings: Settings, folder: Path = Path()) -> str | None:
    """What the change is compared with: the base branch where the checkout has it, else the base commit; None without a base.

    Raises ProdreadyError when the event is odd: a change must not lose its base that way.
    """
    from prodready.world.git import question

    event = parse(settings.github)
    if event.kind is Kind.PULL_REQUEST:
        remote = f"refs/remotes/origin/{event.base_ref}"
        return event.base_ref if question(folder, "rev-parse", "--verify", "--quiet", f"{remote}^{{commit}}") else event.base_sha
    return event.base_sha or None


def _pull_request(name: str, payload: Mapping[str, object], sha: str) -> Event:
    pull = _part(payload, "pull_request")
    head, base = _part(pull, "head"), _part(pull, "base")
    return Event(
        kind=Kind.PULL_REQUEST,
        name=name,
        pr=_number(pull.get("number"), "pull_request.number"),
        head=_commit(head.get("sha"), "pull_request.head.sha"),
        merge=_commit_or_empty(sha),
        base_ref=_branch(base.get("ref"), "pull_request.base.ref"),
        base_sha=_commit(base.get("sha"), "pull_request.base.sha"),
        fork=_identity(head) is None or _identity(head) != _identity(base),
        dependabot=_login(payload.get("sender")) == _DEPENDABOT,
        privileged=name in PRIVILEGED,
    )


def _merge_group(name: str, payload: Mapping[str, object], sha: str) -> Event:
    group = _part(payload, "merge_group")
    base_ref = _branch(_bare(group.get("base_ref")), "merge_group.base_ref")
    queued = _QUEUE.fullmatch(_bare(group.get("head_ref")))
    if queued is None or queued["base"] != base_ref:
        raise _odd("merge_group.head_ref does not name a pull request of the queue of this branch")
    return Event(
        kind=Kind.MERGE_GROUP,
        name=name,
        pr=int(queued["pr"]),
        head=_commit(group.get("head_sha"), "merge_group.head_sha"),
        merge=_commit_or_empty(sha),
        base_ref=base_ref,
        base_sha=_commit(group.get("base_sha"), "merge_group.base_sha"),
    )


def _payload(path: str, name: str) -> Mapping[str, object]:
    try:
        with Path(path).open("rb") as handle:
            raw = handle.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        raise _odd(f"the payload of the {name} event cannot be read: {type(error).__name__}") from None
    if len(raw) > LIMIT:
        raise _odd(f"the payload of the {name} event is larger than {LIMIT // 2**20} MiB")
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        raise _odd(f"the payload of the {name} event is not JSON") from None
    if not isinstance(payload, Mapping):
        raise _odd(f"the payload of the {name} event is not an object")
    return payload


def _odd(what: str) -> ProdreadyError:
    remedy = "Run the gate on pull_request, merge_group, push, schedule or workflow_dispatch; in a test give the payload by GITHUB_EVENT_PATH."
    return ProdreadyError(f"{what}, so it is not known what to gate", remedy)


def _part(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    part = data.get(key)
    if not isinstance(part, Mapping):
        raise _odd(f"the event's payload has no {key}")
    return part


def _number(value: object, where: str, below: int = 10**9) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < below:
        return value
    raise _odd(f"the event's payload has no {where}")


def _commit_or_empty(value: object) -> str:
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else ""


def _commit(value: object, where: str) -> str:
    if sha := _commit_or_empty(value):
        return sha
    raise _odd(f"{where} is not a commit id")


def _bare(ref: object) -> str:
    return ref.removeprefix("refs/heads/") if isinstance(ref, str) else ""


def _branch(value: object, where: str) -> str:
    if isinstance(value, str) and _BRANCH.fullmatch(value):
        return value
    raise _odd(f"{where} is not a branch name")


def _identity(side: Mapping[str, object]) -> int | None:
    """The repository's number; None for a fork that has been deleted."""
    repository = side.get("repo")
    number = repository.get("id") if isinstance(repository, Mapping) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _login(user: object) -> object:
    return user.get("login") if isinstance(user, Mapping) else None
