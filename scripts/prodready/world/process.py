"""Programs of the real world: the ``Run`` of ``context.py``. No shell, no token, no folder of the caller's, bounded in time and output."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from prodready.check import CannotTell
from prodready.context import Completed
from prodready.world.child import LIMIT, Children, Ending
from prodready.world.dialogue import Dialogue

if TYPE_CHECKING:
    from prodready.tools.install import Toolbox

DEADLINE = 120.0
"""Seconds a program may take when the check names no deadline."""
REACH = (
    *("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT"),
)
"""What a program needs to reach the network: the only variables of ours, besides PATH, that it sees."""
INDEXES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "NPM_CONFIG_REGISTRY", "GOPROXY")
"""Likewise, but passed on only without a password inside."""


class Processes:
    """Runs pinned programs and programs of the machine. Thread-safe."""

    def __init__(
        self, *, cache: Path, offline: bool = False, limit: int = LIMIT, environ: Mapping[str, str] | None = None, replace: Mapping[str, Path] | None = None
    ) -> None:
        """``replace`` puts another program in a tool's place: for tests, there is no other way in."""
        self._cache = cache
        self._offline = offline
        self._limit = limit
        self._environ = os.environ if environ is None else environ
        self._replace = dict(replace or {})
        self._children = Children()
        self._box: Toolbox | None = None
        self._lock = threading.Lock()

    @property
    def toolbox(self) -> Toolbox:
        """The pinned programs."""
        from prodready.tools.install import Toolbox

        with self._lock:
            if self._box is None:
                self._box = Toolbox(cache=self._cache, offline=self._offline, children=self._children, environ=self._environ)
            return self._box

    def prepare(self, names: Iterable[str]) -> None:
        """Installs and verifies pinned programs in parallel. What fails is told again, with the reason, by ``tool``."""
        if wanted := [name for name in names if name not in self._replace]:
            self.toolbox.prepare(wanted)

    def tool(self, name: str, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, deadline: float | None = None) -> Completed:
        """Runs a pinned program, installing and verifying it first. Raises CannotTell when it cannot be had."""
        if name in self._replace:
            return self._run(f"{name} (replaced)", (str(self._replace[name]), *args), cwd, env, deadline)
        have = self.toolbox.ensure(name)
        return self._run(have.label, (*have.argv, *args), cwd, env, deadline)

    def command(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, deadline: float | None = None) -> Completed:
        """Runs a program of the machine; it may be, or start, a cargo that rustup keeps."""
        return self._run(Path(argv[0]).name, argv, cwd, {**toolchains(self._environ), **(env or {})}, deadline)

    @contextmanager
    def converse(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Dialogue]:
        """A program of the machine that answers line by line, within it."""
        with neutral(self._environ) as (_, clean), ExitStack() as held:
            try:
                child = held.enter_context(self._children.child(argv, cwd=cwd, env={**clean, **(env or {})}, asked=True))
            except (OSError, ValueError) as error:
                raise CannotTell(f"{argv[0]} could not be started: {error}", "name a program of the machine, and its arguments as separate words") from None
            yield Dialogue(child, Path(argv[0]).name)

    def kill_all(self) -> None:
        """Ends every program that runs, with all it started; no further one can start."""
        self._children.kill_all()

    def _run(self, label: str, argv: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None, deadline: float | None) -> Completed:
        with neutral(self._environ) as (folder, clean):
            ending = self._children.run(
                argv, cwd=cwd or folder, env={**clean, **(env or {})}, deadline=DEADLINE if deadline is None else deadline, limit=self._limit
            )
        return completed(label, ending)


def completed(label: str, ending: Ending) -> Completed:
    """The ending of a program as a check sees it."""
    return Completed(program=label, ended=ending.ended, code=ending.code, stdout=ending.stdout, stderr=ending.stderr, seconds=ending.seconds)


@contextmanager
def neutral(environ: Mapping[str, str]) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder to stand in, and an environment that holds no secret; both are gone afterwards."""
    import tempfile

    base = Path(tempfile.mkdtemp(prefix="prodready-run-"))
    try:
        for name in ("home", "tmp", "work"):
            (base / name).mkdir(mode=0o700)
        yield base / "work", clean_environment(environ, home=base / "home", tmp=base / "tmp")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def clean_environment(environ: Mapping[str, str], *, home: Path, tmp: Path) -> dict[str, str]:
    """What a program sees of our environment: an allow-list, so that a variable nobody thought of stays here."""
    path = os.pathsep.join(folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute())
    passed = {name: environ[name] for name in REACH if name in environ}
    passed |= {name: environ[name] for name in INDEXES if "@" not in environ.get(name, "@")}
    return {**passed, "PATH": path, "HOME": str(home), "TMPDIR": str(tmp), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb"}


def toolchains(environ: Mapping[str, str]) -> dict[str, str]:
    """Where rustup keeps its compilers, since programs of ours get another home; empty where there are none."""
    folder = Path(environ.get("RUSTUP_HOME") or Path(environ.get("HOME") or "/nowhere", ".rustup"))
    return {"RUSTUP_HOME": str(folder)} if folder.is_dir() else {}


@contextmanager
def interruptible(processes: Processes) -> Iterator[None]:
    """Within it SIGTERM and SIGHUP are Ctrl-C; however it is left, no program of ours stays behind. For the main thread."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        processes.kill_all()
        for number, handler in before.items():
            signal.signal(number, handler)
