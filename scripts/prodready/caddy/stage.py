"""What is done with the real Caddy, told as JSON: ``adapt`` a configuration, ``validate`` one, ``rehearse`` one on loopback, look at a ``deployed`` host.

Runs in a process of its own, so that whatever it starts ends with it. It judges nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodready.caddy import acme
from prodready.caddy.asking import Manager, Recorder
from prodready.caddy.probe import handshake
from prodready.ports import Ports
from prodready.tls.identity import named

STARTING = 30.0
"""Seconds a server may take to listen."""
ISSUING = 40.0
"""Seconds a handshake may take in which a certificate is issued, or an ask endpoint left to hang (Caddy gives up on it after 10)."""
_PORT = re.compile(r'"<port (\d+)>"|<port (\d+)>')
_STEPS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def main(words: str) -> None:
    """Prints the version, or the account of one step."""
    if words == "--version":
        sys.stdout.write(f"caddy {version(_pinned())}\n")
        return
    asked = json.loads(words)
    sys.stdout.write(json.dumps(_STEPS[asked["do"]](asked)))


def step(do: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes a function callable by name."""
    _STEPS[do.__name__] = do
    return do


def _pinned() -> str:
    return str(Path(sys.executable).with_name("caddy"))


def version(program: str) -> str:
    """What that Caddy says it is, without the v."""
    said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=STARTING, check=False).stdout.split()
    return said[0].removeprefix("v") if said else ""


def _caddy(asked: dict[str, Any], *args: str, folder: Path) -> dict[str, Any]:
    """Runs Caddy to its end, with nothing of our environment and a home of its own."""
    program = asked["caddy"] or _pinned()
    home = tempfile.mkdtemp()
    env = {**asked.get("environment", {}), "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home, "HOME": home}
    ended = subprocess.run([program, *args], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    shutil.rmtree(home, ignore_errors=True)
    return {"code": ended.returncode, "out": ended.stdout.decode("utf-8", "replace"), "err": ended.stderr.decode("utf-8", "replace")[-20_000:]}


@step
def adapt(asked: dict[str, Any]) -> dict[str, Any]:
    """``caddy adapt`` in the folder of the copies."""
    ended = _caddy(asked, "adapt", "--config", asked["config"], "--adapter", "caddyfile", folder=Path(asked["folder"]))
    return {**ended, "version": version(asked["caddy"] or _pinned())}


@step
def validate(asked: dict[str, Any]) -> dict[str, Any]:
    """``caddy validate`` of a configuration in JSON: it provisions every module, and starts nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(asked["json"]).replace("<scratch>", folder), "utf-8")
        return {**_caddy(asked, "validate", "--config", "config.json", folder=Path(folder)), "version": version(asked["caddy"] or _pinned())}


@step
def deployed(asked: dict[str, Any]) -> dict[str, Any]:
    """Handshakes with a host that runs already: nothing is started, no certificate is ordered by us."""
    return {"probes": [handshake(asked["host"], asked["port"], name, 20.0) for name in asked["names"]]}


@dataclass(slots=True)
class Stage:
    """What runs during a rehearsal, and the ports it runs on."""

    folder: Path
    free: Ports = field(default_factory=Ports)
    ports: dict[str, int] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def port(self, meant: str = "") -> int:
        """A free port; for the port a configuration means, always the same one."""
        if not meant:
            return self.free.take()
        return self.ports.get(meant) or self.ports.setdefault(meant, self.free.take())

    def launch(self, argv: list[str], log: Path, env: dict[str, str], port: int, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        """Starts a server and returns when its port answers. Raises OSError or TimeoutError."""
        clean = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder), "TMPDIR": str(self.folder), **env}
        with log.open("wb") as out:
            process = subprocess.Popen(argv, cwd=cwd or self.folder, env=clean, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        self.running.append(process)
        until = time.monotonic() + STARTING
        while not _listens(port):
            if process.poll() is not None:
                raise OSError(f"{Path(argv[0]).name} ended with code {process.returncode}: {_gist(log)}")
            if time.monotonic() > until:
                raise TimeoutError(f"{Path(argv[0]).name} does not listen after {STARTING:.0f} s: {_gist(log)}")
            time.sleep(0.02)
        return process

    def close(self) -> None:
        """Ends everything, the last started first."""
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.free.close()


@step
def rehearse(asked: dict[str, Any]) -> dict[str, Any]:
    """Runs the patched configuration on loopback and asks it for each name, in order. Without pebble Caddy's own authority issues."""
    with tempfile.TemporaryDirectory() as name:
        stage = Stage(Path(name))
        try:
            return _performance(stage, asked)
        except (OSError, TimeoutError) as error:
            return {"failure": str(error)[:500], "probes": [], "asks": []}
        finally:
            stage.close()


def _performance(stage: Stage, asked: dict[str, Any]) -> dict[str, Any]:
    recorder = _recorder(stage, asked)
    authority = _authority(stage, asked) if asked["issuer"] == "acme" else None
    words = {
        "<scratch>": str(stage.folder), "<recorder>": f"http://127.0.0.1:{recorder.server_port}", "<manager>": f"http://127.0.0.1:{Manager().server_port}",
        "<directory>": authority.directory if authority else "", "<root>": str(authority.root) if authority else "",
    }  # fmt: skip
    config = _PORT.sub(lambda match: str(stage.port(match[1] or match[2])), json.dumps(asked["json"]))
    for word, value in words.items():
        config = config.replace(word, value)
    (stage.folder / "config.json").write_text(config, "utf-8")
    env = {"XDG_DATA_HOME": str(stage.folder), "XDG_CONFIG_HOME": str(stage.folder)}
    port = stage.port(str(asked["port"]))
    caddy = asked["caddy"] or _pinned()
    process = stage.launch([caddy, "run", "--config", str(stage.folder / "config.json")], stage.folder / "caddy.log", env, port)
    for name in asked["managed"]:
        _issued(port, name, recorder)
    probes = [_probed(port, name, authority, recorder) for name in asked["names"]]
    alive = process.poll() is None
    failure = "" if alive else f"Caddy ended with code {process.returncode}: {_gist(stage.folder / 'caddy.log')}"
    return {"failure": failure, "version": version(caddy), "probes": probes, "stood_in": recorder.stood_in, "orders": authority.orders() if authority else None}


def _issued(port: int, name: str, recorder: Recorder) -> None:
    """Waits until Caddy serves a name of its configuration: it orders that certificate when it starts, and asks nobody. Before, a refusal says nothing."""
    end = time.monotonic() + ISSUING
    while time.monotonic() < end and not recorder.log:
        seen = handshake("127.0.0.1", port, name, ISSUING)
        if seen["outcome"] == "certificate" and named(seen["dns"], seen["addresses"], name):
            return
        time.sleep(0.05)


def _probed(port: int, name: str, authority: acme.Authority | None, recorder: Recorder) -> dict[str, Any]:
    """One handshake, the certificates that were ordered meanwhile, and what the ask endpoint was asked."""
    orders, asks = authority.orders() if authority else 0, len(recorder.log)
    seen = handshake("127.0.0.1", port, name, ISSUING)
    if seen["outcome"] != "certificate":
        time.sleep(0.1)  # an order may follow the refusal
    return {**seen, "orders": authority.orders() - orders if authority else None, "asks": recorder.log[asks:]}


def _authority(stage: Stage, asked: dict[str, Any]) -> acme.Authority:
    return acme.start(stage.folder, stage.launch, stage.port, http_port=stage.port(str(asked["http_port"])), tls_port=stage.port(str(asked["https_port"])))


def _recorder(stage: Stage, asked: dict[str, Any]) -> Recorder:
    """Who decides: a server of the same configuration, the team's service (started here, or there already), or a stand-in."""
    endpoint = asked["endpoint"]
    parts = urlsplit(endpoint)
    upstream = stage.port(str(asked["own_port"])) if asked["own_port"] else 0
    if asked["ask_command"] and endpoint:
        stage.launch(asked["ask_command"], stage.folder / "ask.log", {}, parts.port or 80, cwd=Path(asked["folder"]))
    if not upstream and asked["local"] and _listens(parts.port or 80):
        upstream = parts.port or 80
    return Recorder(endpoint, upstream, asked["allowed"])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _gist(log: Path) -> str:
    """The last thing a program complained of, without the path of modules that it came by, which tells our own folders."""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    said = re.sub(r'.*"msg":"([^"]*)".*', r"\1", lines[-1]) if lines else "it said nothing"
    return said.rpartition(" module: ")[2][:300]
