"""A Chaos Toolkit experiment as a fault: its actions are struck by ``chaos run``, its rollbacks restore; whether it recovers, the drill sees itself.

``chaos`` ends with 0 also when an action injected nothing, and its own hypothesis knows no time to recover: so the hypothesis and the probes of the
experiment are left out, and every action must have succeeded by the journal, or nothing was proven.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodready import yamltext
from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.names import shown

DEADLINE = 600.0
"""Seconds that the actions may take."""
_KEPT = ("title", "description", "configuration", "secrets", "controls", "runtime")


@dataclass(slots=True, kw_only=True)
class Experiment:
    """The fault."""

    ground: Ground
    path: Path
    program: str = "chaos"
    _folder: Path | None = field(default=None, init=False)

    @property
    def renews(self) -> bool:
        """What its actions strike, only they know: a failure or another one who answers proves the fault."""
        return False

    @property
    def about(self) -> str:
        """The experiment."""
        return f"chaos run {shown(self.path.name)}"

    def prepare(self) -> Sequence[Undo]:
        """Reads the experiment, and parts its actions from its rollbacks. Raises CannotTell."""
        told = self._read()
        actions = [one for one in told.get("method") or () if isinstance(one, Mapping) and one.get("type") == "action"]
        if not actions:
            raise CannotTell(f"{shown(self.path.name)} has no action in its method", "write an experiment that does something")
        if self.ground.act((self.program, "--version"), deadline=60).code:
            raise CannotTell("Chaos Toolkit does not run here", "install it beside prodready: pipx install chaostoolkit")
        self._folder = self.ground.world.scratch()
        kept = {key: told[key] for key in _KEPT if key in told} | {"title": told.get("title", "drill"), "description": told.get("description", "drill")}
        back = list(told.get("rollbacks") or ())
        for name, method in (("strike", actions), ("back", back)):
            (self._folder / f"{name}.json").write_text(json.dumps({**kept, "method": method, "rollbacks": []}, default=str), "utf-8")
        return (Undo(what="the rollbacks of the experiment", argv=self._run("back")),) if back else ()

    def strike(self) -> Struck:
        """Runs the actions. Raises CannotTell when one did not succeed."""
        before, wall = time.monotonic(), time.time()
        told = self.ground.act(self._run("strike"), deadline=DEADLINE)
        after = time.monotonic()
        runs = self._journal(told.last).get("run") or []
        wrong = next((run for run in runs if run.get("status") != "succeeded"), None)
        if not runs or wrong is not None:
            name = shown(str(((wrong or {}).get("activity") or {}).get("name", "the first action")))
            raise CannotTell(f"the experiment injected nothing: {name} did not succeed ({told.last})", "mend the action; chaos itself takes this for a success")
        begun = [before + _seconds(run.get("start")) - wall for run in runs]
        ended = [before + _seconds(run.get("end")) - wall for run in runs]
        return Struck(before=min(max(before, min(begun)), after), after=max(before, min(after, max(ended))))

    def identity(self) -> str:
        """The probes tell it."""
        return ""

    def _run(self, name: str) -> tuple[str, ...]:
        folder = self._folder or Path()
        options = ("--journal-path", str(folder / f"{name}-journal.json"), "--rollback-strategy", "never")
        return (self.program, "--log-file", str(folder / f"{name}.log"), "run", *options, str(folder / f"{name}.json"))

    def _journal(self, last: str) -> dict[str, Any]:
        path = (self._folder or Path()) / "strike-journal.json"
        try:
            data = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            raise CannotTell(f"chaos ran no experiment: {last or 'it left no journal'}", "run the experiment by hand: chaos run") from None
        return data if isinstance(data, dict) else {}

    def _read(self) -> dict[str, Any]:
        try:
            data = yamltext.read(self.path.read_text("utf-8"), name=self.path.name).data
        except (OSError, UnicodeDecodeError, yamltext.YamlError) as error:
            raise CannotTell(f"the experiment {shown(self.path.name)} cannot be read: {error}", "name a JSON or YAML file of Chaos Toolkit") from None
        if not isinstance(data, dict):
            raise CannotTell(f"{shown(self.path.name)} is no experiment", "name a JSON or YAML file of Chaos Toolkit")
        return data


def _seconds(stamp: object) -> float:
    """Seconds since 1970 of a time as chaoslib writes it, in UTC with or without its zone. Raises CannotTell."""
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        odd = f"the journal of chaos has a time that is none: {shown(str(stamp))[:40]!r}"
        raise CannotTell(odd, "see which version of chaostoolkit-lib wrote it") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
