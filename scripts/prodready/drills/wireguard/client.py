"""A WireGuard client in a network namespace of its own, made of the file that its peer was given: nothing else of this machine goes through it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.engine.acts import waited
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.netns import NAMED, inside
from prodready.engine.watch import Probe
from prodready.names import shown

DEADLINE = 20.0
"""Seconds that ip, wg and the start of wireguard-go may take."""
_OF_WG_QUICK = frozenset({"address", "dns", "mtu", "table", "preup", "postup", "predown", "postdown", "saveconfig"})
"""Lines that ``wg`` does not know; their commands are never run."""


class Client(Struct, frozen=True, kw_only=True):
    """An interface that is up; its name is that of its namespace too."""

    ground: Ground
    name: str
    file: Path
    """What ``wg setconf`` reads."""

    def probe(self, probe: Probe) -> Probe:
        """The same probe, through the tunnel."""

        def through(timeout: float) -> str:
            with inside(NAMED / self.name):
                return probe(timeout)

        return through

    def renew(self) -> None:
        """Forgets every session: what follows needs a fresh handshake. Raises CannotTell."""
        ran(self.ground, "wg", "setconf", self.name, str(self.file), within=self.name)

    def handshake(self) -> int:
        """When the last one was, in seconds since 1970; 0 for never. Raises CannotTell."""
        lines = ran(self.ground, "wg", "show", self.name, "latest-handshakes", within=self.name).split()
        return max(map(int, lines[1::2]), default=0)


def open_client(ground: Ground, conf: Path, name: str) -> Client:
    """Brings it up; the guard takes it down. Raises CannotTell."""
    settings, addresses = _read(conf)
    file = ground.world.scratch() / f"{name}.conf"
    file.touch(mode=0o600)
    file.write_text(settings, "utf-8")
    ground.guard.arm([Undo(what=f"ip netns del {name}", argv=("ip", "netns", "del", name))])
    ran(ground, "ip", "netns", "add", name)
    _create(ground, name)
    ran(ground, "wg", "setconf", name, str(file))  # before it moves, so that its own packets take the way of this machine
    ran(ground, "ip", "link", "set", name, "netns", name)
    for address in addresses:
        ran(ground, "ip", "-n", name, "address", "add", address, "dev", name)
    ran(ground, "ip", "-n", name, "link", "set", name, "up")
    for family in sorted({"-6" if ":" in address else "-4" for address in addresses}):
        ran(ground, "ip", "-n", name, family, "route", "add", "default", "dev", name)
    return Client(ground=ground, name=name, file=file)


def ran(ground: Ground, *argv: str, within: str = "") -> str:
    """What the program printed. Raises CannotTell when it fails."""
    told = ground.act((*(("ip", "netns", "exec", within) if within else ()), *argv), deadline=DEADLINE)
    if told.code:
        raise CannotTell(f"{' '.join(argv[:3])} ended with {told.code}: {told.last}", "run the drill as root on Linux, with iproute2 and wireguard-tools")
    return told.output


def _create(ground: Ground, name: str) -> None:
    """An interface of the kernel, else of wireguard-go."""
    if ground.act(("ip", "link", "add", name, "type", "wireguard"), deadline=DEADLINE).code == 0:
        return
    if not (program := shutil.which("wireguard-go", path=ground.environ.get("PATH"))):
        raise CannotTell("this kernel has no WireGuard, and wireguard-go is not installed", "load the module wireguard, or install wireguard-go")
    process = ground.start((program, "-f", name), {"LOG_LEVEL": "silent", "WG_PROCESS_FOREGROUND": "1"})
    waited(lambda: ground.act(("wg", "show", name), deadline=DEADLINE).code == 0 or process.poll() is not None, DEADLINE)
    if process.poll() is not None:
        raise CannotTell(f"wireguard-go ended with {process.returncode}", "see that /dev/net/tun is there, and run the drill as root")


def _read(conf: Path) -> tuple[str, Sequence[str]]:
    """The settings that ``wg`` reads, and the addresses. Raises CannotTell."""
    try:
        lines = conf.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotTell(f"{shown(str(conf))} cannot be read: {getattr(error, 'strerror', None) or error}", "name the file the peer was given") from None
    split = [(line.partition("=")[0].strip().lower(), line.partition("#")[0].partition("=")[2]) for line in lines]
    addresses = [word.strip() for name, value in split if name == "address" for word in value.split(",") if word.strip()]
    if not addresses or "privatekey" not in {name for name, _ in split}:
        raise CannotTell(f"{shown(str(conf))} has no PrivateKey or no Address", "name the file of a client, in the form of wg-quick")
    return "\n".join(line for line, (name, _) in zip(lines, split, strict=True) if name not in _OF_WG_QUICK) + "\n", addresses
