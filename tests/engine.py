"""A Docker engine of the tests' own, and images made of the programs of this machine: nothing is pulled."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import supervised


@contextmanager
def engine() -> Iterator[dict[str, str]]:
    """The environment that leads to a running engine; skips by name where none can run."""
    supervised.needs("dockerd", "docker")
    if os.geteuid() != 0:
        pytest.skip("a Docker engine of our own needs root")
    folder = Path(tempfile.mkdtemp(prefix="prodready-docker-"))
    words = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid", "-H", f"unix://{folder}/sock"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    environ = {"DOCKER_HOST": f"unix://{folder}/sock"}
    try:
        up = lambda: process.poll() is not None or docker(environ, "version", check=False).returncode == 0  # noqa: E731 - a condition, not a function
        supervised.eventually(up, 60, "the Docker engine")
        if process.poll() is not None:
            pytest.skip(f"the Docker engine does not run here: {(folder / 'log').read_text().strip().splitlines()[-1][:300]}")
        yield environ
    finally:
        containers = docker(environ, "ps", "-aq", check=False).stdout.split()
        if containers:
            docker(environ, "rm", "-f", *containers, check=False)
        docker(environ, "swarm", "leave", "--force", check=False)
        process.terminate()
        process.wait(timeout=60)
        subprocess.run(["sh", "-c", f"umount {folder}/data/*/*/merged 2>/dev/null"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def docker(environ: dict[str, str], *words: str, check: bool = True, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the client."""
    ended = subprocess.run(["docker", *words], env={**os.environ, **environ}, input=stdin, capture_output=True, check=False, timeout=120)
    out, err = ended.stdout.decode(), ended.stderr.decode()
    assert not check or ended.returncode == 0, f"docker {words}: {err}"
    return subprocess.CompletedProcess(ended.args, ended.returncode, out, err)


def image(environ: dict[str, str], name: str, *programs: str, files: dict[str, str] | None = None) -> None:
    """An image of programs with the libraries they need, and text files."""
    wanted = {real for program in programs for real in (supervised.find(program), *_libraries(supervised.find(program)))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(wanted):
            tar.add(os.path.realpath(path), arcname=path)
        for path, text in (files or {}).items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    docker(environ, "import", "-", name, stdin=buffer.getvalue())


def _libraries(program: str) -> list[str]:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> |^\t)(/\S+)", told, re.MULTILINE)
