"""Environments beside ours, for programs that tests hold ours against: built once from a hash-locked file, kept between runs."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest


def interpreter(lock: Path, *, what: str) -> Path:
    """The Python of an environment with what the lock says; skips the test where it cannot be had."""
    cache = Path(os.environ.get("PRODREADY_CACHE") or Path.home() / ".cache" / "prodready")
    home = cache / "oracles" / hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # the other worker may want it too
        _make(home, lock, what)
    return home / "bin" / "python"


def _make(home: Path, lock: Path, what: str) -> None:
    from uv import find_uv_bin

    if not (home / "complete").exists():
        for command in (["venv", "--clear", "-p", sys.executable, home], ["pip", "install", "-p", home / "bin" / "python", "--require-hashes", "-r", lock]):
            ended = subprocess.run([find_uv_bin(), "-q", *command], capture_output=True, text=True, check=False)
            if ended.returncode:
                pytest.skip(f"{what} cannot be installed: {ended.stderr.strip()[-200:]}")
        (home / "complete").touch()
