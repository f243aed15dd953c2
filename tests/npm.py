"""Packages of npm, fetched once by npm itself and checked against a pinned hash; where they cannot be had the test is skipped with the reason."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest


def cache() -> Path:
    """Where tests keep what they fetched."""
    own = os.environ.get("PRODREADY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodready"
    return Path(own) / "tests"


def archive(name: str, version: str, integrity: str, folder: Path) -> Path:
    """The package's archive in the folder."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed, and {name} comes from there")
    ended = subprocess.run([npm, "pack", "--silent", f"{name}@{version}"], cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"npm cannot fetch {name}@{version}: {ended.stderr.strip()[-200:]}")
    found = next(Path(folder).glob("*.tgz"))
    digest = "sha512-" + base64.b64encode(hashlib.sha512(found.read_bytes()).digest()).decode()
    assert integrity == digest, f"{name}@{version} is not the package that was pinned"
    return found


def unpacked(name: str, version: str, integrity: str) -> Path:
    """The package's files, kept between runs."""
    home = cache() / "npm" / f"{version}-{hashlib.sha256(integrity.encode()).hexdigest()[:12]}" / name
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            with tarfile.open(archive(name, version, integrity, Path(folder))) as tar:
                tar.extractall(Path(folder) / "in", filter="data")
            try:
                (Path(folder) / "in" / "package").rename(home)
            except OSError:
                assert home.is_dir(), f"another run was unpacking {name} and left nothing"
    return home
