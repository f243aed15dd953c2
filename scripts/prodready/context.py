"""The world a check may touch, as Protocols: everything is passed in, so a recorded world is a complete test."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from msgspec import Struct, field

from prodready.discreet import Discreet
from prodready.model import Outcome
from prodready.signoffs.nouns import Word


class Ended(Enum):
    """How a program ended."""

    EXITED = "exited"
    NOT_STARTED = "not started"
    TIMED_OUT = "timed out"
    KILLED = "killed by a signal"
    TOO_LOUD = "printed more than the limit"


class Completed(Struct, frozen=True, kw_only=True):
    """A program that has ended, with all it printed."""

    program: str
    """Name and version, for example ``bandit 1.9.4``."""
    ended: Ended
    code: int
    """Exit code; the negative signal number when killed; -1 when it never started."""
    stdout: bytes
    stderr: bytes
    seconds: float


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    seconds: float = 0.0
    """From before the connection was made to the last byte of the body."""


class HttpRequest(Discreet, frozen=True, kw_only=True):
    """One request to a running system, with its bounds."""

    unprinted: ClassVar[frozenset[str]] = frozenset(("body", "headers"))

    url: str
    method: Literal["GET", "HEAD", "POST", "DELETE"] = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """May hold credentials; they go to the origin of ``url`` and nowhere else."""
    authorities: str = ""
    """PEM of the certificate authorities to trust; empty takes those of the machine."""
    follow: bool = True
    """Whether redirects are followed; if not, the redirect is the answer."""
    deadline: float = 20.0
    """Seconds for the whole exchange."""
    limit: int = 16 * 1024 * 1024
    """Bytes of the body."""


class History(Struct, frozen=True, kw_only=True):
    """The git history behind the files."""

    toplevel: Path
    prefix: str
    """The gated folder below the toplevel, with a trailing slash; empty when they are the same."""
    head: str
    """Full commit id; empty in a repository without commits."""
    base: str
    """Merge base of the base branch and head; empty when none was given."""
    shallow: bool
    dirty: bool


class Repo(Protocol):
    """The files under the gate: what git tracks plus what is new and not ignored. Symbolic links are never followed."""

    @property
    def root(self) -> Path: ...
    @property
    def history(self) -> History | None:
        """None outside git."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in words: links, submodules, excluded files."""

    def files(self, *patterns: str) -> tuple[str, ...]:
        """Sorted POSIX paths that match any of the patterns (gitignore syntax); all without patterns."""

    def excluded(self, path: str) -> str:
        """Why the policy leaves this path out, be it a file of today or of an earlier commit; empty when it does not."""

    def outputs(self, *patterns: str) -> tuple[str, ...]:
        """Sorted POSIX paths of files on disk that match, ignored and untracked ones too: reports that a build left behind."""

    def modified(self, path: str) -> datetime:
        """When the file was last written. Raises CannotTell likewise."""

    def raw(self, path: str, *, limit: int = ...) -> bytes:
        """The file's bytes. Raises CannotTell when missing, unreadable, over ``limit`` bytes, a link or outside the root."""

    def head(self, path: str) -> bytes:
        """The first 8 KiB of a file of any size, to tell what it is. Raises CannotTell likewise."""

    def sha256(self, path: str) -> str:
        """The digest of a file of any size. Raises CannotTell likewise."""

    def text(self, path: str, *, limit: int = ...) -> str:
        """The file's text, decoded as UTF-8 (a BOM chooses UTF-16). Raises CannotTell likewise, and when it does not decode."""

    def git(self, *args: str) -> str:
        """Standard output of a read-only git command at the toplevel, hooks and repository config off. Raises CannotTell."""

    def size(self, paths: Sequence[str]) -> int:
        """About how many bytes the files hold together."""

    def stage(self, into: Path, paths: Sequence[str]) -> None:
        """Copies files below ``into``, so that a scanner sees them and nothing else of the repository."""


class Dialogue(Protocol):
    """A program that answers each line with a line."""

    def ask(self, line: bytes, *, deadline: float) -> bytes:
        """Its answer. Raises CannotTell when none came within ``deadline`` seconds, or one that is too long."""


class Run(Protocol):
    """Programs: no shell, a clean environment without tokens, a neutral folder, a deadline, bounded output."""

    def tool(self, name: str, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, deadline: float | None = None) -> Completed:
        """Runs a pinned program, installing and verifying it first. Raises CannotTell when it cannot be had."""

    def command(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, deadline: float | None = None) -> Completed:
        """Runs a program of the machine: for checks that run the repository's own commands."""

    def converse(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> AbstractContextManager[Dialogue]:
        """A program of the machine that answers line by line; it is ended, with all it started, at the end. Raises CannotTell when it does not start."""


class Http(Protocol):
    """Bounded HTTP that asks and changes nothing. Raises CannotTell when no answer came."""

    def send(self, request: HttpRequest) -> Answer: ...

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, deadline: float = ..., limit: int = ...) -> Answer: ...


class Forge(Protocol):
    """The repository as GitHub knows it; answers are kept, so that asking twice is asking once. Raises CannotTell when it cannot be asked."""

    @property
    def repository(self) -> str:
        """``owner/name``."""

    @property
    def pull(self) -> int | None:
        """Number of the pull request under the gate."""

    @property
    def head(self) -> str:
        """The commit the verdict is about; empty when unknown."""

    def get(self, path: str, **query: str) -> Any:
        """An answer, by its path below the repository (``/rulesets``) or, with two slashes, below the API (``//orgs/acme``)."""

    def pages(self, path: str, key: str = "", **query: str) -> list[Any]:
        """A whole list; ``key`` where GitHub wraps it in an object."""


class People(Protocol):
    """Those whom the policy names, and what they said."""

    def attested(self, roles: Sequence[str], about: str, files: Mapping[str, str]) -> tuple[Word, ...]:
        """How the roles stand on a statement over these files (path -> sha256), or on the commit when it has no name."""

    def signer(self, message: bytes, signed: str, *, namespace: str) -> str:
        """The principal who signed these bytes. Raises BadSignature when nobody did whom the policy knows, CannotTell when it cannot be checked."""


class Context(Struct, frozen=True, kw_only=True):
    """Everything a check may touch."""

    repo: Repo
    run: Run
    http: Http
    targets: Mapping[str, object]
    secret: Callable[[str], str]
    """The value of a named environment variable. Raises CannotTell naming the variable when unset."""
    now: datetime
    offline: bool
    scratch: Callable[[], Path]
    """A new private folder (0700), removed when the check ends."""
    small: Callable[[int], Path] | None = None
    """Likewise, for about that many bytes, which it may keep in memory; None has none of these."""
    wait: Callable[[float], None] = time.sleep
    """Lets that many seconds pass: between two looks at something that should move."""
    outcomes: tuple[Outcome, ...] | None = None
    """How the other items ended, for a check that is ``late``; None when the run holds a part of the checklist only."""
    forge: Forge | None = None
    """GitHub, where it can be asked."""
    people: People | None = None
    """Who signs, where the policy is known."""
    privileged: bool = False
    """Whether this process holds tokens or secrets that code of the repository must not reach."""
