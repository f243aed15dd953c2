"""Kill a service, and time how long until it serves again by itself.

The target is probed at a fixed rate with the real thing: Redis and PostgreSQL write and read, each on a fresh connection, without the retries
of a client library. After a steady baseline the fault is injected and must show (a probe fails, or another one answers), else nothing was
proven and the result is unknown. Service is back with several good probes in a row from a new process, and must hold through a cool-down. What
the drill itself starts again has not recovered. The measure is the mean time to recover: the upper ends of the intervals in which the true
times lie. A service that is not back within ``limit`` never came back.

Say how to find what is killed by one of ``pidfile``, ``supervisord``, ``systemd``, ``container``, ``compose``, ``swarm``, ``pod``. A container's
process is killed from the host, because ``docker kill`` switches its restart policy off. A **client** is struck instead, one that holds a
connection to an exchange or a broker, by ``sockets: true`` (its connections to the target are cut where it runs) or by ``proxy`` (it is pointed
at the drill's own proxy): it has recovered when it holds a new connection, over which, through the proxy, something was delivered. By ``firewall``
this machine is cut off for ``lasts`` from what the target needs (or from the target itself); the target must be well again in ``limit``. Or the
fault is an ``experiment`` of Chaos Toolkit, which must be installed.

A file that uses it:

    drill: chaos
    title: Redis comes back by itself
    params: {target: "redis://localhost:6379", pidfile: /run/redis/redis.pid, limit: 30 s}
"""

from __future__ import annotations

import contextlib
import math
import re
from typing import Literal

from msgspec import Struct

from prodready.drill import Drill, Drilled
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.incident import STEADY, Fault, Incident, Rules, repeat, suffer
from prodready.engine.outage import Span, mean
from prodready.engine.watch import Down, Probe
from prodready.faults.chaostoolkit import Experiment
from prodready.faults.firewall import Firewall
from prodready.faults.locate import locator
from prodready.faults.pod import Pod
from prodready.faults.process import Kill
from prodready.faults.proxy import Mode, Proxy
from prodready.faults.sockets import Sockets
from prodready.model import Evidence, Measured
from prodready.probes import Address, module, parse

WAYS = ("pidfile", "supervisord", "systemd", "container", "compose", "swarm", "pod", "proxy", "sockets", "firewall", "experiment")


class Params(Struct, frozen=True, kw_only=True):
    """What is struck, how, and how long it may take."""

    target: str
    """Where service is probed: ``redis://``, ``postgresql://``, ``ws://``, ``http://``, ``ibkr://``, ``tcp://``; passwords as ``$VARIABLE``."""
    pidfile: str = ""
    """The pid file of the process to kill."""
    supervisord: str = ""
    """Its name under supervisord."""
    systemd: str = ""
    """Its systemd unit."""
    container: str = ""
    """Its Docker container, by name or id."""
    compose: str = ""
    """Its service in a compose project."""
    swarm: str = ""
    """Its swarm service, of which a task runs on this machine."""
    pod: str = ""
    """``namespace/selector`` of a pod that kubectl deletes; its context must be among ``drill_targets``."""
    proxy: str = ""
    """``host:port`` where the drill's proxy to the target listens, to which the client is pointed."""
    experiment: str = ""
    """A Chaos Toolkit experiment: its actions are the fault, its rollbacks restore, and the drill looks for itself whether it recovers."""
    sockets: bool = False
    """Whether the connections of this machine to the target are cut."""
    firewall: str = ""
    """``host:port`` that this machine is cut off from, by nftables."""
    cut: Mode = "reset"
    """How it is cut: ``reset``, ``black_hole`` (nothing comes, nothing ends), ``refuse`` (and takes no new one for ``lasts``), ``latency`` (of the proxy)."""
    lasts: Duration = 1.0
    """How long ``refuse``, ``latency`` and the firewall last."""
    delay: Duration = 1.0
    """How much later everything comes with ``latency``."""
    mode: Literal["kill", "hang"] = "kill"
    """``kill`` ends it, ``hang`` stops it (SIGSTOP) as if it were stuck."""
    must_match: str = ""
    """A regular expression that the command line of the process must match, against stale pid files."""
    limit: Duration = 300.0
    """How long recovery may take; the drill waits no longer."""
    interval: Duration = 0.1
    """Time between two probes, and the most that one may take: the true outage is known to two of them."""
    rounds: int = 1
    """How many times it is struck."""
    good: int = 3
    """Good probes in a row that count as service."""
    cooldown: Duration = 1.0
    """How long service must hold afterwards."""
    steady: Duration = STEADY
    """How long a steady state may take to show before anything is struck."""
    restore: tuple[str, ...] = ()
    """A command that starts the service when it does not come back."""

    def __post_init__(self) -> None:
        parse(self.target, lambda name: name)
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        seconds(self.cooldown, "cooldown")
        seconds(self.steady, "steady")
        if len(self.ways) != 1:
            raise ValueError(f"say what is struck, by one of {', '.join(WAYS)}")
        if not 0.005 <= interval <= limit / 10:
            raise ValueError(f"interval {interval:g} s does not fit limit {limit:g} s: take at most a tenth of it, or nobody can tell the time in between")
        for name, place in (("proxy", self.proxy), ("firewall", self.firewall)):
            if place and not re.fullmatch(r"\S+:\d{1,5}", place):
                raise ValueError(f"{name}: {place!r} is no host:port")
        if self.pod and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}/[\w./=,-]{1,200}", self.pod):
            raise ValueError(f"pod: {self.pod!r} is no namespace/selector, such as desk/app=web")
        if self.cut == "latency" and not self.proxy:
            raise ValueError("cut: latency is of the proxy")
        if self.rounds < 1 or self.good < 1:
            raise ValueError("rounds and good are at least 1")

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways given to find the process."""
        return tuple(way for way in WAYS if getattr(self, way))


def perform(ground: Ground, params: Params) -> Drilled:
    """Strikes and times. Raises CannotTell, ProdreadyError."""
    address = parse(params.target, ground.secret)
    (way,) = params.ways
    if way == "sockets":
        cut = Sockets(ground=ground, host=address.host, port=address.port)
        return _timed(ground, address, cut.probe, cut, params)
    if way == "proxy":
        host, _, port = params.proxy.rpartition(":")
        upstream = (address.host, address.port)
        lasts, delay = seconds(params.lasts), seconds(params.delay)
        with Proxy(listen=(host, int(port)), upstream=upstream, mode=params.cut, lasts=lasts, delay=delay) as proxy:
            ground.journal.note("note", f"the proxy to {address.shown} listens on {params.proxy}")
            return _timed(ground, address, proxy.probe, proxy, params)
    fault = _fault(ground, params, way)
    probes = module(address)
    try:
        return _timed(ground, address, probes.probe(address), fault, params)
    finally:
        with contextlib.suppress(OSError, EOFError, ValueError, Down):  # the drill's own result matters more than a table left behind
            probes.tidy(address)


def _fault(ground: Ground, params: Params, way: str) -> Fault:
    if way == "firewall":
        return _firewall(ground, params)
    if way == "experiment":
        return Experiment(ground=ground, path=ground.folder / params.experiment)
    name = getattr(params, way)
    if way == "pod":
        namespace, _, selector = name.partition("/")
        return Pod(ground=ground, namespace=namespace, selector=selector)
    return Kill(
        where=f"{way} {name}", locate=locator(way, name, ground), mode=params.mode, must_match=params.must_match, restore=params.restore
    )  # fmt: skip


def _firewall(ground: Ground, params: Params) -> Firewall:
    host, _, port = params.firewall.rpartition(":")
    ground.permit.require(host.strip("[]"))
    cut = "reset" if params.cut == "latency" else params.cut
    return Firewall(ground=ground, host=host.strip("[]"), port=int(port), cut=cut, lasts=seconds(params.lasts))


def _timed(ground: Ground, address: Address, probe: Probe, fault: Fault, params: Params) -> Drilled:
    rules = Rules(
        interval=seconds(params.interval), limit=seconds(params.limit), baseline=max(3, params.good), good=params.good,
        cooldown=seconds(params.cooldown), steady=seconds(params.steady),
    )  # fmt: skip
    incidents = repeat(params.rounds, lambda: suffer(ground, probe, fault, rules, host=address.host))
    lasted = mean([incident.lasted for incident in incidents]).outward
    ground.guard.recovered = math.isfinite(lasted.high)
    evidence = Evidence(source=_source(address, incidents, rules), collected=ground.journal.begun)
    seen = Measured(value=lasted.high, unit="s", examined=len(incidents), evidence=evidence, notes=_notes(incidents))
    return Drilled(seen=seen, interval=lasted, incidents=incidents)


def _source(address: Address, incidents: tuple[Incident, ...], rules: Rules) -> str:
    last = incidents[-1].lasted
    if math.isinf(last.high):
        return f"{address.shown} was not back {last.low:.1f} s after '{incidents[-1].fault}'"
    words = "time to recover" if len(incidents) == 1 else f"mean time to recover of {len(incidents)}, the longest {_longest(incidents).high:.3f} s"
    return f"{address.shown}: {words}, known to {max(incident.lasted.width for incident in incidents):.3f} s at a probe each {rules.interval:g} s"


def _notes(incidents: tuple[Incident, ...]) -> tuple[str, ...]:
    detected = max((incident.detected.high for incident in incidents if incident.detected), default=0.0)
    late = tuple(f"round {number}: {incident.late}" for number, incident in enumerate(incidents, 1) if incident.late)
    return (f"noticed within {detected:.3f} s", *late, *(("one incident is a time to recover, not yet a mean",) if len(incidents) == 1 else ()))


def _longest(incidents: tuple[Incident, ...]) -> Span:
    return max((incident.lasted for incident in incidents), key=lambda span: span.high)


DRILL = Drill(params=Params, perform=perform, expect="<= 5 min", bound=lambda params: f"<= {seconds(params.limit):g} s")
