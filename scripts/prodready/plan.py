"""Stage 2: bind items to checks, type the parameters, apply ``when:``, and join equal jobs so that each runs once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodready import check
from prodready.check import CannotTell, Check
from prodready.context import Repo
from prodready.decode import DecodeError, decode, dotted, nearest
from prodready.errors import ProdreadyError
from prodready.model import Checklist, Evidence, Found, Item, Observation, Stage, Unseen
from prodready.names import few


class Job(Struct, frozen=True, kw_only=True):
    """One check with typed parameters, and every item that rests on it."""

    check_id: str
    check: Check[Any]
    params: object
    items: tuple[Item, ...]

    @property
    def label(self) -> str:
        """What progress lines call it."""
        more = f" +{len(self.items) - 1}" if len(self.items) > 1 else ""
        return f"{self.items[0].id}{more}"


class Settled(Struct, frozen=True, kw_only=True):
    """An item that needs no run: it does not apply, is switched off, or its rule could not be told."""

    item: Item
    reason: str
    unseen: Unseen | None = None
    """None when the item does not apply."""


class Plan(Struct, frozen=True, kw_only=True):
    """What will run, and what is settled without running."""

    jobs: tuple[Job, ...]
    settled: tuple[Settled, ...]
    left_out: int
    """Items of the checklist that this run does not hold: of later stages, or not selected."""
    given: tuple[tuple[Job, Item], ...] = ()
    """Items that another run has observed, each with a job of its own."""

    @property
    def waves(self) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
        """The jobs that look at the world, then those that look at how the others ended."""
        return tuple(job for job in self.jobs if not job.check.late), tuple(job for job in self.jobs if job.check.late)


def plan(checklist: Checklist, repo: Repo, *, stage: Stage, only: Collection[str] = (), domains: Collection[str] = ()) -> Plan:
    """The run for a stage, or for the selected items or domains of it. Raises ProdreadyError for wrong parameters or unknown ids."""
    _known(only, [item.id for item in checklist.items], "item")
    _known(domains, sorted({check.load(item.check).domain for item in checklist.items}), "domain")
    chosen = [item for item in checklist.items if _selected(item, stage, only, domains)]
    settled = [found for item in chosen if (found := _settle(item, checklist, repo))]
    waiting = {found.item.id for found in settled}
    jobs = _jobs([item for item in chosen if item.id not in waiting], checklist.settings)
    return Plan(jobs=jobs, settled=tuple(settled), left_out=len(checklist.items) - len(chosen))


def without(planned: Plan, given: Collection[str]) -> Plan:
    """The plan with the items taken out that another run has observed. How others ended, this run alone can tell."""
    taken = {item.id for job in planned.jobs for item in job.items if item.id in given and not job.check.late}
    ready = tuple((replace(job, items=(item,)), item) for job in planned.jobs for item in job.items if item.id in taken)
    open_jobs = (replace(job, items=tuple(item for item in job.items if item.id not in taken)) for job in planned.jobs)
    return replace(planned, jobs=tuple(job for job in open_jobs if job.items), given=ready)


def bind(check_id: str, params: Mapping[str, object], *, where: str) -> object:
    """The check's typed parameters. Raises ProdreadyError that names the key and the nearest valid word."""
    try:
        return decode(params, check.load(check_id).params)
    except DecodeError as error:
        lines = [f"{where}: params: {dotted(mistake.path)}: {mistake.message}" for mistake in error.mistakes]
        raise ProdreadyError("\n".join(lines), f"'prodready explain {check_id}' lists the parameters") from None


def parameters(item: Item, settings: Mapping[str, object]) -> object:
    """The typed parameters of an item. Raises ProdreadyError."""
    return bind(item.check, _resolve(item.params, settings, item.id), where=item.id)


def bind_all(checklist: Checklist) -> dict[str, object]:
    """The typed parameters of every item whose settings are given, by its id. Raises ProdreadyError."""
    return {item.id: parameters(item, checklist.settings) for item in checklist.items if all(name in checklist.settings for name in item.when.settings)}


def _known(chosen: Collection[str], valid: list[str], kind: str) -> None:
    for word in chosen:
        if word not in valid:
            raise ProdreadyError(f"there is no {kind} {word!r} in this profile; {nearest(word, valid)}", "'prodready list items' lists them")


def _selected(item: Item, stage: Stage, only: Collection[str], domains: Collection[str]) -> bool:
    if item.stage not in stage.reach:
        return False
    if not only and not domains:
        return True
    return item.id in only or check.load(item.check).domain in domains


def _settle(item: Item, checklist: Checklist, repo: Repo) -> Settled | None:
    if item.off:
        return Settled(item=item, reason=f"switched off: {item.off}")
    for kind, wanted, given in (("settings", item.when.settings, checklist.settings), ("targets", item.when.targets, checklist.targets)):
        if missing := [name for name in wanted if name not in given]:
            return Settled(item=item, reason=f"applies when {kind} names {', '.join(missing)}")
    return _settle_by_files(item, repo)


def _settle_by_files(item: Item, repo: Repo) -> Settled | None:
    if not item.when.files:
        return None
    try:
        if repo.files(*item.when.files):
            return None
    except CannotTell as error:
        return Settled(item=item, reason=error.reason, unseen=Unseen(reason=error.reason, remedy=error.remedy))
    return Settled(item=item, reason=f"applies to {few(item.when.files)}; none here")


def _jobs(items: list[Item], settings: Mapping[str, object]) -> tuple[Job, ...]:
    groups: dict[str, list[Item]] = {}
    bound: dict[str, object] = {}
    for item in items:
        params = _resolve(item.params, settings, item.id)
        key = item.check + json.dumps(params, sort_keys=True, default=str)
        groups.setdefault(key, []).append(item)
        bound[key] = bind(item.check, params, where=item.id)
    return tuple(Job(check_id=group[0].check, check=check.load(group[0].check), params=bound[key], items=tuple(group)) for key, group in groups.items())


def _resolve(params: Mapping[str, object], settings: Mapping[str, object], item_id: str) -> dict[str, object]:
    """``{setting: NAME}`` becomes the repository's value."""
    return {key: _value(value, settings, item_id) for key, value in params.items()}


def _value(value: object, settings: Mapping[str, object], item_id: str) -> object:
    if not (isinstance(value, Mapping) and set(value) == {"setting"}):
        return value
    name = str(value["setting"])
    if name not in settings:
        remedy = f"write 'settings: {{{name}: …}}' in .prodready.yml, or switch the item off with a reason"
        raise ProdreadyError(f"{item_id}: needs the setting {name!r}", remedy)
    return settings[name]


def nothing(reason: str) -> Observation:
    """What is observed of an item that does not apply."""
    return Found(examined=0, evidence=Evidence(source=reason))
