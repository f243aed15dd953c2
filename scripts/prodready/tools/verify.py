"""Whether an installed program is still what was installed: sha256 of the program, or of every file of its environment."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD = "installed.json"
"""Written last: a folder without it is not an installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an installation says of itself; what is started, and what it may be, says the pin."""

    source: str
    """The kind of source it came from: ``archive``, ``wheel`` or ``packages``."""
    digest: str
    """sha256 of the program, or of the environment's manifest."""


def read(folder: Path) -> Record | None:
    """The record of an installation; None when there is none, or none that can be read."""
    try:
        data = json.loads((folder / RECORD).read_bytes())
        return Record(source=str(data["source"]), digest=str(data["digest"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, record: Record) -> None:
    """Makes the folder an installation."""
    (folder / RECORD).write_text(json.dumps(asdict(record)), "utf-8")


def digest(path: Path) -> str:
    """sha256 of a file, or of the manifest over every file below a folder. Raises OSError."""
    if path.is_file():
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    lines = (f"{name}\0{value}" for name, value in sorted(manifest(path).items()))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def manifest(folder: Path) -> Mapping[str, str]:
    """Each file's sha256 and each link's goal, by path below the folder. Byte code counts: Python would run it."""
    found: dict[str, str] = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if path.is_symlink():
                found[str(path.relative_to(folder))] = "-> " + str(path.readlink())
            elif path.is_file() and path != folder / RECORD:
                found[str(path.relative_to(folder))] = digest(path)
    return found


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
