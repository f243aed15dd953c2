"""What runs under Docker is well: every service is up, healthy, within limits, and was not killed for its memory.

The engine is asked, over its API (``url``) or by the ``docker`` of this machine (``host`` names another engine than its usual one). Of every container
that counts, or of each one named in ``services`` (a compose service, a swarm service or a container): it runs, its health check says healthy, it has a
memory limit, a restart policy brings it back, it was not restarted again and again, and its last end was not for memory. One that is still starting
cannot be told; a job that ended well is left alone.

An item that uses it:

    - id: deploy.healthy
      title: Every service of the desk is up and healthy
      check: docker_services
      params: {project: desk, services: [engine, risk, redis]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context, Ended
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.service import Where, segment, service

MOST = 200
"""Containers that are looked at."""
_LABELS = ("com.docker.compose.service", "com.docker.swarm.service.name")
_PROJECTS = ("com.docker.compose.project", "com.docker.stack.namespace")
Container = Mapping[str, Any]


class Params(Struct, frozen=True, kw_only=True):
    """Which services, and what each must be."""

    url: Where | None = None
    """Address or target of an engine's API; empty asks the ``docker`` of this machine."""
    host: str = ""
    """``-H`` of that ``docker``: ``unix:///run/user/1000/docker.sock``, ``ssh://deploy@desk``."""
    project: str = ""
    """Only containers of this compose project or stack."""
    services: tuple[str, ...] = ()
    """Services that must be there; without any, all that run or should run."""
    memory: bool = True
    """Whether each must have a memory limit."""
    restart: bool = True
    """Whether each must come back by itself."""
    restarts: int = 3
    """Restarts that are borne."""


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the services. Raises CannotTell."""
    if ctx.offline and params.url:
        raise CannotTell("the engine was not asked: this run is offline", "run without --offline")
    containers, where = _asked(ctx, params)
    try:
        chosen = [one for one in containers if not params.project or params.project in _labels(one, _PROJECTS)]
        mine = [one for one in chosen if not params.services or _names(one) & set(params.services)]
        gaps = [f"{_name(one)} is still starting: its health is not known yet" for one in mine if _health(one) == "starting"]
        findings = [*_missing(chosen, params), *_idle(mine), *(found for one in mine for found in _wrong(one, params))]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise CannotTell(f"{where} describes containers that are none", "see that it is Docker's own API, version 1.24 or newer") from None
    source = f"{counted(len(mine), 'container')} of {where}: {few(sorted(map(_name, mine)))}"
    return Found(examined=len(mine), findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=source))


def _asked(ctx: Context, params: Params) -> tuple[Sequence[Container], str]:
    if params.url:
        engine = service(ctx, params.url, kind="Docker")
        rows = engine.json("/containers/json", {"all": "1"})
        if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, dict) and row.get("Id") for row in rows):
            raise CannotTell(f"{engine.name} answered with no list of at most {MOST} containers", "see that the address is that of Docker's API")
        return [engine.json(f"/containers/{segment(str(row['Id']))}/json") for row in rows], engine.name
    numbers = _docker(ctx, params, "ps", "--all", "--quiet", "--no-trunc").split()
    if len(numbers) > MOST:
        raise CannotTell(f"Docker has {len(numbers)} containers, more than {MOST}", "name a project")
    told = _docker(ctx, params, "inspect", "--type=container", *numbers) if numbers else "[]"
    try:
        found: list[Container] = json.loads(told)
    except ValueError:
        raise CannotTell("docker inspect printed no JSON", "run it by hand") from None
    return found, "Docker"


def _docker(ctx: Context, params: Params, *words: str) -> str:
    argv = ["docker", *(("-H", params.host) if params.host else ()), *words]
    ended = ctx.run.command(argv, cwd=ctx.scratch(), deadline=30)
    if ended.ended is not Ended.EXITED or ended.code:
        why = ended.stderr.decode("utf-8", "replace").strip()[:160] or ended.ended.value
        raise CannotTell(f"docker {words[0]} did not answer: {shown(why)}", "run the gate where docker may be asked, or name its API in 'url'")
    return ended.stdout.decode("utf-8", "replace")


def _missing(containers: Sequence[Container], params: Params) -> Iterator[Finding]:
    there = {name for one in containers for name in _names(one)}
    for name in params.services:
        if name not in there:
            yield _finding("missing-service", f"the service {shown(name)} is not there", "start it: docker compose up -d", name)


def _idle(mine: Sequence[Container]) -> Iterator[Finding]:
    if mine and not any(one["State"]["Running"] for one in mine):
        yield _finding("nothing-runs", f"none of {counted(len(mine), 'container')} runs", "start them: docker compose up -d", "all")


def _wrong(one: Container, params: Params) -> Iterator[Finding]:
    name, state, host = _name(one), one["State"], one["HostConfig"]
    if not state["Running"] or state.get("Restarting"):
        if _stays_away(one):
            return
        yield _finding("not-running", f"{name} is {shown(str(state['Status']))} (exit code {state['ExitCode']})", f"look at: docker logs {name}", name)
    elif _health(one) == "unhealthy":
        yield _finding("unhealthy", f"{name} runs, and says that it is not well", f"look at: docker inspect {name}, State.Health.Log", name)
    elif not _health(one):
        yield _finding("no-health-check", f"{name} runs, and nobody asks whether it works", "give it a healthcheck", name, Severity.MEDIUM)
    if state.get("OOMKilled"):
        yield _finding("killed-for-memory", f"{name} was killed for its memory", "raise its limit, or find the leak", name)
    if int(one.get("RestartCount", 0)) > params.restarts:
        yield _finding("restarts", f"{name} was restarted {one['RestartCount']} times", f"look at: docker logs {name}", name)
    if params.memory and not host.get("Memory"):
        yield _finding("no-memory-limit", f"{name} may take all memory of the machine", "set deploy.resources.limits.memory", name, Severity.MEDIUM)
    policy = (host.get("RestartPolicy") or {}).get("Name") or "no"
    if params.restart and policy == "no" and "com.docker.swarm.task.id" not in (one["Config"].get("Labels") or {}):
        yield _finding("no-restart", f"nothing brings {name} back", "write restart: unless-stopped", name, Severity.MEDIUM)


def _stays_away(one: Container) -> bool:
    """A task that a swarm has replaced, or a job that has ended well and is not to come back."""
    labels = one["Config"].get("Labels") or {}
    policy = (one["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
    return "com.docker.swarm.task.id" in labels or (one["State"]["ExitCode"] == 0 and policy in ("no", "on-failure"))


def _health(one: Container) -> str:
    status = str((one["State"].get("Health") or {}).get("Status", ""))
    return "" if status == "none" else status


def _name(one: Container) -> str:
    return shown(str(one["Name"]).lstrip("/"))


def _names(one: Container) -> set[str]:
    """What it goes by: its own name, and that of its service, in a stack also without the stack's."""
    labels, stack = _labels(one, _LABELS), _labels(one, _PROJECTS)
    return {_name(one), *labels, *(label.removeprefix(f"{name}_") for label in labels for name in stack)}


def _labels(one: Container, keys: Sequence[str]) -> set[str]:
    labels = one["Config"].get("Labels") or {}
    return {str(labels[key]) for key in keys if key in labels}


def _finding(rule: str, message: str, fix: str, anchor: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, fix=fix, anchor=anchor)


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="containers", deadline=90)
