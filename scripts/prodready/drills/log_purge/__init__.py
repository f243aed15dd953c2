"""Plant records of different ages, purge, and see that the old ones are gone and the others are not.

Each record is a ``file``, which the drill writes and dates back, or is written by ``plant`` and seen by ``seen`` (``${AGED}`` is its time, ``${DATE}``
its day, ``${DRILL}`` a word of this run). All must be seen before. Then ``purge`` is run; without it the drill waits for the automation. A record
with ``stays: true`` must still be there: one that is too young, or under a legal hold. What the drill planted it takes away. The measure is the time
from the purge until the last of the old records is gone.

A file that uses it:

    drill: log_purge
    title: Logs end after seven days, and held ones do not
    params:
      target: application logs
      records:
        - {name: eight days old, age: 8 d, file: "logs/app-${DATE}-${DRILL}.log"}
        - {name: six days old, age: 6 d, file: "logs/app-${DATE}-${DRILL}.log", stays: true}
        - {name: held, age: 8 d, file: "logs/hold/app-${DATE}-${DRILL}.log", stays: true}
      purge: {run: [./purge_logs.sh]}
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.arrival import arrival
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.steps import Step, Steps
from prodready.names import few
from prodready.probes import token


class Planted(Struct, frozen=True, kw_only=True):
    """A record of some age."""

    name: str
    """What it is, in words."""
    age: Duration
    """How old it is made."""
    stays: bool = False
    """Whether the purge must leave it."""
    file: str = ""
    """Where the drill writes it, as a file dated back."""
    plant: Step | None = None
    """Writes it elsewhere."""
    seen: Step | None = None
    """Holds as long as it is there."""

    def __post_init__(self) -> None:
        seconds(self.age, "age")
        if bool(self.file) == bool(self.plant) or bool(self.plant) != bool(self.seen):
            raise ValueError(f"record {self.name!r} is a 'file', or is written by 'plant' and seen by 'seen'")


class Params(Struct, frozen=True, kw_only=True):
    """What is planted, and what purges."""

    target: str
    """Which records, in a word or two."""
    records: tuple[Planted, ...]
    """Old ones, young ones, held ones."""
    purge: Step | None = None
    """Purges; without it the drill waits for what does so by itself."""
    limit: Duration = 60.0
    """How long it may take until the old ones are gone."""
    interval: Duration = 0.5
    """Time between two looks."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        if len({record.stays for record in self.records}) != 2:
            raise ValueError("plant records that must go and records that must stay: a purge of everything is no retention")


def perform(ground: Ground, params: Params) -> Drilled:
    """Plants, purges, looks. Raises CannotTell, ProdreadyError."""
    word = token()
    purge = params.purge
    for step in [*filter(None, (record.plant for record in params.records)), *([purge] if purge else [])]:
        ground.permit.require(step.host or params.target, here=not step.host)
    ground.disturb(f"plant {len(params.records)} records, then {purge or 'wait for the purge'}", at=params.target, here=True)
    planted = [_One(ground=ground, word=word, record=record, number=number) for number, record in enumerate(params.records, 1)]
    ground.guard.arm([Undo(what=f"take away {one.record.name}", argv=("rm", "-f", str(one.path))) for one in planted if one.record.file])
    for one in planted:
        one.put()
    if missing := [one.record.name for one in planted if not one.there]:
        raise CannotTell(f"{few(missing)} cannot be seen after it was planted, so its end would prove nothing", "mend 'plant' and 'seen'")
    ground.journal.note("baseline", f"{len(planted)} records are planted and seen")
    act = (lambda: Steps(ground=ground, word=word).wrong(purge)) if purge else (lambda: "")
    came = arrival(act, lambda: _left(planted), limit=seconds(params.limit), interval=seconds(params.interval))
    ground.journal.note("observe", came.why or f"the old records are gone after {came.took.high:.3f} s")
    claims = [claim("not-purged", f"the purge left what it must take: {came.why}", "see its schedule, its age limit and its paths")] if came.why else []
    claims += [
        claim("purged-too-much", f"{one.record.name} is gone, and must stay", "let the purge go by age, and spare what is held")
        for one in planted if one.record.stays and not one.there
    ]  # fmt: skip
    return timed(ground, came.took, claims, told=f"{params.target}: from the purge to the end of the last old record")


def _left(planted: Sequence[_One]) -> str:
    left = [one.record.name for one in planted if not one.record.stays and one.there]
    return f"{few(left)} still there" if left else ""


class _One(Struct, frozen=True, kw_only=True):
    """A record that is planted."""

    ground: Ground
    word: str
    record: Planted
    number: int

    @property
    def steps(self) -> Steps:
        then = self.ground.journal.begun - timedelta(seconds=seconds(self.record.age))
        return Steps(ground=self.ground, word=f"{self.word}-{self.number}").given(AGED=then.isoformat(timespec="seconds"), DATE=f"{then:%Y-%m-%d}")

    @property
    def path(self) -> Path:
        return self.ground.folder / self.steps.filled(self.record.file)

    @property
    def there(self) -> bool:
        if self.record.seen is None:
            return self.path.exists()
        return not self.steps.wrong(self.record.seen)

    def put(self) -> None:
        """Raises CannotTell when it cannot be planted."""
        if wrong := self.steps.wrong(self.record.plant) if self.record.plant else self._written():
            raise CannotTell(f"{self.record.name} could not be planted: {wrong}", "mend 'plant' or 'file'")

    def _written(self) -> str:
        then = self.ground.journal.begun.timestamp() - seconds(self.record.age)
        try:
            with self.path.open("x", encoding="utf-8") as stream:
                stream.write(f"{self.steps.filled('${AGED}')} a record of a drill {self.steps.word}, nothing is wrong\n")
            os.utime(self.path, (then, then))
        except OSError as error:
            return f"{self.path.name}: {error.strerror}"
        return ""


DRILL = Drill(params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s")
