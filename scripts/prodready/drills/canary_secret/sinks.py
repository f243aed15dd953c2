"""Where things are written: files, of which only what is new counts, and programs or services that show it."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.steps import Step, Steps
from prodready.names import shown

LIMIT = 256 * 1024 * 1024
"""Bytes of one sink that are searched."""


class Mark(NamedTuple):
    """How far a file was written before the drill."""

    inode: int
    size: int


class Sink(Step, frozen=True, kw_only=True):
    """A place that is written to: ``files``, or what ``run`` prints or ``get`` gives."""

    name: str
    """What it is, in words."""
    files: tuple[str, ...] = ()
    """Patterns of files, ``**`` for any folders; also compressed ones."""

    def __post_init__(self) -> None:
        if not self.files:
            Step.__post_init__(self)
        elif self.run or self.get or self.post or self.connect:
            raise ValueError(f"the sink {self.name!r} is files, or a step that shows it")


def marks(ground: Ground, sink: Sink) -> dict[str, Mark]:
    """The files as they are now."""
    return {path: Mark(stat.st_ino, stat.st_size) for path in _paths(ground, sink) if (stat := Path(path).stat())}


def written(steps: Steps, sink: Sink, before: Mapping[str, Mark]) -> bytes:
    """What is there now and was not before. Raises CannotTell when it cannot be read, or is too much."""
    if sink.files:
        return _new(steps.ground, sink, before)
    step = Step(**{name: getattr(sink, name) for name in Step.__struct_fields__})
    told = steps.told(step)
    if wrong := steps.amiss(step, told):
        raise CannotTell(f"the sink {sink.name!r} cannot be read: {wrong}", "mend its step, or its rights")
    return told.text.encode("utf-8", "replace")


def _new(ground: Ground, sink: Sink, before: Mapping[str, Mark]) -> bytes:
    known = {mark.inode: mark.size for mark in before.values()}  # by its inode: a file that was renamed is still the same
    parts, total = [], 0
    try:
        for path in _paths(ground, sink):
            with Path(path).open("rb") as stream:
                stat = Path(path).stat()
                old = known.get(stat.st_ino, 0)
                stream.seek(old if old <= stat.st_size else 0)
                parts.append(stream.read(LIMIT + 1 - total))
            total += len(parts[-1])
    except OSError as error:
        raise CannotTell(f"a file of the sink {sink.name!r} cannot be read: {error.strerror}", "let this user read it") from None
    if total > LIMIT:
        raise CannotTell(f"more than {LIMIT // 2**20} MiB were written to {shown(sink.name)} meanwhile", "run the drill where there is less traffic")
    return b"\n".join(parts)


def _paths(ground: Ground, sink: Sink) -> list[str]:
    names = (name for pattern in sink.files for name in glob.glob(pattern, root_dir=ground.folder, recursive=True))  # noqa: PTH207 - also absolute ones
    return sorted({str(path) for name in names if (path := ground.folder / name).is_file()})
