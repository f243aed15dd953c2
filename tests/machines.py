"""A machine of its own inside this one: a real systemd as the first process of namespaces, which can write only where it is told."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import supervised

UNITS = "/etc/systemd/system"
BOOT = """\
mount --make-rprivate /
for folder in {writable}; do mount --bind "$folder" "$folder"; done
mount -o remount,bind,ro / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs {units} && cp {folder}/units/* {units}
if [ -d /sys/fs/cgroup/systemd ]; then
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup && cd /sys/fs/cgroup && mkdir systemd unified
  mount -t cgroup -o none,name=systemd cgroup systemd && mount -t cgroup2 cgroup2 unified
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
ip link set lo up
exec /lib/systemd/systemd --system --unit=desk.target --log-target=null --show-status=no
"""
SPACES = ("--pid", "--mount", "--cgroup", "--ipc", "--uts", "--net")


@contextmanager
def systemd(folder: Path, units: Mapping[str, str], *, writable: Sequence[Path] = ()) -> Iterator[list[str]]:
    """Words in front of a command that runs beside that systemd, which knows these units alone, and starts none. Skips by name where it cannot run."""
    supervised.needs("systemctl", "unshare", "nsenter", "ip")
    if os.geteuid() != 0:
        pytest.skip("a systemd of our own needs root")
    (folder / "units").mkdir()
    for name, text in {"desk.target": "[Unit]\nDefaultDependencies=no\n", **units}.items():
        (folder / "units" / name).write_text(text)
    word = f"prodready-{os.urandom(4).hex()}"
    groups = [Path("/sys/fs/cgroup", kind, word) for kind in ("systemd", "unified", "") if Path("/sys/fs/cgroup", kind, "cgroup.procs").exists()]
    for group in groups:
        group.mkdir()
    process = _booted(folder, groups, (folder, *writable))
    try:
        yield _beside(process, folder / "said")
    finally:
        process.kill()
        process.wait()
        for group in groups:
            supervised.eventually(lambda group=group: not any(path.read_text() for path in group.rglob("cgroup.procs")), what="the end of systemd")
            subprocess.run(["find", str(group), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], check=False)


def _booted(folder: Path, groups: Sequence[Path], writable: Sequence[Path]) -> subprocess.Popen[bytes]:
    boot = BOOT.format(folder=folder, units=UNITS, writable=shlex.join(map(str, writable)))
    apart = ["unshare", "--fork", "--kill-child", *SPACES, "--mount-proc", "sh", "-ec", boot]
    join = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in groups)  # by the shell itself: its only child will be the namespaces' first process
    environ = {"PATH": os.environ["PATH"], "container": "prodready", "SYSTEMD_UNIT_PATH": UNITS, "SYSTEMD_GENERATOR_PATH": ""}
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(["sh", "-ec", f"{join}; exec {shlex.join(apart)}"], env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said)


def _beside(process: subprocess.Popen[bytes], said: Path) -> list[str]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    supervised.eventually(lambda: process.poll() is not None or children.read_text().split(), what="namespaces")
    words = ["nsenter", "--target", *children.read_text().split(), "--mount", "--pid", "--net"] if process.poll() is None else []
    asks = [*words, "systemctl", "show", "--property=Version"]
    supervised.eventually(lambda: process.poll() is not None or not subprocess.run(asks, capture_output=True, check=False).returncode, 60, "systemd")
    if process.poll() is not None:
        pytest.skip(f"systemd does not run here as the first process of a namespace: {said.read_text()[-300:]}")
    return words
