"""Which files are under the gate, and in words what was left out."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.model import Exclusion
from prodready.names import shown
from prodready.world import disk
from prodready.world.git import Git
from prodready.world.matching import matcher

MAX_FILES = 200_000
MAX_DEPTH = 64
_NOT_OPENED = re.compile(r"^warning: could not open directory '(.*)/': (.*)$", re.MULTILINE)
NOT_OURS = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache"))
"""Folders that hold other people's code or caches; git ignores them in any tidy repository, outside git they are skipped by name."""


class Listing(Struct, frozen=True, kw_only=True):
    """Sorted POSIX paths, and what is not among them."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    """Folders that could not be looked into, and why: they forbid a verdict unless excluded."""

    def without(self, exclusions: Sequence[Exclusion]) -> Listing:
        """The listing less what the repository file excludes, each exclusion noted with its count and reason."""
        files, notes, blocked = self.files, list(self.notes), self.blocked
        for exclusion in exclusions:
            matches = matcher(exclusion.files)
            left = tuple(path for path in files if not matches(path))
            notes.append(f"excluded: {_count(len(files) - len(left), 'file')} by {', '.join(map(shown, exclusion.files))} ({shown(exclusion.reason)})")
            files, blocked = left, tuple(folder for folder in blocked if not matches(f"{folder[0]}/"))
        return Listing(files=files, notes=tuple(notes), blocked=blocked)


class _Seen(Struct):
    """What a listing has met so far."""

    root: Path
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blocked: list[tuple[str, str]] = field(default_factory=list)
    plain: dict[str, bool] = field(default_factory=dict)
    environment: dict[str, bool] = field(default_factory=dict)

    def add(self, path: str) -> None:
        """Takes a path as a file, or says why not. What is gone from the disk is not under the gate."""
        try:
            mode = os.lstat(f"{self.root}/{path}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            mode = stat.S_IFREG  # reading it will say why not
        if not self._below_plain_folders(path):
            self.notes.append(f"not followed: {shown(path)} lies behind a symbolic link")
        elif stat.S_ISREG(mode):
            self.files.append(path)
        elif stat.S_ISLNK(mode):
            self._link(path)
        elif not stat.S_ISDIR(mode):
            self.notes.append(f"skipped: {shown(path)} is a device, socket or pipe, no regular file")

    def _link(self, path: str) -> None:
        target = os.path.realpath(self.root / path)
        if not Path(target).is_relative_to(os.path.realpath(self.root)):
            self.notes.append(f"not followed: {shown(path)} is a symbolic link out of the gated folder")

    def _below_plain_folders(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder and folder not in self.plain:
            self.plain[folder] = self._below_plain_folders(folder) and not (self.root / folder).is_symlink()
        return not folder or self.plain[folder]

    def in_environment(self, path: str) -> bool:
        """Whether a folder above the path is a virtual environment of Python, which is told once."""
        folder = path.rpartition("/")[0]
        if folder and folder not in self.environment:
            self.environment[folder] = self.in_environment(folder) or self._is_environment(folder)
        return bool(folder) and self.environment[folder]

    def _is_environment(self, folder: str) -> bool:
        if not _marked(self.root, folder):
            return False
        self.notes.append(_left_out(folder))
        return True

    def listing(self) -> Listing:
        """All that was met, sorted."""
        return Listing(files=tuple(sorted(set(self.files))), notes=tuple(_short(self.notes)), blocked=tuple(self.blocked))


def tracked_and_new(git: Git) -> Listing:
    """What git tracks below the folder plus what is new and not ignored. Raises CannotTell."""
    seen = _Seen(root=git.folder)
    gone = Counter[str]()
    for entry in filter(None, git.output("ls-files", "-z", "-t", "-s").split("\0")):
        meta, _, path = entry.partition("\t")
        if meta.split()[1] == "160000":
            seen.notes.append(f"not examined: {shown(path)} is a submodule; gate it in its own repository")
        else:
            gone["sparse"] += meta.startswith("S") and not os.path.lexists(git.folder / path)
            seen.add(path)
    _new(git, seen)
    if gone["sparse"]:
        seen.notes.append(f"not examined: {_count(gone['sparse'], 'tracked file')} left out by a sparse checkout")
    seen.notes.extend(_large(git))
    return seen.listing()


def _new(git: Git, seen: _Seen) -> None:
    printed = git.run("ls-files", "-z", "--others", "--exclude-standard")
    if printed.code:
        raise CannotTell(f"git ls-files failed: {printed.why}")
    for path in filter(None, os.fsdecode(printed.stdout).split("\0")):
        if path.endswith("/"):
            seen.notes.append(f"not examined: {shown(path)} is a repository of its own")
        elif not seen.in_environment(path):
            seen.add(path)
    seen.blocked.extend((match[1], match[2]) for match in _NOT_OPENED.finditer(printed.stderr))


def _large(git: Git) -> Iterator[str]:
    printed = git.run("ls-files", "-z", "--cached", "--", ":(attr:filter=lfs)", literal=False)
    for path in filter(None, os.fsdecode(printed.stdout).split("\0")):
        try:
            disk.read(git.folder, path, disk.LFS_SIZE)
        except CannotTell as unable:
            if "LFS" in unable.reason:
                yield f"not examined: {unable.reason}"


def walked(root: Path) -> Listing:
    """Every regular file below a plain folder, without version control. Raises CannotTell when there are too many."""
    seen = _Seen(root=root)
    for path, regular in walk(root, skip=_not_ours(root, seen.notes), complain=lambda *what: seen.blocked.append(what)):
        if regular:
            seen.files.append(path)
        else:
            seen.add(path)
    return seen.listing()


def _not_ours(root: Path, notes: list[str]) -> Callable[[str], bool]:
    def skip(folder: str) -> bool:
        if _marked(root, folder) or folder.rpartition("/")[2] in NOT_OURS:
            notes.append(_left_out(folder))
            return True
        return False

    return skip


def _marked(root: Path, folder: str) -> bool:
    return os.path.isfile(f"{root}/{folder}/pyvenv.cfg")  # noqa: PTH113 - Path raises in a folder that may not be entered


def _left_out(folder: str) -> str:
    return f"skipped: {shown(folder)}/ holds installed packages, caches or version control"


def walk(root: Path, *, start: str = "", skip: Callable[[str], bool], complain: Callable[[str, str], None]) -> Iterator[tuple[str, bool]]:
    """Each path below ``root/start`` that is no folder, and whether it is a regular file; links are not entered. Raises CannotTell beyond the bounds."""
    count, todo = 0, [start]
    while todo:
        folder = todo.pop()
        for entry in _entries(root, folder, complain):
            path = f"{folder}/{entry.name}" if folder else entry.name
            count += 1
            if count > MAX_FILES:
                raise CannotTell(f"more than {MAX_FILES:,} files below {shown(str(root))}", "gate the folder of the service itself")
            if not entry.is_dir(follow_symlinks=False):
                yield path, entry.is_file(follow_symlinks=False)
            elif path.count("/") >= MAX_DEPTH:
                complain(path, f"nested deeper than {MAX_DEPTH} folders")
            elif not skip(path):
                todo.append(path)


def _entries(root: Path, folder: str, complain: Callable[[str, str], None]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        complain(folder, error.strerror or "cannot be listed")
        return []


def _short(notes: Sequence[str], most: int = 50) -> Iterator[str]:
    unique = sorted(set(notes))
    yield from unique[:most]
    if len(unique) > most:
        yield f"and {len(unique) - most} more of such notes"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
