"""Every package of the resolved set with its conclusion: overrides first, then what the package says, wherever it can be had."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from prodready.checks.licences import fetch, shelf
from prodready.checks.licences.conclude import Conclusion, conclude, spelled
from prodready.checks.licences.declared import Declared
from prodready.checks.licences.policy import Override, Policy
from prodready.context import Context
from prodready.readers.resolved import Package


class Judged(Struct, frozen=True, kw_only=True):
    """A package and its conclusion; without one, nothing could be had of it."""

    package: Package
    conclusion: Conclusion | None
    said: Declared | None = None
    override: Override | None = None
    unheard: str = ""
    """Why nobody who has the package answered, when that is why there is no conclusion."""


def judge(ctx: Context, packages: Sequence[Package], policy: Policy, *, fetching: bool, texts: bool = False) -> tuple[Judged, ...]:
    """Each package once, in order. ``fetching`` asks the packages' own systems for those that lie nowhere; ``texts`` reads all of them for their texts."""
    locked = {package.purl: Declared(expression=package.licence, found=package.path) for package in packages if package.licence}
    said = {purl: words for purl, words in locked.items() if spelled(words.expression)}
    open_ones = [package for package in packages if texts or (package.purl not in said and _override(package, policy, ctx) is None)]
    said |= shelf.read(ctx.repo, open_ones)
    fetched = fetch.read(ctx, [package for package in open_ones if package.purl not in said]) if fetching else fetch.Fetched()
    said |= fetched.said
    rows = (_one(package, said.get(package.purl) or locked.get(package.purl), policy, ctx) for package in packages)
    return tuple(row if row.conclusion else replace(row, unheard=fetched.unheard.get(row.package.purl, "")) for row in rows)


def _one(package: Package, said: Declared | None, policy: Policy, ctx: Context) -> Judged:
    if override := _override(package, policy, ctx):
        judged = policy.classes.judge(override.expression)
        why = f"{override.reviewer} until {override.expires}: {override.reason}"
        level = judged.level if override.level is None else override.level
        conclusion = Conclusion(expression=judged.expression, level=level, source="override", why=why, chosen=judged.chosen)
        return Judged(package=package, conclusion=conclusion, said=said, override=override)
    return Judged(package=package, conclusion=conclude(said, policy.classes) if said else None, said=said)


def _override(package: Package, policy: Policy, ctx: Context) -> Override | None:
    return next((each for each in policy.overrides if each.covers(package) and each.expires >= ctx.now.date()), None)
