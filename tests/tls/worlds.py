"""The world of a TLS check with the real sensor, and what the check says in it."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodready import check, decode, expectation
from prodready.check import CannotTell
from prodready.judge import judge
from prodready.model import Item, Outcome
from prodready.plan import Job
from prodready.run import guarded
from prodready.settings import Settings
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo

PROCESSES = Processes(cache=Settings.from_environ(os.environ).cache)


def seen(check_id: str = "tls_grade", *, service: Path | None = None, expect: str = "", privileged: bool = False, **params: object) -> Outcome:
    """How an item of that check ends, now, in a folder (an empty one when none is given)."""
    one = check.load(check_id)
    for tool in one.tools:
        try:
            PROCESSES.toolbox.ensure(tool)
        except CannotTell as unable:
            pytest.skip(f"{tool} cannot be had here: {unable.reason}")
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as empty:
        world = World(name="desk", repo=open_repo(service or Path(empty)), processes=PROCESSES, http=RealHttp(), now=now, privileged=privileged)
        item = Item(id="item", title="Item", check=check_id, params=params, expect=expectation.parse(expect) if expect else None)
        job = Job(check_id=check_id, check=one, params=decode.decode(params, one.params), items=(item,))
        return judge(item, guarded(world.observe, job), usual=expectation.parse(one.usual(job.params)), now=now)
