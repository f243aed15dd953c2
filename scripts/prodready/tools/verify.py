"""Whether an installed program is still what was installed: sha256 of the program, or of every file of its environment.

An environment holds thousands of files, and reading all of them costs more than a small scan. So each reading leaves a stamp of what the file system says
of them; while that stays, nothing was written since, as nobody sets the time at which a file was last changed (``ctime``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, to_builtins
from msgspec.structs import replace

RECORD = "installed.json"
"""Written last: a folder without it is not an installation."""


class Record(Struct, frozen=True, kw_only=True):
    """What an installation says of itself; what is started, and what it may be, says the pin."""

    source: str
    """The kind of source it came from: ``archive``, ``wheel`` or ``packages``."""
    digest: str
    """sha256 of the program, or of the environment's manifest."""
    stamp: str = ""
    """Of the environment, when it was last found to have that digest; empty for a single program, which is read each time."""


def read(folder: Path) -> Record | None:
    """The record of an installation; None when there is none, or none that can be read."""
    try:
        data = json.loads((folder / RECORD).read_bytes())
        return Record(source=str(data["source"]), digest=str(data["digest"]), stamp=str(data.get("stamp", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, record: Record) -> None:
    """Makes the folder an installation. Raises OSError."""
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.{RECORD}")
    aside.write_text(json.dumps(to_builtins(record)), "utf-8")
    aside.replace(folder / RECORD)


def digest(path: Path) -> str:
    """sha256 of a file, or of the manifest over every file below a folder. Raises OSError."""
    if path.is_file():
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    lines = (f"{name}\0{value}" for name, value in sorted(manifest(path).items()))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def manifest(folder: Path) -> Mapping[str, str]:
    """Each file's sha256 and each link's goal, by path below the folder. Byte code counts: Python would run it."""
    return {name: f"-> {Path(entry).readlink()}" if entry.is_symlink() else digest(Path(entry)) for name, entry in _entries(folder)}


def stamp(folder: Path) -> str:
    """sha256 of what the file system says of every file below a folder: which it is, its size, and when it was last changed. Raises OSError."""
    lines = sorted(f"{name}\0{seen.st_ino} {seen.st_mode} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}" for name, seen in _seen(folder))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _seen(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    for name, entry in _entries(folder):
        yield name, entry.stat(follow_symlinks=False)


def _entries(folder: Path, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file and link, by path below the folder; not the record itself."""
    with os.scandir(folder / below) as entries:
        for entry in entries:
            name = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(folder, f"{name}/")
            elif name != RECORD and (entry.is_symlink() or entry.is_file()):
                yield name, entry


def untouched(path: Path, record: Record) -> bool:
    """Whether nothing of an environment was written since it was last read."""
    try:
        return bool(record.stamp) and path.is_dir() and stamp(path) == record.stamp
    except OSError:
        return False


def remember(folder: Path, record: Record) -> None:
    """Writes down that the environment has just been read. Raises OSError."""
    write(folder, replace(record, stamp=stamp(folder)))


def complaint(path: Path, record: Record, allowed: tuple[str, ...]) -> str:
    """Why a program, or an environment's folder, must not be used; empty when it is intact. ``allowed``: the digests of the pin, if it names any."""
    try:
        now = digest(path)
    except OSError as error:
        return f"it cannot be read: {error}"
    if now != record.digest:
        return "its files are not the ones that were installed"
    if allowed and now not in allowed:
        return "its program is not the pinned one"
    return ""
