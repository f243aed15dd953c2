"""Connections are cut under real clients: one that reconnects recovers, one that waits for ever does not; and servers that speak their protocol are probed."""

import os
import subprocess
import sys

import pytest

import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import PROGRAM

TICKS = """\
import socket, sys, threading, time
def tell(sock):
    try:
        while True:
            sock.sendall(b"tick\\n")
            time.sleep(0.05)
    except OSError:
        pass
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=tell, args=(server.accept()[0],), daemon=True).start()
"""
CLIENT = """\
import socket, sys, time
met = False
while True:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as sock:
            sock.settimeout(float(sys.argv[2]) or None)
            while sock.recv(100):
                met = True
    except OSError:
        pass
    if met and "once" in sys.argv:
        break
    time.sleep(0.2)
"""
"""A client that reconnects, but for ``once``; without a time-out (0) it waits on a half-open connection for ever."""
WEBSOCKET = """\
import base64, hashlib, socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        key = ""
        while (line := self.rfile.readline().strip()):
            name, _, value = line.decode().partition(": ")
            key = value if name.lower() == "sec-websocket-key" else key
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept.decode(), "", "")
        self.wfile.write("\\r\\n".join(lines).encode())
        self.wfile.write(b"\\x81\\x05hello")
        while len(head := self.rfile.read(6)) == 6:
            data = self.rfile.read(head[1] & 127)
            self.wfile.write(bytes([0x8A, len(data)]) + bytes(byte ^ head[2 + at % 4] for at, byte in enumerate(data)))
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
GATEWAY = """\
import socketserver, struct, sys
class Handler(socketserver.StreamRequestHandler):
    def said(self):
        return self.rfile.read(struct.unpack("!I", self.rfile.read(4))[0])
    def say(self, *words):
        body = b"".join(word.encode() + b"\\0" for word in words)
        self.wfile.write(struct.pack("!I", len(body)) + body)
    def handle(self):
        if self.rfile.read(4) != b"API\\0" or not self.said().startswith(b"v100.."):
            return
        self.say("176", "20261125 10:00:00 UTC")
        if self.said().startswith(b"71\\0"):
            self.say("9", "1", "1")
            self.say("15", "1", "DU123456")
            self.rfile.read(1)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def start(tmp_path):
    running = []

    def run(code, *words):
        running.append(subprocess.Popen([sys.executable, "-I", "-c", code, *map(str, words)], start_new_session=True, stderr=subprocess.DEVNULL))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


def drill(folder, **params):
    return drilled("chaos", folder, **{"limit": 20, "interval": 0.1, "cooldown": 0.3, **params})


@pytest.mark.parametrize(("cut", "patience", "limit", "code"), [
    ("reset", 0, 20, Exit.READY), ("black_hole", 1, 20, Exit.READY), ("refuse", 0, 20, Exit.READY), ("black_hole", 0, 3, Exit.NOT_READY),
])  # fmt: skip
def test_a_client_behind_the_proxy_reconnects_or_does_not(cut, patience, limit, code, start, tmp_path):
    exchange, port = supervised.free_port(), supervised.free_port()
    start(TICKS, exchange)
    supervised.eventually(lambda: supervised.answers(exchange))
    start(CLIENT, port, patience)
    ended, record = drill(tmp_path, target=f"tcp://127.0.0.1:{exchange}", proxy=f"127.0.0.1:{port}", cut=cut, limit=limit)
    assert code == ended.code, ended.everything
    assert "no connection delivers anything" in record["incidents"][0]["errors"] or record["incidents"][0]["after"]
    if cut == "black_hole" and patience:
        assert record["interval"][1] >= patience


def test_when_the_harness_is_killed_nothing_holds_its_clients_any_more(start, tmp_path):
    """A black hole ends with the proxy: the client, which would wait for ever, is told within ten seconds that its connection is gone."""
    exchange, port = supervised.free_port(), supervised.free_port()
    start(TICKS, exchange)
    supervised.eventually(lambda: supervised.answers(exchange))
    client = start(CLIENT, port, 0, "once")
    given = {"target": f"tcp://127.0.0.1:{exchange}", "proxy": f"127.0.0.1:{port}", "cut": "black_hole", "limit": 60}
    words = [word for key, value in given.items() for word in ("-p", f"{key}={value}")]
    harness = subprocess.Popen([*PROGRAM, "drill", "chaos", *words], cwd=tmp_path, stderr=subprocess.PIPE)
    supervised.eventually(lambda: b"inject" in harness.stderr.readline(), what="the fault")
    assert client.poll() is None
    harness.kill()
    harness.communicate()
    supervised.eventually(lambda: client.poll() is not None, 10, "restoration")


@pytest.mark.parametrize(("patience", "back", "code"), [(5, "again", Exit.READY), (0.5, "again", Exit.READY), (0.5, "once", Exit.NOT_READY)])
def test_a_client_gets_over_latency_or_does_not(patience, back, code, start, tmp_path):
    """One waits, one loses patience and comes again, one loses patience and is gone."""
    exchange, port = supervised.free_port(), supervised.free_port()
    start(TICKS, exchange)
    supervised.eventually(lambda: supervised.answers(exchange))
    start(CLIENT, port, patience, back)
    ended, record = drill(tmp_path, target=f"tcp://127.0.0.1:{exchange}", proxy=f"127.0.0.1:{port}", cut="latency", delay=1, lasts=2, limit=6)
    assert code == ended.code, ended.everything
    assert "held back by 1 s" in str(record["incidents"][0]["errors"])


def test_a_client_that_never_comes_to_the_proxy_is_unknown(tmp_path):
    ended, record = drill(tmp_path, target="tcp://127.0.0.1:9", proxy=f"127.0.0.1:{supervised.free_port()}", steady=1)
    assert (Exit.UNKNOWN, True) == (ended.code, "no steady state" in record["reason"]), ended.everything


@pytest.mark.integration
def test_sockets_are_cut_where_the_client_runs(start, tmp_path):
    supervised.needs("ss")
    if os.geteuid() != 0:
        pytest.skip("ss -K needs root")
    exchange = supervised.free_port()
    start(TICKS, exchange)
    supervised.eventually(lambda: supervised.answers(exchange))
    start(CLIENT, exchange, 0)
    ended, record = drill(tmp_path, target=f"tcp://127.0.0.1:{exchange}", sockets=True)
    if "CONFIG_INET_DIAG_DESTROY" in record.get("remedy", ""):
        pytest.skip("this kernel cannot cut sockets (CONFIG_INET_DIAG_DESTROY)")
    assert Exit.READY == ended.code, ended.everything
    assert record["incidents"][0]["before"] != record["incidents"][0]["after"]


def rules():
    """Tables of drills that nftables knows."""
    return {line for line in subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout.splitlines() if "prodready" in line}


@pytest.fixture
def apart():
    """A network of its own, so that rules meet nobody else."""
    supervised.needs("nft", "unshare", "ip")
    if os.geteuid() != 0:
        pytest.skip("rules of nftables need root")
    with supervised.network():
        if subprocess.run(["nft", "list", "tables"], capture_output=True, check=False).returncode:
            pytest.skip("this kernel has no nftables")
        yield


@pytest.mark.integration
@pytest.mark.parametrize("cut", ["reset", "black_hole"])
def test_what_is_cut_off_by_the_firewall_comes_back(cut, apart, start, tmp_path):
    port = supervised.free_port()
    start(TICKS, port)
    supervised.eventually(lambda: supervised.answers(port))
    ended, record = drill(tmp_path, target=f"tcp://127.0.0.1:{port}", firewall=f"127.0.0.1:{port}", cut=cut, lasts=1)
    assert Exit.READY == ended.code, ended.everything
    assert (True, set()) == (1 <= record["measured"], rules())


@pytest.mark.integration
def test_a_cut_that_the_target_does_not_need_is_not_proven(apart, start, tmp_path):
    port = supervised.free_port()
    start(TICKS, port)
    supervised.eventually(lambda: supervised.answers(port))
    ended, record = drill(tmp_path, target=f"tcp://127.0.0.1:{port}", firewall="127.0.0.1:9", lasts=1, limit=3)
    assert (Exit.UNKNOWN, True, set()) == (ended.code, "the fault was not observed" in record["reason"], rules()), ended.everything


@pytest.mark.integration
def test_when_the_harness_is_killed_its_rules_are_gone_within_ten_seconds(apart, start, tmp_path):
    port = supervised.free_port()
    start(TICKS, port)
    supervised.eventually(lambda: supervised.answers(port))
    words = ["-p", f"target=tcp://127.0.0.1:{port}", "-p", f"firewall=127.0.0.1:{port}", "-p", "lasts=60"]
    harness = subprocess.Popen([*PROGRAM, "drill", "chaos", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    supervised.eventually(rules, what="the fault")
    harness.kill()
    harness.wait()
    supervised.eventually(lambda: not rules() and supervised.answers(port), 10, "restoration")


@pytest.mark.parametrize(("scheme", "code"), [("ws", WEBSOCKET), ("ibkr", GATEWAY)])
def test_a_server_of_that_protocol_is_killed_and_comes_back(scheme, code, start, tmp_path):
    port = supervised.free_port()
    words = [sys.executable, "-I", "-c", code, str(port)]
    supervisor = start(supervised.SUPERVISOR, 0.3, tmp_path / "pid", tmp_path / "ends", "", *words)
    try:
        supervised.eventually(lambda: supervised.answers(port))
        ended, record = drill(tmp_path, target=f"{scheme}://127.0.0.1:{port}", pidfile=tmp_path / "pid", interval=0.2)
        assert Exit.READY == ended.code, ended.everything
        assert record["incidents"][0]["before"].startswith("process ")
        assert 0.25 <= record["measured"]
        # Whoever accepts connections and does not speak the protocol is no service.
        deaf, _ = drill(tmp_path, target=f"{'ibkr' if scheme == 'ws' else 'ws'}://127.0.0.1:{port}", pidfile=tmp_path / "pid", steady=1)
        assert Exit.UNKNOWN == deaf.code
    finally:
        os.killpg(supervisor.pid, 9)
