"""Trivy's database of vulnerabilities: a dated copy that lies here, or one that it fetches itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Context
from prodready.expectation import max_age_seconds
from prodready.names import shown
from prodready.readers import stamps

_QUIET = ("--no-progress", "--offline-scan")
_REMEDY = "fetch it as a step before the gate: 'trivy image --download-db-only --cache-dir FOLDER'"


class Database(Struct, frozen=True, kw_only=True):
    """Where it is, and how it is to be used."""

    cache: Path
    args: Sequence[str]
    """Options of a run that uses it."""
    max_age: str
    now: datetime

    def dated(self) -> datetime:
        """When it was made: to be asked after the run, since that may have fetched it. Raises CannotTell when it is missing or too old."""
        try:
            told = json.loads((self.cache / "db" / "metadata.json").read_bytes())
            made = stamps.latest(str(told["UpdatedAt"]))
        except (OSError, ValueError, KeyError, TypeError):
            made = None
        if made is None:
            raise CannotTell("Trivy's database of vulnerabilities is missing, or does not say when it was made", _REMEDY)
        age, limit = (self.now - made).total_seconds(), max_age_seconds(self.max_age)
        if age < -86400:
            raise CannotTell(f"Trivy's database is dated {made:%Y-%m-%d}, in the future: a clock or the file is wrong")
        if limit is not None and age > limit:
            raise CannotTell(f"Trivy's database is of {made:%Y-%m-%d}, older than {self.max_age}: what became known since is not in it", _REMEDY)
        return made


def opened(ctx: Context, path: str, *, max_age: str) -> Database:
    """The copy in a folder (``db/trivy.db`` and its date beside it), or a place for one to be fetched. Raises CannotTell."""
    cache = ctx.scratch()
    if path:
        found = ctx.repo.outputs(f"/{path.strip('/')}/db/trivy.db", f"/{path.strip('/')}/db/metadata.json")
        if len(found) != 2:
            raise CannotTell(f"{shown(path)} holds no database of Trivy (db/trivy.db, db/metadata.json)", _REMEDY)
        ctx.repo.stage(cache, found)
        made = Database(cache=cache / path.strip("/"), args=(*_QUIET, "--skip-db-update", "--skip-java-db-update"), max_age=max_age, now=ctx.now)
        made.dated()
        return made
    if ctx.offline:
        raise CannotTell("Trivy's database comes over the network, and this run is offline", f"keep a copy: params: {{trivy_db: FOLDER}}; {_REMEDY}")
    return Database(cache=cache, args=_QUIET, max_age=max_age, now=ctx.now)
