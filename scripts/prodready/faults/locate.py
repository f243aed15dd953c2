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
    return lambda: from_output(asked(ground, asks[kind]), f"{kind} {name}")


def _of_container(kind: str, name: str, ground: Ground) -> int:
    if kind in _LABELS and not (running := containers(kind, name, ground)):
        raise CannotTell(f"no container of the {kind} service {shown(name)} runs on this machine", "run the drill where one runs, or mend the name")
    return process_of(running[0] if kind in _LABELS else name, ground)


def containers(kind: str, service: str, ground: Ground) -> list[str]:
    """The running containers of a service on this machine. Raises CannotTell."""
    return asked(ground, ("docker", "ps", "--quiet", "--no-trunc", "--filter", f"label={_LABELS[kind]}={service}")).split()


def process_of(container: str, ground: Ground) -> int:
    """The first process of a container, which runs on this machine. Raises CannotTell."""
    told = asked(ground, ("docker", "inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}", container)).split()
    pid = from_output(told[0], f"container {container}")
    if not _runs_here(pid, told[-1]):
        raise CannotTell(f"the first process of {shown(container)} is not on this machine", "run the drill on the machine of the Docker engine, as root")
    return pid


def _runs_here(pid: int, container: str) -> bool:
    """Whether the process belongs to the container: the engine of another machine gives numbers of that machine."""
    try:
        return container in Path(f"/proc/{pid}/cgroup").read_text("utf-8") or container in Path(f"/proc/{pid}/mountinfo").read_text("utf-8", errors="replace")
    except OSError:
        return False


def asked(ground: Ground, argv: tuple[str, ...]) -> str:
    """What a supervisor's own program says. Raises CannotTell when it fails."""
    told = ground.act(argv, deadline=DEADLINE)
    if told.code:
        raise CannotTell(f"{' '.join(argv[:2])} ended with {told.code}: {told.last}", "see that this machine may ask it, and mend the name")
    return told.output
