"""A run in parts, for GitHub's own matrix: which job holds which items, and whether all of them have reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from prodready.model import Observation, Unseen
from prodready.plan import Job, Plan

MOST = 256
"""Jobs of one matrix; GitHub starts no more."""


class Shard(Struct, frozen=True, kw_only=True):
    """One part."""

    name: str
    """``2-of-4``."""
    items: tuple[str, ...]


def split(planned: Plan, number: int) -> tuple[Shard, ...]:
    """At most ``number`` parts of about equal time; one check's jobs stay together where they can, so that each program is installed once.

    The same plan gives the same parts: the job that joins them knows what each should have told. Checks that look at the others are in none.
    """
    first, _ = planned.waves
    groups: dict[str, list[Job]] = {}
    for job in first:
        groups.setdefault(job.check_id, []).append(job)
    heavy = sorted(groups.values(), key=lambda jobs: (-sum(job.check.deadline for job in jobs), jobs[0].check_id))
    parts: list[list[Job]] = [[] for _ in range(min(number, len(heavy)))]
    for jobs in heavy:
        min(parts, key=lambda part: sum(job.check.deadline for job in part)).extend(jobs)
    return tuple(
        Shard(name=f"{at}-of-{len(parts)}", items=tuple(sorted(item.id for job in part for item in job.items))) for at, part in enumerate(parts, start=1)
    )


def lost(shards: Collection[Shard], given: Collection[str]) -> tuple[Shard, ...]:
    """The parts that did not tell of every item of theirs."""
    return tuple(shard for shard in shards if not set(shard.items) <= set(given))


def untold(missing: Collection[Shard], given: Collection[str]) -> Mapping[str, Observation]:
    """What is known of the items of lost parts: nothing."""
    remedy = "look why its job left no report, and run the workflow again"
    return {
        item: Unseen(reason=f"the part {shard.name} of this run left no report of it", remedy=remedy)
        for shard in missing
        for item in shard.items
        if item not in given
    }
