"""What stands in the workflows of a gate: triggers, permissions, checkout, names; read as data, nothing of it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prodready import yamltext
from prodready.check import CannotTell
from prodready.context import Repo
from prodready.doctor.row import Row, bad, good, mind
from prodready.github.verdict import CONTEXT
from prodready.names import shown

FILES = (".github/workflows/*.yml", ".github/workflows/*.yaml")
_OURS = re.compile(r"(?:\./|[\w.-]+/prodready(?:/|@)).*")
_PUBLISH = re.compile(r".*/publish(?:@.*)?")
_PINNED = re.compile(r".*@[0-9a-f]{40}|\./.*")


def rows(repo: Repo, *, reviews: bool) -> Iterator[Row]:
    """A row for each thing that a workflow of the gate gets right or wrong; ``reviews`` when roles sign by reviewing."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for path in repo.files(*FILES):
        try:
            data = yamltext.read(repo.text(path), name=path).data
        except (CannotTell, yamltext.YamlError) as error:
            yield bad("workflow", f"{shown(path)} cannot be read: {error}", "mend it: GitHub runs nothing of it")
            continue
        if isinstance(data, Mapping) and any(_OURS.fullmatch(step["uses"]) for _, step in _steps(data)):
            found.append((path, data))
    if not found:
        yield bad("workflow", "no workflow uses prodready", "copy examples/workflows/prodready.yml to .github/workflows/")
        return
    publishes = [path for path, data in found if _publishes(data)]
    yield good("set-up", f"hardened: {shown(publishes[0])} publishes" if publishes else "simple: the job on the pull request writes; see docs/forks.md")
    for path, data in found:
        if path not in publishes:
            yield from _gate(shown(path), data, reviews=reviews, hardened=bool(publishes))


def _publishes(data: Mapping[str, Any]) -> bool:
    return any(_PUBLISH.fullmatch(step["uses"]) for _, step in _steps(data))


def _gate(path: str, data: Mapping[str, Any], *, reviews: bool, hardened: bool) -> Iterator[Row]:
    yield from _triggers(path, _on(data), reviews=reviews)
    for name, job in _jobs(data):
        if any(_OURS.fullmatch(step["uses"]) for step in _used(job)):
            yield from _job(f"{path}: {shown(str(job.get('name') or name))}", job, data, hardened=hardened)


def _triggers(path: str, on: Mapping[str, Any], *, reviews: bool) -> Iterator[Row]:
    wanted = {"pull_request": bad, "merge_group": mind, **({"pull_request_review": mind} if reviews else {})}
    why = {
        "pull_request": "no change is gated", "merge_group": "a merge queue would wait for ever",
        "pull_request_review": "a review does not turn the status green until somebody pushes or runs the workflow again",
    }  # fmt: skip
    for name, say in wanted.items():
        if name in on:
            yield good("trigger", f"{path} runs on {name}")
        else:
            yield say("trigger", f"{path} does not run on {name}: {why[name]}", f"add '{name}:' to on:")
    for name, given in on.items():
        filters = [key for key in ("paths", "paths-ignore", "branches", "branches-ignore") if isinstance(given, Mapping) and key in given]
        if filters and name in wanted:
            yield bad("trigger", f"{path} has {filters[0]} on {name}: a change it leaves out waits for a status that never comes", f"take {filters[0]} out")
    if "pull_request_target" in on:
        yield bad("trigger", f"{path} runs on pull_request_target: with rights to write, on a change of a stranger", "use pull_request, and actions/publish")


def _job(where: str, job: Mapping[str, Any], data: Mapping[str, Any], *, hardened: bool) -> Iterator[Row]:
    if where.endswith(f": {CONTEXT}"):
        yield bad("name", f"{where} has the name of the commit status: both would be required", "give the job another name")
    condition = str(job.get("if") or "")
    if condition and not re.search(r"always\(\)|cancelled\(\)", condition):
        yield bad("condition", f"{where} has 'if: {shown(condition)[:80]}': a job that is skipped counts as passed", "take the condition out")
    yield from _rights(where, job.get("permissions", data.get("permissions")), hardened=hardened)
    for step in _used(job):
        yield from _step(where, step)


def _rights(where: str, rights: object, *, hardened: bool) -> Iterator[Row]:
    if not isinstance(rights, Mapping):
        yield bad("permissions", f"{where} has {'no permissions' if rights is None else f'permissions: {shown(str(rights))}'}", "write each that it needs")
        return
    writes = {str(name) for name, word in rights.items() if word == "write"}
    if hardened and writes:
        yield bad("permissions", f"{where} may write ({', '.join(sorted(writes))}) although another workflow publishes", "leave it 'contents: read'")
    elif not hardened and not {"statuses", "pull-requests"} <= writes:
        lacks = sorted({"statuses", "pull-requests"} - writes)
        yield bad("permissions", f"{where} lacks {', '.join(f'{name}: write' for name in lacks)}", "add it, or set up actions/publish")
    else:
        yield good("permissions", f"{where} has what it needs")


def _step(where: str, step: Mapping[str, Any]) -> Iterator[Row]:
    uses, given = str(step["uses"]), step.get("with")
    options = given if isinstance(given, Mapping) else {}
    if not _PINNED.fullmatch(uses):
        yield mind("pinned", f"{where} uses {shown(uses)[:80]}, and a tag can be moved", "write the 40-digit commit")
    if uses.startswith("actions/checkout@"):
        if str(options.get("fetch-depth")) != "0":
            yield bad("checkout", f"{where} has no history: neither the base's policy nor the commits can be read", "give actions/checkout 'fetch-depth: 0'")
        if str(options.get("persist-credentials")).lower() != "false":
            yield bad("checkout", f"{where} leaves the token in .git/config", "give actions/checkout 'persist-credentials: false'")
        if "ref" in options:
            yield bad("checkout", f"{where} checks out another ref than the event's: the status would say error", "take 'ref' out")


def _on(data: Mapping[Any, Any]) -> Mapping[str, Any]:
    on = data.get("on", data.get(True))
    if isinstance(on, Mapping):
        return on
    return dict.fromkeys([on] if isinstance(on, str) else on or [])


def _jobs(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    jobs = data.get("jobs")
    yield from ((str(name), job) for name, job in jobs.items() if isinstance(job, Mapping)) if isinstance(jobs, Mapping) else ()


def _used(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = job.get("steps")
    return [step for step in steps if isinstance(step, Mapping) and isinstance(step.get("uses"), str)] if isinstance(steps, list) else []


def _steps(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, step) for name, job in _jobs(data) for step in _used(job))
