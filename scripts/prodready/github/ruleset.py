"""The branch rule that makes a merge wait for the gate: what it should say, how one that is there differs, and what still goes round it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.github.client import GitHubError, GitHubPort
from prodready.github.verdict import CONTEXT

NAME = "prodready"
GATE_FILES = (".prodready/**", ".prodready.yml", ".github/**", "CODEOWNERS")


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow of another repository that every change must pass, pinned by commit."""

    repository_id: int
    path: str
    sha: str


def of_repository(*, context: str = CONTEXT, app: int | None = None, reviewers: int | None = None) -> dict[str, Any]:
    """The rule for the default branch. ``app`` is the only source whose status counts; ``reviewers`` a team that must approve gate files."""
    status = {"context": context, **({"integration_id": app} if app is not None else {})}
    people = [{"minimum_approvals": 1, "file_patterns": [*GATE_FILES], "reviewer": {"id": reviewers, "type": "Team"}}] if reviewers is not None else []
    checks = {"strict_required_status_checks_policy": True, "do_not_enforce_on_create": True, "required_status_checks": [status]}
    review = {
        "dismiss_stale_reviews_on_push": True, "require_code_owner_review": True, "require_last_push_approval": True, "required_approving_review_count": 1,
        "required_review_thread_resolution": True, **({"required_reviewers": people} if people else {}),
    }  # fmt: skip
    rules: list[dict[str, Any]] = [
        {"type": "deletion"}, {"type": "non_fast_forward"}, {"type": "required_status_checks", "parameters": checks},
        {"type": "pull_request", "parameters": review},
    ]  # fmt: skip
    return _ruleset({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}, rules)


def of_organisation(workflow: Workflow) -> dict[str, Any]:
    """The rule for the default branch of every repository of an organisation: the workflow must pass, and no change can edit it."""
    one = {"repository_id": workflow.repository_id, "path": workflow.path, "sha": workflow.sha}
    conditions = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}, "repository_name": {"include": ["~ALL"], "exclude": []}}
    return _ruleset(conditions, [{"type": "workflows", "parameters": {"do_not_enforce_on_create": True, "workflows": [one]}}])


def _ruleset(conditions: dict[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": NAME, "target": "branch", "enforcement": "active", "bypass_actors": [], "conditions": conditions, "rules": rules}


def found(port: GitHubPort, place: str) -> dict[str, Any] | None:
    """Our ruleset at ``/repos/OWNER/NAME`` or ``/orgs/ORG``, whole; None where there is none. Raises GitHubError."""
    own = "Organization" if place.startswith("/orgs/") else "Repository"
    rows = [row for row in port.pages(f"{place}/rulesets") if row.get("name") == NAME and row.get("source_type", own) == own]
    if len(rows) > 1:
        raise GitHubError(f"{place} has {len(rows)} rulesets named {NAME}; delete all but one")
    return dict(port.read(f"{place}/rulesets/{int(rows[0]['id'])}")) if rows else None


def write(port: GitHubPort, place: str, wanted: Mapping[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    """Creates or replaces it, and reads it back. Raises GitHubError."""
    verb, where = ("POST", "") if old is None else ("PUT", f"/{int(old['id'])}")
    made = port.write(verb, f"{place}/rulesets{where}", dict(wanted))
    return dict(port.read(f"{place}/rulesets/{int(made['id'])}"))


def differences(wanted: Mapping[str, Any], old: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Line by line what would change; keys that GitHub adds of its own accord do not count."""
    if old is None:
        return tuple(f"+ {where} = {value}" for where, value in _leaves("", wanted))
    have = dict(_leaves("", old))
    lines = [
        f"{f'- {where} = {have[where]}{chr(10)}' if where in have else ''}+ {where} = {value}"
        for where, value in _leaves("", wanted)
        if have.get(where) != value
    ]
    bypass = [f"- bypass_actors: {actor.get('actor_type')} {actor.get('actor_id')} may go round the rule" for actor in old.get("bypass_actors") or []]
    rules = {rule["type"] for rule in wanted["rules"]}
    extra = [f"- rules: {rule.get('type')} would be taken out" for rule in old.get("rules") or [] if rule.get("type") not in rules]
    return (*lines, *bypass, *extra)


def _leaves(where: str, part: object) -> Iterator[tuple[str, object]]:
    """Every value with its place; rules are told apart by their type, since their order says nothing."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield from _leaves(f"{where}.{key}" if where else str(key), value)
    elif where == "rules" and isinstance(part, list):
        for rule in part:
            yield from _leaves(f"rules[{rule.get('type')}]", {**rule, "there": True})
    else:
        yield where, part


def warnings(ruleset: Mapping[str, Any]) -> Iterator[str]:
    """What still goes round the rule."""
    for actor in ruleset.get("bypass_actors") or []:
        yield f"{actor.get('actor_type')} {actor.get('actor_id')} may bypass it ({actor.get('bypass_mode')})"
    if ruleset.get("enforcement") != "active":
        yield f"it is not enforced: {ruleset.get('enforcement')}"
    for rule in ruleset.get("rules") or []:
        for status in (rule.get("parameters") or {}).get("required_status_checks") or []:
            if not status.get("integration_id"):
                yield (
                    f"anybody who may write can set the status {status.get('context')}; pin its source with --app ID of a GitHub App of your own, "
                    "or require a workflow of another repository (--org, --workflow)"
                )
