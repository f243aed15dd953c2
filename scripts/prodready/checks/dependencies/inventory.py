"""Which files name packages, and what they pin together."""

from __future__ import annotations

from pathlib import PurePosixPath

from prodready.checks.dependencies import locks, manifests, requirements
from prodready.checks.dependencies.pins import Pins, gap
from prodready.context import Repo

PATTERNS = (
    *("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml"),
    *("*requirements*.txt", "*requirements*.lock", "requirements/*.txt", "requirements/*.lock"),
)


def read(repo: Repo, patterns: tuple[str, ...]) -> dict[str, Pins]:
    """Lock file -> what it pins, the requirement files that others pull in among them. Raises CannotTell when one cannot be read."""
    todo, pins = list(repo.files(*patterns)), dict[str, Pins]()
    while todo:
        path = todo.pop(0)
        if path in pins:
            continue
        text = repo.text(path)
        reader = locks.reader(path)
        pins[path] = reader(text, path) if reader else requirements.read(text, path)
        if not reader:
            more, missing = _included(repo, path, text)
            todo += more
            pins[path] = Pins.all((pins[path], missing))
    return pins


def _included(repo: Repo, path: str, text: str) -> tuple[list[str], Pins]:
    files = frozenset(repo.files())
    here, more, missing = PurePosixPath(path).parent, list[str](), list[Pins]()
    for line, name in requirements.included(text):
        target = _plain(here / name)
        if target in files:
            more.append(target)
        else:
            missing.append(gap(path, line, name, "is pulled in and is not under the gate"))
    return more, Pins.all(missing)


def _plain(path: PurePosixPath) -> str:
    """The path without ``..``; one that leaves the root matches no file."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def unlocked(repo: Repo, pins: dict[str, Pins]) -> Pins:
    """What is asked for and pinned nowhere, and what this check does not read."""
    return Pins.all((manifests.unlocked(repo, pins), Pins(notes=manifests.other_systems(repo))))
