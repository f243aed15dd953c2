"""The real world behind the Protocols of ``context.py``: the only package that touches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from msgspec import field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Context, Forge, Http, People, Repo
from prodready.discreet import Discreet
from prodready.model import Observation, Outcome
from prodready.plan import Job
from prodready.world.folders import scratch
from prodready.world.process import Processes


class World(Discreet, frozen=True, kw_only=True):
    """Everything outside: the files, programs, network, clock and environment of one run."""

    unprinted: ClassVar[frozenset[str]] = frozenset(("environ",))

    name: str
    """What is gated, as ``owner/name`` or the folder's name."""
    repo: Repo
    processes: Processes
    http: Http
    now: datetime
    offline: bool = False
    privileged: bool = False
    targets: Mapping[str, object] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] | None = None
    """How other items ended, for the checks that look at them; None when not all that should were run."""
    forge: Forge | None = None
    people: People | None = None
    wait: Callable[[float], None] = time.sleep
    limits: tuple[str, ...] = ()
    """What the run did without, in words: ``offline``, ``the clock was set to …``."""

    def prepare(self, tools: Iterable[str]) -> None:
        """Installs programs in parallel ahead of their first use; what fails here is told by the check that needs it."""
        self.processes.prepare(tools)

    def observe(self, job: Job) -> Observation:
        """Runs one check with a context of its own. Raises whatever the check raises."""
        with scratch() as made:
            seen: Observation = job.check.observe(replace(self.context(made.folder), small=made.small), job.params)
            return seen

    def context(self, folder: Callable[[], Path]) -> Context:
        """What a check may touch."""
        return Context(
            repo=self.repo, run=self.processes, http=self.http, targets=self.targets, secret=self.secret,
            now=self.now, offline=self.offline, scratch=folder, outcomes=self.outcomes, forge=self.forge,
            people=self.people, privileged=self.privileged, wait=self.wait,
        )  # fmt: skip

    def secret(self, name: str) -> str:
        """The value of an environment variable. Raises CannotTell when unset."""
        if value := self.environ.get(name):
            return value
        raise CannotTell(f"the environment variable {name} is not set", f"give the step 'env: {name}: ${{{{ secrets.… }}}}' or export it")
