"""A VPN in network namespaces: a gateway with a panel behind it, and the place its clients call from. WireGuard is the real one, in user space."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import supervised
from programs import HERE

SCRIPT = HERE / "rotate_wg_keys.sh"
PANEL = "http://10.8.0.1:8080/"
SERVER = """\
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer.daemon_threads = True
http.server.ThreadingHTTPServer((sys.argv[1], 8080), Handler).serve_forever()
"""


def run(*words: str | Path, check: bool = True, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of the machine."""
    ended = subprocess.run([*map(str, words)], input=stdin, capture_output=True, text=True, check=False, env={**os.environ, **env}, timeout=120)
    assert not check or ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
    return ended


def key() -> tuple[str, str]:
    """A private key and its public one."""
    private = run("wg", "genkey").stdout.strip()
    return private, run("wg", "pubkey", stdin=private).stdout.strip()


@dataclass(kw_only=True)
class Vpn:
    """The gateway's side, and the clients' files."""

    folder: Path
    word: str = field(default_factory=lambda: f"t{os.urandom(4).hex()}")
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / f"{self.word}.conf"

    def client(self, name: str) -> Path:
        return self.folder / "clients" / f"{name}.conf"

    def rotate(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs the script on the gateway."""
        return run(SCRIPT, "--config", self.config, *words, check=check)

    def start(self, *names: str) -> None:
        """Gateway, panel and peers."""
        for place in ("gw", "hq"):
            run("ip", "netns", "add", f"{self.word}{place}")
        run("ip", "link", "add", f"{self.word}h", "netns", f"{self.word}hq", "type", "veth", "peer", "name", f"{self.word}g", "netns", f"{self.word}gw")
        for place, address in (("hq", "192.0.2.1/24"), ("gw", "192.0.2.2/24")):
            run("ip", "-n", f"{self.word}{place}", "address", "add", address, "dev", f"{self.word}{place[0]}")
            run("ip", "-n", f"{self.word}{place}", "link", "set", f"{self.word}{place[0]}", "up")
            run("ip", "-n", f"{self.word}{place}", "link", "set", "lo", "up")
        private, public = key()
        lines = ["[Interface]", f"PrivateKey = {private}", "ListenPort = 51820", "Address = 10.8.0.1/24", "# endpoint = 192.0.2.2:51820", ""]
        (self.folder / "clients").mkdir()
        for number, name in enumerate(names, 2):
            mine, theirs = key()
            lines += ["[Peer]", f"# friendly_name = {name}", f"PublicKey = {theirs}", f"AllowedIPs = 10.8.0.{number}/32", ""]
            peer = f"[Peer]\nPublicKey = {public}\nAllowedIPs = 10.8.0.0/24\nEndpoint = 192.0.2.2:51820\n"
            self.client(name).write_text(f"[Interface]\nPrivateKey = {mine}\nAddress = 10.8.0.{number}/32\nDNS = 10.8.0.1\n\n{peer}")
        self.config.write_text("\n".join(lines))
        self.up()
        self.running.append(self.spawn("gw", sys.executable, "-I", "-c", SERVER, "0.0.0.0"))

    def up(self) -> None:
        """The interface, from its file."""
        self.running.append(self.spawn("gw", "wireguard-go", "-f", self.word))
        supervised.eventually(lambda: run("wg", "show", self.word, check=False).returncode == 0, what="wireguard-go")
        run("wg", "setconf", self.word, "/dev/stdin", stdin=run("wg-quick", "strip", self.config).stdout)
        run("ip", "-n", f"{self.word}gw", "address", "add", "10.8.0.1/24", "dev", self.word)
        run("ip", "-n", f"{self.word}gw", "link", "set", self.word, "up")

    def down(self) -> None:
        """The interface goes; its file stays."""
        run("ip", "-n", f"{self.word}gw", "link", "del", self.word)
        supervised.eventually(lambda: run("wg", "show", self.word, check=False).returncode != 0, what="the end of wireguard-go")

    def spawn(self, place: str, *words: str) -> subprocess.Popen[bytes]:
        """Starts a program in a namespace."""
        quiet = subprocess.DEVNULL
        argv = ["nsenter", f"--net=/run/netns/{self.word}{place}", *words]
        return subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, env={**os.environ, "LOG_LEVEL": "silent", "WG_PROCESS_FOREGROUND": "1"})

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        for place in ("gw", "hq"):
            run("ip", "netns", "del", f"{self.word}{place}", check=False)

    def peers(self) -> set[str]:
        """The keys that the interface knows."""
        return set(run("wg", "show", self.word, "peers").stdout.split())


def needs_vpn() -> None:
    """Skips by name where no VPN can be laid."""
    supervised.needs("wg", "wg-quick", "wireguard-go", "ip", "nsenter")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
