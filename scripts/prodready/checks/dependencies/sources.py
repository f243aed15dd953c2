"""Where advisories come from: a service, or a dated copy."""

from __future__ import annotations

from collections.abc import Sequence

from prodready.check import CannotTell
from prodready.checks.dependencies import copy
from prodready.checks.dependencies.advice import Advice
from prodready.checks.dependencies.service import OSV, Service
from prodready.context import Context
from prodready.readers.resolved import Package


def opened(ctx: Context, packages: Sequence[Package], *, path: str, max_age: str, url: str, canaries: tuple[str, ...]) -> Advice:
    """The source for one run. Raises CannotTell when there is none that can be relied on."""
    if path:
        return copy.load(ctx, path, packages, max_age=max_age, named_canaries=canaries)
    if ctx.offline:
        raise CannotTell("advisories come over the network, and this run is offline", "run without --offline, or keep a copy: params: {advisories: PATH}")
    address = url or str(ctx.targets.get("osv") or OSV)
    return Service(ctx=ctx, url=address.rstrip("/").removesuffix("/query").removesuffix("/v1"), named_canaries=canaries)
