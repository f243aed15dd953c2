"""Looking at a target: every address, STARTTLS, and everything that is no TLS server. None of it crashes, none of it passes."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest

from prodready.model import Status
from tls import servers, worlds
from tls.servers import NAME, Authority

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def looked(authority, target, **params):
    return worlds.seen(target=target, **{"sni": NAME, "ca_file": str(authority.ca_file), **params})


@contextmanager
def talking(talk, *, host="127.0.0.1"):
    """A TCP server that hands each connection to ``talk``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen(64)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=quietly, args=(talk, connection), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def quietly(talk, connection):
    with connection, suppress(OSError):
        talk(connection)


def says(words):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(words)

    return talk


GARBAGE = {
    "closes at once": lambda connection: None,
    "speaks HTTP": says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "greets like ssh": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "sends noise": says(bytes(range(256)) * 64),
    "sends a hello that ends half-way": says(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"x" * 20),
    "refuses every hello": says(b"\x15\x03\x01\x00\x02\x02\x28"),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_port_without_tls_cannot_be_told(kind, authority):
    with talking(GARBAGE[kind]) as port:
        outcome = looked(authority, f"127.0.0.1:{port}")
    assert Status.UNKNOWN is outcome.status
    assert "no TLS handshake succeeds" in outcome.summary


def test_a_server_that_proves_nobody_and_hides_nothing_cannot_be_told(authority):
    """Anonymous suites only: no client of today connects, and neither does sslyze."""
    argv, port = servers.s_server(authority.leaf(), "-nocert", "-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0")
    with servers.running(argv, port):
        outcome = looked(authority, f"127.0.0.1:{port}")
    assert (Status.UNKNOWN, True) == (outcome.status, "no TLS handshake succeeds" in outcome.summary), outcome


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("nowhere.invalid:443", "does not resolve"),
        ("bad..name:443", "does not resolve"),
        ("127.0.0.1:99999", "is no target"),
        ("http://x y", "is no target"),
        ("", "is no target"),
    ],
)
def test_what_cannot_be_reached_cannot_be_told(target, words, authority):
    outcome = looked(authority, target)
    assert Status.UNKNOWN is outcome.status
    assert words in outcome.summary


def test_a_server_that_never_answers_cannot_be_told(authority):
    held = threading.Event()
    with talking(lambda connection: held.wait(120)) as port:
        outcome = looked(authority, f"127.0.0.1:{port}")
        held.set()
    assert Status.UNKNOWN is outcome.status


def test_a_host_that_drops_half_way_cannot_be_told(authority, tmp_path):
    """A relay before a good server that hangs up on every connection after the first twelve."""
    argv, port = servers.nginx(tmp_path / "nginx", authority.leaf(kind="ec"), "add_header Strict-Transport-Security 'max-age=31536000';")
    left = iter(range(12))
    with servers.running(argv, port), talking(lambda one: relay(one, port) if next(left, None) is not None else None) as front:
        outcome = looked(authority, f"127.0.0.1:{front}")
    assert Status.UNKNOWN is outcome.status, outcome


def relay(front, port):
    with socket.create_connection(("127.0.0.1", port)) as back:
        threading.Thread(target=pump, args=(back, front), daemon=True).start()
        pump(front, back)


def pump(source, sink):
    try:
        while part := source.recv(4096):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


KEY = "-----BEGIN PRIVATE" + " KEY-----"  # in two pieces: scanners of this repository look for the whole


@pytest.mark.parametrize("text", ["nothing", f"{KEY}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_ca_file_that_is_none_cannot_be_told(text, tmp_path):
    (tmp_path / "ca.pem").write_text(text)
    outcome = worlds.seen(service=tmp_path, target="127.0.0.1:1", ca_file="ca.pem")
    assert Status.UNKNOWN is outcome.status
    assert "certificates in PEM, and nothing else" in outcome.summary


def test_the_worst_of_all_addresses_counts(authority):
    """A good server on IPv6 and an old one on IPv4, on one port."""
    good = authority.leaf("localhost", kind="ec")
    argv, port = servers.s_server(good, host="::1")
    old, _ = servers.s_server(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")
    old[old.index("-accept") + 1] = f"127.0.0.1:{port}"
    with servers.running(argv, port, host="::1"):
        alone = looked(authority, f"[::1]:{port}", sni="localhost")
        half = looked(authority, f"localhost:{port}@::1,127.0.0.1", sni="")
        with servers.running(old, port):
            both = looked(authority, f"localhost:{port}@::1,127.0.0.1", sni="")
            one = looked(authority, f"localhost:{port}@127.0.0.1", sni="")
    assert ["A", "A", "B", "B"] == [outcome.observation.value for outcome in (alone, half, both, one)]
    assert ("127.0.0.1: Connection refused",) == half.observation.gaps
    assert 2 == both.observation.examined


def test_more_addresses_than_are_looked_at_leave_the_item_open(authority):
    argv, port = servers.s_server(authority.leaf("localhost", kind="ec"), host="::1")
    with servers.running(argv, port, host="::1"):
        outcome = looked(authority, f"localhost:{port}@::1,127.0.0.1", sni="", most=1)
    assert ("1 of 2 addresses was not looked at; raise 'most'",) == outcome.observation.gaps


def test_starttls_is_spoken_and_its_best_letter_is_a(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = authority.leaf(kind="ec")
    context.load_cert_chain(pair.chain, pair.key_file)

    def smtp(connection):
        connection.sendall(b"220 desk ESMTP\r\n")
        connection.recv(1024)
        connection.sendall(b"250-desk\r\n250 STARTTLS\r\n")
        connection.recv(1024)
        connection.sendall(b"220 go ahead\r\n")
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1024)

    with talking(smtp) as port:
        outcome = looked(authority, f"127.0.0.1:{port}", starttls="smtp")
    assert "A" == outcome.observation.value, outcome
    assert ["hsts-too-little"] == [finding.rule for finding in outcome.observation.findings]


def test_a_target_may_stand_under_targets():
    from prodready.tls.target import Target, parse

    assert Target(host="desk.example.org", port=8443) == parse("public", {"public": "https://desk.example.org:8443/"})
    assert Target(host="::1", port=443) == parse("[::1]", {})
    assert Target(host="desk", port=443, addresses=("10.0.0.7",)) == parse("desk:443@10.0.0.7", {})


def test_offline_asks_nobody():
    from prodready.check import CannotTell
    from prodready.context import Context
    from prodready.tls.target import Sought, Target, look
    from tls.worlds import PROCESSES

    ctx = Context(repo=None, run=PROCESSES, http=None, targets={}, secret=str, now=None, offline=True, scratch=None)  # type: ignore[arg-type]
    with pytest.raises(CannotTell, match="this run is offline"):
        look(ctx, Sought(target=Target(host="x", port=1), name="x"))
