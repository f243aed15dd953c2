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
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import supervised
from prodready.engine.netns import inside, of_process


@contextmanager
def engine() -> Iterator[dict[str, str]]:
    """The environment that leads to a running engine; skips by name where none can run.

    It is in a network of its own, so that engines of several test runs do not share bridges, overlays and ports; so is the calling thread meanwhile.
    """
    supervised.needs("dockerd", "docker", "unshare", "ip")
    if os.geteuid() != 0:
        pytest.skip("a Docker engine of our own needs root")
    folder = Path(tempfile.mkdtemp(prefix="prodready-docker-"))
    words = f"exec dockerd --data-root {folder}/data --exec-root {folder}/exec --pidfile {folder}/pid -H unix://{folder}/sock"
    with (folder / "log").open("w") as log:
        argv = ["unshare", "--net", "sh", "-c", f"ip link set lo up && touch {folder}/apart && {words}"]
        process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
    environ = {"DOCKER_HOST": f"unix://{folder}/sock"}
    apart = ExitStack()
    try:
        supervised.eventually(lambda: process.poll() is not None or (folder / "apart").exists(), what="a network of its own")
        apart.enter_context(inside(of_process(process.pid)))
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
        apart.close()
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


MERGED = {folder: f"usr/{folder}" for folder in ("bin", "sbin", "lib", "lib64")}
"""With these links an image becomes a machine like this one as soon as ``/usr`` is mounted."""


def image(environ: dict[str, str], name: str, *programs: str, files: dict[str, str] | None = None, links: dict[str, str] | None = None) -> None:
    """An image of programs with the libraries they need, text files, and links."""
    wanted = set() if links else {real for program in programs for real in (supervised.find(program), *_libraries(supervised.find(program)))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(wanted):
            tar.add(os.path.realpath(path), arcname=path)
        for path, target in (links or {}).items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
        for path, text in (files or {}).items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    docker(environ, "import", "-", name, stdin=buffer.getvalue())


def _libraries(program: str) -> list[str]:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> |^\t)(/\S+)", told, re.MULTILINE)
