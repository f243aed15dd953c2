"""Reports that a build left behind: on disk, not committed, and not older than the commit they speak of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Context
from prodready.names import shown

SLACK = timedelta(seconds=2)
"""File systems and git round to seconds."""


class ReportFile(Struct, frozen=True, kw_only=True):
    """One report as it was found."""

    path: str
    content: bytes
    written: datetime

    @property
    def sha256(self) -> str:
        """Of the content, for the evidence."""
        return hashlib.sha256(self.content).hexdigest()


def found(ctx: Context, patterns: tuple[str, ...], *, make: str) -> Iterator[ReportFile]:
    """Every report that matches. Raises CannotTell when there is none, or one is empty, committed or stale; ``make`` says how to make one."""
    paths = ctx.repo.outputs(*patterns)
    if not paths:
        raise CannotTell(f"there is no report: no file matches {', '.join(map(shown, patterns))}", f"make one before the gate runs, for example: {make}")
    committed = _committed(ctx)
    for path in paths:
        if path in committed:
            raise CannotTell(
                f"{shown(path)} is committed, so it tells about an earlier commit than this one",
                f"remove it from git, ignore it, and make it in the job before the gate runs: {make}",
            )
        report = ReportFile(path=path, content=ctx.repo.raw(path), written=ctx.repo.modified(path))
        if not report.content.strip():
            raise CannotTell(f"{shown(path)} is empty: what should have written it was stopped or saw nothing", make)
        fresh(ctx, path, report.written)
        yield report


def fresh(ctx: Context, path: str, made: datetime | None) -> None:
    """Raises CannotTell when the report was made before the commit under the gate."""
    committed = head_date(ctx)
    if made and committed and made < committed - SLACK:
        raise CannotTell(
            f"{shown(path)} is stale: it is from {made:%Y-%m-%d %H:%M} UTC, before the commit of {committed:%Y-%m-%d %H:%M} UTC",
            "make it again, in the job that runs the gate",
        )


def head_date(ctx: Context) -> datetime | None:
    """When the current commit was made; None outside git and before the first commit."""
    if ctx.repo.history is None or not ctx.repo.history.head:
        return None
    return datetime.fromisoformat(ctx.repo.git("show", "-s", "--format=%cI", "HEAD").strip())


def _committed(ctx: Context) -> frozenset[str]:
    if ctx.repo.history is None:
        return frozenset()
    prefix = ctx.repo.history.prefix
    listed = ctx.repo.git("ls-files", "-z", "--cached", "--", prefix or ".")
    return frozenset(path.removeprefix(prefix) for path in listed.split("\0") if path)
