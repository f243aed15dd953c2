"""Real servers on loopback for the tests of running systems: started in seconds, stopped with all they started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ports import free as port

PATIENCE = 60.0
"""Seconds a server may take on a loaded machine."""


def need(*programs: str) -> None:
    """Skips the test by name where a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@contextmanager
def running(
    argv: Sequence[str | Path], folder: Path, ready: Callable[[], bool], *, patience: float = PATIENCE, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, once it is ready, until the end of the block. Fails with its last words when it never is."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(list(map(str, argv)), cwd=folder, env={**os.environ, **environ}, stdout=out, stderr=out, start_new_session=True)
    try:
        until(ready, f"{argv[0]} did not start", lambda: log.read_text("utf-8", "replace")[-2000:], alive=lambda: process.poll() is None, patience=patience)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(
    holds: Callable[[], bool], what: str, words: Callable[[], str] = str, *, alive: Callable[[], bool] = lambda: True, patience: float = PATIENCE
) -> None:
    """Waits until it holds, quick when it does and patient when the machine is loaded."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end or not alive():
            pytest.fail(f"{what}\n{words()}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def prometheus(folder: Path, config: str, *, rules: str = "") -> Iterator[str]:
    """A Prometheus with that configuration; gives its address. ``rules`` is written beside it as rules.yml."""
    need("prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(config, "utf-8")
    (folder / "rules.yml").write_text(rules or "groups: []\n", "utf-8")
    at = f"127.0.0.1:{port()}"
    argv = ["prometheus", "--config.file=prometheus.yml", f"--web.listen-address={at}", "--storage.tsdb.path=data", "--log.level=warn"]
    with running(argv, folder, lambda: answers(f"http://{at}/-/ready")):
        yield f"http://{at}"


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """An Alertmanager with that configuration; gives its address."""
    need("prometheus-alertmanager")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config, "utf-8")
    at = f"127.0.0.1:{port()}"
    argv = ["prometheus-alertmanager", "--config.file=alertmanager.yml", f"--web.listen-address={at}", "--storage.path=data", "--cluster.listen-address="]
    with running(argv, folder, lambda: answers(f"http://{at}/-/ready")):
        yield f"http://{at}"


@contextmanager
def pushgateway(folder: Path) -> Iterator[str]:
    """A Pushgateway; gives its address."""
    need("prometheus-pushgateway")
    at = f"127.0.0.1:{port()}"
    with running(["prometheus-pushgateway", f"--web.listen-address={at}"], folder, lambda: answers(f"http://{at}/-/ready")):
        yield f"http://{at}"
