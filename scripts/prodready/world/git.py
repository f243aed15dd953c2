"""Git, asked safely: nothing the repository configures is run, nothing is fetched, nothing is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO

from msgspec import Struct

from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.names import shown

DEADLINE = 120.0
"""Seconds one git command may take."""
LIMIT = 64 * 1024 * 1024
"""Bytes one git command may print."""

READ_ONLY = frozenset((
    "blame", "cat-file", "describe", "diff", "diff-tree", "for-each-ref", "log", "ls-files", "ls-tree", "merge-base", "name-rev",
    "rev-list", "rev-parse", "shortlog", "show", "status",
))  # fmt: skip

_CONFIG = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.alternateRefsCommand=",
    "credential.helper=",
    "diff.external=",
    "log.showSignature=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
"""Each of these can be set by a repository to run a program or to reach the network."""

_NEUTRAL = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": os.devnull,
    "LC_ALL": "C",
}


class Printed(Struct, frozen=True, kw_only=True):
    """How a git command ended."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def why(self) -> str:
        """The first line git complained in, without its ``fatal:``."""
        first = next(iter(self.stderr.strip().splitlines()), f"exit code {self.code}")
        return shown(first.removeprefix("fatal: ").removeprefix("error: "))


def executable() -> str | None:
    """Where git is, looked up in absolute folders of PATH only: a gated folder must not bring its own."""
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute()]
    return shutil.which("git", path=os.pathsep.join(folders))


class Git:
    """Read-only git commands in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *args: str, literal: bool = True) -> Printed:
        """Runs one command, whatever its exit code. Raises CannotTell when git is missing, too slow or too loud."""
        return self._call(args, self._environ, literal=literal)

    def output(self, *args: str, literal: bool = True) -> str:
        """What a successful command printed, undecodable bytes kept as surrogates. Raises CannotTell when it failed."""
        printed = self.run(*args, literal=literal)
        if printed.code:
            raise CannotTell(f"git {args[0]} failed: {printed.why}")
        return os.fsdecode(printed.stdout)

    @cached_property
    def _environ(self) -> Mapping[str, str]:
        """The neutral environment, which also switches off every content filter of the repository's config: ``status`` would run them."""
        # safe.directory: container jobs check out as another user, and git would refuse to look.
        neutral = _environ([("safe.directory", "*")])
        asked = self._call(["config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$"], neutral, literal=True)
        filters = sorted({name for name in os.fsdecode(asked.stdout).split("\0") if name})
        return _environ([("safe.directory", "*"), *((name, "false" if name.endswith(".required") else "") for name in filters)])

    def _call(self, args: Sequence[str], environ: Mapping[str, str], *, literal: bool) -> Printed:
        git = executable()
        if git is None:
            raise CannotTell("git is not installed", "install git (Debian: apt-get install git) so that the files and their history can be listed")
        options = [word for pair in _CONFIG for word in ("-c", pair)]
        argv = [git, "--no-optional-locks", "--no-pager", *(["--literal-pathspecs"] if literal else []), *options, *args]
        return _bounded(argv, self.folder, environ, name=f"git {args[0]}")


def _environ(config: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    pairs = {f"GIT_CONFIG_{kind}_{index}": text for index, pair in enumerate(config) for kind, text in zip(("KEY", "VALUE"), pair, strict=True)}
    return {**_NEUTRAL, **pairs, "GIT_CONFIG_COUNT": str(len(config)), "PATH": os.environ.get("PATH", os.defpath)}


def _bounded(argv: Sequence[str], folder: Path, environ: Mapping[str, str], *, name: str) -> Printed:
    import subprocess
    import tempfile

    smaller = "gate a smaller folder of the repository"
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        try:
            ended = subprocess.run(argv, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, timeout=DEADLINE, check=False)
        except subprocess.TimeoutExpired:
            raise CannotTell(f"{name} took longer than {DEADLINE:.0f} s", smaller) from None
        except OSError as error:
            raise CannotTell(f"git could not be started in {shown(str(folder))}: {error.strerror}") from None
        printed, complained = _all(stdout), _all(stderr)
    if len(printed) > LIMIT:
        raise CannotTell(f"{name} printed more than {LIMIT // 2**20} MiB", smaller)
    return Printed(code=ended.returncode, stdout=printed, stderr=os.fsdecode(complained))


def _all(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read(LIMIT + 1)


def question(folder: Path, *args: str) -> str | None:
    """A one-word answer of git, None when it says no. Raises ProdreadyError when git itself cannot be asked."""
    try:
        printed = Git(folder).run(*args)
    except CannotTell as unable:
        raise ProdreadyError(unable.reason, unable.remedy) from None
    return os.fsdecode(printed.stdout).removesuffix("\n") if printed.code == 0 else None
