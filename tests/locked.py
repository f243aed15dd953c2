"""Environments beside ours, for programs that tests hold ours against: built once from a hash-locked file, kept between runs."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest


def interpreter(lock: Path, *, what: str) -> Path:
    """The Python of an environment with what the lock says; skips the test where it cannot be had."""
    from uv import find_uv_bin

    cache = Path(os.environ.get("PRODREADY_CACHE") or Path.home() / ".cache" / "prodready")
    home = cache / "oracles" / hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    if not (home / "complete").exists():
        for command in (["venv", "--clear", "-p", sys.executable, home], ["pip", "install", "-p", home / "bin" / "python", "--require-hashes", "-r", lock]):
            ended = subprocess.run([find_uv_bin(), "-q", *command], capture_output=True, text=True, check=False)
            if ended.returncode:
                pytest.skip(f"{what} cannot be installed: {ended.stderr.strip()[-200:]}")
        (home / "complete").touch()
    return home / "bin" / "python"
