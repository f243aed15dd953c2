"""Restore the newest backup into a place of its own, and say how old what is in it is.

A backup counts from the day it was last restored. The newest file (or folder) that ``files`` names is checked against its checksum where there is one,
restored by ``restore`` and looked at by ``verify``, which must not hold before: else it looks at something else. The measure is the age: of the
newest data inside, as ``dated`` prints it, or of the file where there is no such command. A backup that does not come back is of no age at all.

In every step ``${BACKUP}`` is the backup, ``${INTO}`` an empty folder that is deleted afterwards, ``${DRILL}`` a word of this run.

A file that uses it:

    drill: backup
    title: Last night's backup comes back
    good_for: 2 d
    params:
      target: orders
      fetch: [{run: [aws, s3, cp, --recursive, "s3://desk-backups/latest/", "${INTO}/"], timeout: 10 min}]
      files: ["${INTO}/*.dump"]
      restore: [{run: [createdb, "drill_${DRILL}"]}, {run: [pg_restore, -d, "drill_${DRILL}", "${BACKUP}"], timeout: 30 min}]
      verify: [{run: [psql, -Atc, select count(*) from orders, "drill_${DRILL}"], matches: '^[1-9]'}]
      dated: {run: [psql, -Atc, select extract(epoch from max(at)) from orders, "drill_${DRILL}"]}
      post: [{run: [dropdb, --if-exists, "drill_${DRILL}"]}]
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import math
import time
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, timed
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.outage import Span
from prodready.engine.procedure import acted, broken, cleaned_up
from prodready.engine.steps import Step, Steps
from prodready.names import shown
from prodready.probes import token

AHEAD = 300.0
"""Seconds that clocks may differ."""


class Params(Struct, frozen=True, kw_only=True):
    """Which backup, how it comes back, and what must be in it."""

    target: str
    """What is backed up, in a word or two: the history goes by it."""
    files: tuple[str, ...]
    """Where backups are: patterns such as ``/backups/*.dump``; the newest counts."""
    restore: tuple[Step, ...]
    """What restores it somewhere of its own."""
    verify: tuple[Step, ...]
    """What must hold of the restored data, and cannot hold before."""
    fetch: tuple[Step, ...] = ()
    """What brings it to this machine."""
    dated: Step | None = None
    """Prints when the newest of the restored data is from: seconds since 1970, or ISO 8601 with its offset."""
    post: tuple[Step, ...] = ()
    """What cleans up."""
    min_size: int = 1
    """Bytes that it has at least."""
    oldest: Duration = 26 * 3600.0
    """How old it may be: a day, and two hours to take it."""

    def __post_init__(self) -> None:
        seconds(self.oldest, "oldest")
        if not self.files or not self.restore or not self.verify:
            raise ValueError("a backup drill needs 'files', and steps in 'restore' and in 'verify'")
        if self.dated and not self.dated.run:
            raise ValueError("dated is a step that runs a program")


def perform(ground: Ground, params: Params) -> Drilled:
    """Restores and looks. Raises CannotTell, ProdreadyError."""
    into = ground.world.scratch()
    steps = Steps(ground=ground, word=token(), words={"INTO": str(into)})
    for step in (*params.fetch, *params.restore, *params.verify):
        ground.permit.require(step.host or params.target, here=not step.host)
    ground.disturb("; ".join(map(str, (*params.fetch, *params.restore))), at=params.target, here=True)
    with cleaned_up(steps, params.post):
        if wrong := acted(steps, params.fetch):
            raise CannotTell(f"no backup was brought here: {wrong[0]}", "mend 'fetch'")
        backup = _newest([steps.filled(pattern) for pattern in params.files], ground.folder)
        steps = steps.given(BACKUP=str(backup))
        ground.journal.note("baseline", f"the newest is {shown(backup.name)}, {_size(backup)} bytes")
        if not any(steps.wrong(step) for step in params.verify):
            raise CannotTell("what 'verify' asks for held before anything was restored", "let it look at the restored copy, and at nothing else")
        wrong = _restored(steps, params, backup)
        age, dated = (0.0, "the file") if wrong else _age(steps, params, backup)
    words = f"{params.target}: {shown(backup.name)} came back, and {dated} is {age / 3600:.1f} h old"
    facts = {"backup": shown(backup.name), "bytes": _size(backup), "age_of": dated}
    return timed(ground, Span(age, age), broken(wrong), told=words, facts=facts)


def _restored(steps: Steps, params: Params, backup: Path) -> list[str]:
    """What is wrong about the backup or its restoration."""
    if (size := _size(backup)) < params.min_size:
        return [f"{shown(backup.name)} has {size} bytes, less than {params.min_size}"]
    if changed := _checksum(backup):
        return [changed]
    begin = time.monotonic()
    if wrong := acted(steps, params.restore):
        return wrong
    steps.ground.journal.note("recovered", f"restored in {time.monotonic() - begin:.2f} s")
    return [f"afterwards {step}: {told}" for step in params.verify if (told := steps.wrong_within(step, 0.5))]


def _newest(patterns: list[str], folder: Path) -> Path:
    found = [Path(name) for pattern in patterns for name in glob.glob(str(folder / pattern)) if not name.endswith(".sha256")]  # noqa: PTH207 - may be absolute
    if not found:
        raise CannotTell(f"nothing matches {shown(', '.join(patterns))}", "mend 'files', or see why no backup is there")
    return max(found, key=lambda path: path.stat().st_mtime)


def _size(backup: Path) -> int:
    paths = backup.rglob("*") if backup.is_dir() else (backup,)
    return sum(path.stat().st_size for path in paths if path.is_file())


def _checksum(backup: Path) -> str:
    """What is wrong with a file whose ``.sha256`` (as sha256sum writes it) lies beside it."""
    beside = backup.with_name(f"{backup.name}.sha256")
    if backup.is_dir() or not beside.is_file():
        return ""
    with backup.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return "" if beside.read_text("utf-8", errors="replace").split()[:1] == [digest] else f"{shown(backup.name)} does not match its checksum"


def _age(steps: Steps, params: Params, backup: Path) -> tuple[float, str]:
    """Seconds, and of what. Raises CannotTell."""
    made, of = backup.stat().st_mtime, "the file"
    if params.dated:
        act = steps.ground.act(tuple(map(steps.filled, params.dated.run)), deadline=seconds(params.dated.timeout))
        if act.code or (newest := _moment(act.last)) is None:
            raise CannotTell(f"{params.dated} printed no time: {act.last[:40]!r} (exit {act.code})", "mend 'dated'")
        made, of = newest, "the newest of its data"
    age = steps.ground.world.now.timestamp() - made
    if age < -AHEAD:
        raise CannotTell(f"{of} is from the future, by {-age:.0f} s", "set the clocks")
    return max(0.0, age), of


def _moment(words: str) -> float | None:
    """Seconds since 1970; None for words that are no time."""
    with contextlib.suppress(ValueError):
        return value if math.isfinite(value := float(words)) else None
    try:
        told = datetime.fromisoformat(words)
        return told.timestamp() if told.tzinfo else None
    except ValueError:
        return None


DRILL = Drill(params=Params, perform=perform, expect="<= 26 h", bound=lambda params: f"<= {seconds(params.oldest):g} s")
