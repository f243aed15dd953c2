"""The files under the gate and their history, as they are on disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from prodready.check import CannotTell
from prodready.context import History, Repo
from prodready.errors import ProdreadyError
from prodready.model import Exclusion
from prodready.names import shown
from prodready.world import disk, listing
from prodready.world.git import READ_ONLY, Git, executable, question
from prodready.world.listing import Listing
from prodready.world.matching import Names, matcher


def open_repo(path: Path, *, base: str = "", exclude: Sequence[Exclusion] = ()) -> Repo:
    """The repository at a folder, or the plain folder where there is none. Raises ProdreadyError when it cannot be gated."""
    root = _folder(path)
    try:
        git = Git(root)
        history = _history(git, base)
        listed = listing.tracked_and_new(git) if history else listing.walked(root)
    except CannotTell as unable:
        raise ProdreadyError(unable.reason, unable.remedy) from None
    listed = listed.without(exclude)
    for folder, why in listed.blocked:
        remedy = "make it readable, ignore it in .gitignore, or exclude it with a reason"
        raise ProdreadyError(f"{shown(folder)}/ below {shown(str(root))} cannot be searched: {why}", remedy)
    return Checkout(root=root, history=history, listed=listed, exclude=exclude)


class Checkout:
    """A folder with its files listed once; contents are read when asked for."""

    def __init__(self, *, root: Path, history: History | None, listed: Listing, exclude: Sequence[Exclusion] = ()) -> None:
        self._root, self._history, self._listed = root, history, listed
        self._exclude = tuple((matcher(exclusion.files), exclusion.reason) for exclusion in exclude)
        self._matching = lru_cache(maxsize=256)(Names(listed.files).matching)

    @property
    def root(self) -> Path:
        """The gated folder, resolved."""
        return self._root

    @property
    def history(self) -> History | None:
        """None outside git."""
        return self._history

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        return self._listed.notes

    def files(self, *patterns: str) -> tuple[str, ...]:
        """Sorted paths that match any of the patterns (gitignore syntax); all without patterns."""
        return self._matching(patterns) if patterns else self._listed.files

    def excluded(self, path: str) -> str:
        """Why the policy leaves this path out; empty when it does not."""
        return next((reason for matches, reason in self._exclude if matches(path)), "")

    def outputs(self, *patterns: str) -> tuple[str, ...]:
        """Sorted paths of files on disk that match, ignored and untracked ones too. Raises CannotTell when a folder cannot be searched."""
        return tuple(sorted({path for pattern in patterns for path in self._search(pattern)}))

    def _search(self, pattern: str) -> list[str]:
        def complain(folder: str, why: str) -> None:
            raise CannotTell(f"{shown(folder)}/ cannot be searched for {shown(pattern)}: {why}", "name the folder of the wanted files exactly")

        start = _literal_folder(pattern)
        folder = self._root / start
        if os.path.realpath(folder) != str(folder) or not os.path.isdir(folder):  # noqa: PTH112  # not there, or a link leads elsewhere
            return []
        everything = listing.walk(self._root, start=start, skip=lambda folder: folder.rpartition("/")[2] in (".git", "node_modules"), complain=complain)
        matches = matcher([pattern])
        return [path for path, regular in everything if regular and matches(path)]

    def modified(self, path: str) -> datetime:
        """When the file was last written. Raises CannotTell."""
        with disk.opened(self._root, path) as descriptor:
            return datetime.fromtimestamp(os.fstat(descriptor).st_mtime, tz=UTC)

    def raw(self, path: str, *, limit: int = disk.RAW_LIMIT) -> bytes:
        """The file's bytes. Raises CannotTell."""
        return disk.read(self._root, path, limit)

    def head(self, path: str) -> bytes:
        """The first 8 KiB. Raises CannotTell."""
        with disk.opened(self._root, path) as descriptor:
            return os.read(descriptor, 8192)

    def sha256(self, path: str) -> str:
        """The digest of a file of any size. Raises CannotTell."""
        return disk.sha256(self._root, path)

    def text(self, path: str, *, limit: int = disk.TEXT_LIMIT) -> str:
        """The file's text. Raises CannotTell."""
        return disk.decode(self.raw(path, limit=limit), path)

    def git(self, *args: str) -> str:
        """Standard output of a read-only git command at the toplevel. Raises CannotTell outside git and when git fails."""
        if args[0] not in READ_ONLY:
            raise ValueError(f"git {args[0]} is not on the list of read-only commands")
        if self._history is None:
            raise CannotTell(f"{shown(str(self._root))} is not in a git repository", "gate a git checkout, so that the history can be read")
        plain = ("--no-ext-diff", "--no-textconv") if args[0] in ("diff", "log", "show") else ()
        return Git(self._history.toplevel).output(args[0], *plain, *args[1:])

    def size(self, paths: Sequence[str]) -> int:
        """About how many bytes the files hold together."""
        return disk.size(self._root, paths)

    def stage(self, into: Path, paths: Sequence[str]) -> None:
        """Copies files below ``into``. Raises CannotTell when one of them cannot be read."""
        disk.copy(self._root, paths, into)


def _folder(path: Path) -> Path:
    if not os.path.lexists(path):
        raise ProdreadyError(f"{shown(str(path))} does not exist", "give the folder of the service, or run without a path inside its checkout")
    if not os.path.isdir(path):  # noqa: PTH112 - Path raises where a folder above may not be entered
        raise ProdreadyError(f"{shown(str(path))} is a file, not a folder", f"gate its folder: {shown(str(path.parent))}")
    try:
        next(path.iterdir(), None)
    except OSError as error:
        raise ProdreadyError(f"{shown(str(path))} cannot be listed: {error.strerror}", "run as a user who may read it") from None
    return path.resolve()


def _history(git: Git, base: str) -> History | None:
    root, above = git.folder, (git.folder, *git.folder.parents)
    dot_git = any(os.path.lexists(folder / ".git") for folder in above)
    if not dot_git and (executable() is None or not any(os.path.lexists(folder / "HEAD") for folder in above)):
        return None  # and no bare repository either: git need not be asked
    asked = git.run("rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository", "--show-toplevel")
    bare, inside, *rest = [*asked.stdout.decode("utf-8", "surrogateescape").split("\n"), "", ""]
    if bare == "true" or inside == "false":
        raise ProdreadyError(f"{shown(str(root))} is a bare repository or git's own folder: it has no files to gate", "clone it and gate the clone")
    if asked.code:
        if dot_git:
            raise ProdreadyError(f"git cannot read the repository at {shown(str(root))}: {asked.why}", "repair the checkout, or gate a fresh clone")
        return None
    toplevel = Path(os.fsdecode("\n".join(rest[1:]).removesuffix("\n\n\n")))
    return _checkout_history(git, toplevel, shallow=rest[0] == "true", base=base)


def _checkout_history(git: Git, toplevel: Path, *, shallow: bool, base: str) -> History:
    prefix = git.folder.relative_to(toplevel).as_posix()
    head = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    changed = git.output("status", "--porcelain=v1", "-z", "--untracked-files=normal", "--ignore-submodules=all", "--", ".")
    return History(
        toplevel=toplevel,
        prefix="" if prefix == "." else f"{prefix}/",
        head=os.fsdecode(head.stdout).removesuffix("\n") if head.code == 0 else "",
        base=_merge_base(toplevel, base, shallow=shallow) if base else "",
        shallow=shallow,
        dirty=bool(changed),
    )


def _merge_base(toplevel: Path, base: str, *, shallow: bool) -> str:
    deeper = "set 'fetch-depth: 0' on actions/checkout, or run: git fetch --unshallow" if shallow else f"fetch it first: git fetch origin {shown(base)}"
    for ref in (base, f"refs/remotes/origin/{base}"):
        commit = question(toplevel, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if commit and (merged := question(toplevel, "merge-base", commit, "HEAD")):
            return merged
        if commit:
            raise ProdreadyError(f"{shown(base)} and the current commit share no history here", deeper)
    raise ProdreadyError(f"the base {shown(base)} is no commit of this repository", deeper)


def _literal_folder(pattern: str) -> str:
    """The folder before the first wildcard of an anchored pattern, so that nothing else is searched."""
    parts = pattern.strip("/").split("/")[:-1]
    wild = next((index for index, part in enumerate(parts) if set(part) & set("*?[\\!")), len(parts))
    return "/".join(parts[:wild]) if ".." not in parts else ""
