"""Where advisories come from: a service, or a dated copy that lies in the repository."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any

from prodready.check import CannotTell
from prodready.checks.dependencies.advisories import Advisories, age_days, load
from prodready.checks.dependencies.endpoint import serving
from prodready.context import Context
from prodready.names import counted, shown
from prodready.validate import max_age_seconds

OSV = "https://api.osv.dev"
KNOWN = ("jinja2==2.10", "pyyaml==5.3", "requests==2.19.0", "urllib3==1.24", "django==2.0")
"""Versions that every service of Python advisories knows to be vulnerable."""
MOST_RECORDS = 300
"""Advisories that are asked for to learn how serious they are; of the others that is unknown, and counts as high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An OSV endpoint, and what is known about it."""

    url: str
    """Without ``/v1/…``."""
    words: str
    """For the report: ``api.osv.dev``, or the file with its date."""
    record: Callable[[str], Mapping[str, Any] | None]
    """An advisory by its name, None when it cannot be had."""
    remedy: str = ""
    """What to do when it does not answer."""
    planted: str = ""
    """The canary that the endpoint was given; empty where a known vulnerable version has to serve."""
    collected: datetime | None = None
    """The date of the knowledge, None when it is of now."""
    gaps: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def canary(self, taken: Collection[str]) -> str:
        """``name==version`` of a package that is vulnerable and not among ``taken``. Raises CannotTell when all are."""
        for known in (self.planted,) if self.planted else KNOWN:
            if known.partition("==")[0] not in taken:
                return known
        raise CannotTell("every package that could prove the advisory service awake is pinned here itself", "name another: params: {canary: NAME==VERSION}")


@contextmanager
def opened(ctx: Context, *, advisories: str, max_age: str, url: str, canary: str) -> Iterator[Source]:
    """The source for one run. Raises CannotTell when there is none that can be relied on."""
    if advisories:
        yield from _local(ctx, advisories, max_age)
    elif ctx.offline:
        raise CannotTell("advisories come over the network, and this run is offline", "run without --offline, or keep a copy: params: {advisories: PATH}")
    else:
        yield _remote(ctx, url or str(ctx.targets.get("osv") or OSV), canary)


def _local(ctx: Context, path: str, max_age: str) -> Iterator[Source]:
    known = load(ctx.repo, path)
    newest = _fresh(known, ctx.now, max_age)
    planted = _plant(known)
    words = f"{counted(len(known.records) - 1, 'advisory').replace('advisorys', 'advisories')} in {shown(path)}, the newest of {newest:%Y-%m-%d}"
    gaps = (f"{shown(path)}: {counted(known.unreadable, 'file')} cannot be read as advisories",) if known.unreadable else ()
    # A proxy that the machine uses for the internet must not be asked for this machine itself.
    around = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    with serving(known) as url:
        yield Source(url=url, words=words, record=known.records.get, planted=planted, collected=newest, gaps=gaps, environment=around)


def _fresh(known: Advisories, now: datetime, max_age: str) -> datetime:
    if known.newest is None:
        raise CannotTell(f"no advisory in {shown(known.path)} says when it was written", "use OSV's own files, which carry 'modified'")
    days, limit = age_days(known.newest, now), max_age_seconds(max_age)
    if days < -1:
        raise CannotTell(f"the newest advisory in {shown(known.path)} is dated {known.newest:%Y-%m-%d}, in the future: a clock or the file is wrong")
    if limit is not None and days * 86400 > limit:
        raise CannotTell(
            f"the newest advisory in {shown(known.path)} is of {known.newest:%Y-%m-%d}, older than {max_age}: what became known since is not in it",
            "download a new copy, or set 'max_advisory_age' to what the team accepts",
        )
    return known.newest


def _plant(known: Advisories) -> str:
    name = f"prodready-canary-{token_hex(8)}"
    package = {"package": {"ecosystem": "PyPI", "name": name}, "versions": ["1.0"]}
    record = {"id": f"{name}-1", "summary": "planted", "affected": [package]}
    known.add(record)
    return f"{name}==1.0"


def _remote(ctx: Context, url: str, canary: str) -> Source:
    base = url.rstrip("/").removesuffix("/query").removesuffix("/v1")
    asked: dict[str, Mapping[str, Any] | None] = {}

    def record(name: str) -> Mapping[str, Any] | None:
        if name not in asked and len(asked) < MOST_RECORDS:
            asked[name] = _fetched(ctx, f"{base}/v1/vulns/{name}")
        return asked.get(name)

    words = shown(base.partition("://")[2].rpartition("@")[2])
    remedy = f"see that this machine may reach {words}, name another service in PRODREADY_OSV_URL, or keep a copy: params: {{advisories: PATH}}"
    return Source(url=base, words=words, record=record, planted=canary, remedy=remedy)


def _fetched(ctx: Context, url: str) -> Mapping[str, Any] | None:
    try:
        answer = ctx.http.get(url)
        record = json.loads(answer.body) if answer.status == 200 else None
    except (CannotTell, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
