"""A stranger's change as files on disk: fetched by its commit into a repository of our own, with nothing of it run, and the base branch beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from prodready.errors import ProdreadyError
from prodready.names import shown
from prodready.world.git import executable

DEADLINE = 600.0
"""Seconds one git command may take."""
_OPTIONS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "credential.helper=", "submodule.recurse=false", "fetch.recurseSubmodules=false",
    "transfer.fsckObjects=true", "transfer.bundleURI=false", "protocol.allow=never", "protocol.https.allow=always", "protocol.http.allow=always",
    "http.followRedirects=false", "gc.auto=0", "init.defaultBranch=none",
)  # fmt: skip
"""Nothing that a repository brings along runs a program, reaches another place, or asks for a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which commit, and from where."""

    url: str
    """Of the repository, https or http."""
    token: str = field(repr=False)
    pull: int
    head: str
    base: str
    """The branch the change goes to."""


@contextmanager
def checkout(wanted: Wanted) -> Iterator[Path]:
    """The head of the pull request as a checkout, with ``origin/BASE`` in its history; gone afterwards. Raises ProdreadyError."""
    base = Path(tempfile.mkdtemp(prefix="prodready-pull-"))
    try:
        folder = base / "repository"
        folder.mkdir()
        git = _Git(folder=folder, environ=_environ(base, wanted))
        git("init", "--quiet", "--template=", ".")
        pull, branch = f"+refs/pull/{wanted.pull}/head:refs/remotes/pull/head", f"+refs/heads/{wanted.base}:refs/remotes/origin/{wanted.base}"
        git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", wanted.url, pull, branch)
        here = git("rev-parse", "--verify", "refs/remotes/pull/head^{commit}").strip()
        if here != wanted.head:
            raise ProdreadyError(f"pull request #{wanted.pull} has moved on to {here[:12]} while it was fetched", "its newer head has a run of its own")
        git("checkout", "--quiet", "--detach", wanted.head)
        yield folder
    finally:
        shutil.rmtree(base, ignore_errors=True)


class _Git(Struct, frozen=True):
    """Git in that folder, and no other configuration than ours."""

    folder: Path
    environ: Mapping[str, str]

    def __call__(self, *args: str) -> str:
        git = executable()
        if git is None:
            raise ProdreadyError("git is not installed", "install git on the machine that publishes")
        options = [word for option in _OPTIONS for word in ("-c", option)]
        return _said(subprocess_of([git, "--no-pager", *options, *args], self.folder, self.environ), args[0])


def subprocess_of(argv: Sequence[str], folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Runs it within the deadline. Raises ProdreadyError."""
    try:
        return subprocess.run(argv, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=False)
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ProdreadyError(f"the change could not be fetched: {type(error).__name__}", "run it again, on a larger machine if it stays") from None


def _said(ended: subprocess.CompletedProcess[bytes], verb: str) -> str:
    if ended.returncode:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {ended.returncode}"]
        raise ProdreadyError(f"the change could not be fetched: git {verb}: {shown(lines[-1])[:300]}", "give the job 'permissions: {contents: read}'")
    return ended.stdout.decode("utf-8", "replace")


def _environ(base: Path, wanted: Wanted) -> Mapping[str, str]:
    """The token goes to the one address by a header, and is in no file and no argument."""
    word = b64encode(f"x-access-token:{wanted.token}".encode()).decode()
    return {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": str(base), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{wanted.url}.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}",
        **{name: os.environ[name] for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "GIT_SSL_CAINFO") if name in os.environ},
    }  # fmt: skip
