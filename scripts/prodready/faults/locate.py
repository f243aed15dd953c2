"""How each supervisor tells the number of the process that it looks after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.faults.process import from_output, from_pidfile
from prodready.names import shown

DEADLINE = 30.0
"""Seconds that a supervisor may take to answer."""
_LABELS = {"compose": "com.docker.compose.service", "swarm": "com.docker.swarm.service.name"}
"""How the containers of a service are marked: the same words whatever version of compose made them."""


def locator(kind: str, name: str, ground: Ground) -> Callable[[], int]:
    """Finds the process of ``name`` under a supervisor of that kind, anew at each call."""
    if kind == "pidfile":
        path = ground.folder / name
        return lambda: from_pidfile(path)
    if kind in ("container", *_LABELS):
        return lambda: _of_container(kind, name, ground)
    asks = {"supervisord": ("supervisorctl", "pid", name), "systemd": ("systemctl", "show", "--property=MainPID", "--value", "--", name)}
    return lambda: from_output(_asked(ground, asks[kind]), f"{kind} {name}")


def _of_container(kind: str, name: str, ground: Ground) -> int:
    container = name
    if kind in _LABELS:
        running = _asked(ground, ("docker", "ps", "--quiet", "--no-trunc", "--filter", f"label={_LABELS[kind]}={name}")).split()
        if not running:
            raise CannotTell(f"no container of the {kind} service {shown(name)} runs on this machine", "run the drill where one runs, or mend the name")
        container = running[0]
    told = _asked(ground, ("docker", "inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}", container)).split()
    pid = from_output(told[0], f"container {name}")
    if not _runs_here(pid, told[-1]):
        raise CannotTell(f"the first process of {shown(name)} is not on this machine", "run the drill on the machine of the Docker engine, as root")
    return pid


def _runs_here(pid: int, container: str) -> bool:
    """Whether the process belongs to the container: the engine of another machine gives numbers of that machine."""
    try:
        return container in Path(f"/proc/{pid}/cgroup").read_text("utf-8") or container in Path(f"/proc/{pid}/mountinfo").read_text("utf-8", errors="replace")
    except OSError:
        return False


def _asked(ground: Ground, argv: tuple[str, ...]) -> str:
    told = ground.act(argv, deadline=DEADLINE)
    if told.code:
        raise CannotTell(f"{' '.join(argv[:2])} ended with {told.code}: {told.last}", "see that this machine may ask it, and mend the name")
    return told.output
