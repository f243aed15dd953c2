"""Revoke a key of a VPN, and see that whoever holds it is out while nobody else loses anything.

Two clients are brought up in network namespaces of their own, from the files their peers were given: one whose key is revoked, and one that stays.
Before, both must reach the panel, else nothing would be proven. Then the key is revoked, and
- the panel must stop answering the revoked one, which is timed,
- a fresh handshake with the old key must not come about, and nothing behind it either,
- the one that stays must lose no request, and keep its session,
- without the VPN the panel must not be reachable at all,
- after ``restart`` the revoked one must still be out: the file says so, not only the interface.
It needs root, iproute2 and wireguard-tools; where the kernel has no WireGuard, wireguard-go. Revoke a real key, or one made for the drill.

A file that uses it:

    drill: wireguard
    title: Who has left is out of the VPN
    params:
      panel: http://10.8.0.1:8080/
      revoked: clients/leaver.conf
      stays: clients/control.conf
      act: [ssh, gateway, ./rotate_wg_keys.sh, revoke, leaver]
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled
from prodready.drills.wireguard.client import Client, open_client
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.incident import STEADY
from prodready.engine.outage import Sample, Span, reached
from prodready.engine.watch import Probe, Watch, probed
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.probes import module, parse, plain

REKEY = 120
"""Seconds after which WireGuard renews a session by itself (REKEY_AFTER_TIME of its paper)."""


class Params(Struct, frozen=True, kw_only=True):
    """Whose key ends, how, and who must not notice."""

    panel: str
    """What is behind the VPN: ``http://``, ``https://``, ``tcp://`` or any other target that ``chaos`` can probe."""
    revoked: str
    """The client's file (wg-quick's form) of the key that is revoked."""
    stays: str
    """The client's file of a key that stays."""
    act: tuple[str, ...]
    """The command that revokes, one word each."""
    restart: tuple[str, ...] = ()
    """A command that restarts the gateway's interface from its file; empty leaves that out."""
    restore: tuple[str, ...] = ()
    """A command that lets the key in again, for a peer made for the drill."""
    direct: bool = True
    """Whether the panel must be out of reach without the VPN; the drill then runs on another machine than the panel."""
    limit: Duration = 60.0
    """How long the revoked key may still be good for."""
    interval: Duration = 0.5
    """Time between two probes, and the most that one may take."""
    patience: Duration = 6.0
    """How long the revoked key tries a fresh handshake: at least one repetition of it (5 s)."""
    steady: Duration = STEADY
    """How long both keys may take to reach the panel before anything is revoked."""

    def __post_init__(self) -> None:
        parse(self.panel, lambda name: name)
        limit, interval = seconds(self.limit, "limit"), seconds(self.interval, "interval")
        seconds(self.steady, "steady")
        if not self.act:
            raise ValueError("act: name the command that revokes the key")
        if not 0.05 <= interval <= limit / 10 or seconds(self.patience, "patience") < 2 * interval:
            raise ValueError(f"interval {interval:g} s does not fit: at most a tenth of limit, and half of patience")


class _Lab(Struct, frozen=True, kw_only=True):
    """Both clients, and what they ask."""

    ground: Ground
    params: Params
    probe: Probe
    revoked: Client
    stays: Client


def perform(ground: Ground, params: Params) -> Drilled:
    """Revokes, and tries. Raises CannotTell, ProdreadyError."""
    address = parse(params.panel, ground.secret)
    ground.permit.require(address.host)
    if params.direct and _own(address.host):
        raise CannotTell(f"{address.host} is this machine's own, so nobody can try it without the VPN", "run the drill elsewhere, or write 'direct: false'")
    word = f"pr{os.urandom(4).hex()}"
    lab = _Lab(
        ground=ground, params=params, probe=module(address).probe(address),
        revoked=open_client(ground, ground.folder / params.revoked, f"{word}a"), stays=open_client(ground, ground.folder / params.stays, f"{word}b"),
    )  # fmt: skip
    took, wrong = _watched(lab)
    wrong += [*_afterwards(lab), *(_restarted(lab) if params.restart else ())]
    for words in wrong:
        ground.journal.note("observe", words)
    measured = Span(took.low, math.inf if wrong else took.high).outward
    source = wrong[0] if wrong else f"{address.shown}: the revoked key was out after {measured.high:.2f} s, and nobody else noticed"
    seen = Measured(
        value=measured.high, unit="s", evidence=Evidence(source=ground.journal.masked(source), collected=ground.journal.begun),
        findings=tuple(_finding(ground.journal.masked(words)) for words in wrong),
    )  # fmt: skip
    return Drilled(seen=seen, interval=measured)


def _watched(lab: _Lab) -> tuple[Span, list[str]]:
    """How long the key was still good for, and what went wrong meanwhile. Raises CannotTell without a steady state before."""
    ground, params, interval = lab.ground, lab.params, seconds(lab.params.interval)
    with Watch(lab.revoked.probe(lab.probe), interval) as leaver, Watch(lab.stays.probe(lab.probe), interval) as control:
        for watch, whose in ((leaver, params.revoked), (control, params.stays)):
            if not watch.until(lambda samples: len(samples) >= 3 and all(sample.ok for sample in samples[-3:]), time.monotonic() + seconds(params.steady)):
                raise CannotTell(
                    f"before anything was revoked {whose} did not reach the panel: {watch.samples[-1].detail}", "mend the file, the gateway or the panel"
                )
        shook = lab.stays.handshake()
        ground.journal.note("baseline", "both keys reach the panel")
        ground.disturb(" ".join(params.act), at=params.panel, here=True)
        ground.guard.arm([Undo(what=" ".join(params.restore), argv=params.restore)] if params.restore else [])
        begin = time.monotonic()
        acted = ground.act(params.act, deadline=seconds(params.limit))
        if acted.code:
            return Span(0.0, math.inf), [f"the act itself failed: it ended with {acted.code} ({acted.last})"]
        leaver.until(lambda samples: _out(samples, begin) is not None, begin + seconds(params.limit) + interval)
        control.until(lambda samples: samples[-1].start > acted.ended + 3 * interval, time.monotonic() + 20 * interval)
        took = _out(leaver.samples, begin) or Span(time.monotonic() - begin, math.inf)
        lost = [sample for sample in control.samples if sample.end > begin and not sample.ok]
    ground.journal.note("observe", f"the revoked key is out after {took.low:.2f} to {took.high:.2f} s" if math.isfinite(took.high) else "it is still good")
    return took, list(_noticed(lab, took, len(lost), lost[0].detail if lost else "", shook))


def _out(samples: Sequence[Sample], begin: float) -> Span | None:
    """Seconds from ``begin`` until three probes in a row had failed; None while they do not."""
    return reached([replace(sample, ok=not sample.ok) for sample in samples], begin, times=3)


def _noticed(lab: _Lab, took: Span, lost: int, detail: str, shook: int) -> Iterator[str]:
    if math.isinf(took.high):
        yield f"the revoked key still reached the panel {took.low:.1f} s after the act"
    if lost:
        yield f"the one that stays lost {lost} request{'s' if lost > 1 else ''} ({detail})"
    renewed = lab.stays.handshake()
    if renewed != shook and renewed - shook < REKEY:
        yield f"the one that stays had to shake hands anew, {renewed - shook} s after the last time: its session was dropped"


def _afterwards(lab: _Lab) -> Iterator[str]:
    """What the old key, and nobody's key, still reach."""
    if wrong := _tried(lab):
        yield f"with a fresh handshake {wrong}"
    if lab.params.direct and probed(lab.probe, seconds(lab.params.patience)).ok:
        yield "the panel answers without the VPN"


def _restarted(lab: _Lab) -> Iterator[str]:
    acted = lab.ground.act(lab.params.restart, deadline=seconds(lab.params.limit))
    lab.ground.journal.note("note", f"{' '.join(lab.params.restart)}: ended with {acted.code}")
    if acted.code:
        yield f"the restart failed: it ended with {acted.code} ({acted.last})"
    elif not _comes_through(lab, lab.stays):
        yield "after a restart the one that stays does not reach the panel any more"
    elif wrong := _tried(lab):
        yield f"after a restart {wrong}"


def _comes_through(lab: _Lab, client: Client) -> bool:
    client.renew()
    with Watch(client.probe(lab.probe), seconds(lab.params.interval)) as watch:
        return watch.until(lambda samples: bool(samples) and samples[-1].ok, time.monotonic() + seconds(lab.params.steady))


def _tried(lab: _Lab) -> str:
    """What the revoked key reaches with a new session; empty when nothing."""
    lab.revoked.renew()
    with Watch(lab.revoked.probe(lab.probe), seconds(lab.params.interval)) as watch:
        if watch.until(lambda samples: any(sample.ok for sample in samples), time.monotonic() + seconds(lab.params.patience)):
            return "the revoked key reached the panel"
    return "the gateway still shook hands with the revoked key" if lab.revoked.handshake() else ""


def _own(host: str) -> bool:
    """Whether the address is one of this machine's."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as sock:
            sock.bind(place)
    except OSError:
        return False
    return True


def _finding(words: str) -> Finding:
    return Finding(rule="revocation", message=words, severity=Severity.HIGH, fix="mend the procedure or the gateway, then repeat the drill")


DRILL = Drill(
    params=Params, perform=perform, expect="<= 60 s", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: plain(params.panel)
)  # fmt: skip
