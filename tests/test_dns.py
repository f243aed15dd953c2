"""The check of names on real name servers (dnsmasq), with real machines behind them; and on servers that fail in each way a name server can."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

import answers
import servers
from live import seen

pytestmark = pytest.mark.integration
ZONE = [
    "--host-record=desk.example.com,127.0.0.1", "--host-record=desk.example.com,127.0.0.2", "--cname=www.desk.example.com,desk.example.com",
    "--dns-rr=desk.example.com,257,000569737375656c657473656e63727970742e6f7267", "--txt-record=desk.example.com,v=spf1 -all",
    "--host-record=api.desk.example.com,127.0.0.1", "--cname=old.desk.example.com,gone.example.net",
]  # fmt: skip
HOST = {"A": ["127.0.0.1", "127.0.0.2"]}


@contextmanager
def name_server(folder, *zone, ttl=60):
    """A dnsmasq that knows the zone and asks nobody; gives its address."""
    servers.need("dnsmasq")
    port = servers.port()
    argv = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--listen-address=127.0.0.1", "--bind-interfaces"]
    own = ["--local=/example.com/", f"--local-ttl={ttl}", f"--port={port}", f"--pid-file={folder}.pid", "--user=", "--no-daemon"]
    with servers.running([*argv, *own, *(zone or ZONE)], folder, lambda: answered(port)):
        yield f"127.0.0.1:{port}"


def answered(port):
    with socket.socket() as asked:
        asked.settimeout(1)
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def resolvers(tmp_path):
    with name_server(tmp_path / "one") as one, name_server(tmp_path / "two") as two:
        yield [one, two]


def look(folder, resolvers, names, *, seconds=20.0, **params):
    return seen("dns", folder / "looks", names=names, resolvers=resolvers, private=True, seconds=seconds, **params)


def rules(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


def test_names_that_lead_where_they_should_pass_and_each_machine_serves(resolvers, tmp_path):
    with answers.serving({"/healthz": {"text": "ok"}}) as machine:
        port = machine.server_port
        public = {"url": f"http://desk.example.com:{port}", "dns": {"desk.example.com": {**HOST, "CAA": ['0 issue "letsencrypt.org"'], "TXT": ["v=spf1 -all"]}}}
        asked = {"names": "public", "resolvers": resolvers, "private": True, "seconds": 20.0, "path": "/healthz", "addresses": 2, "max_ttl": "5m", "caa": True}
        half = seen("dns", tmp_path / "looks", targets={"public": public}, **asked)
        public["dns"]["www.desk.example.com"] = {"CNAME": ["desk.example.com"]}
        one = {**public, "url": f"http://api.desk.example.com:{port}"}
        whole = seen("dns", tmp_path / "looks", targets={"public": one}, **{**asked, "addresses": 1, "caa": False})
    assert ("failed", ["not-served"]) == (half.status, rules(half)), half.summary  # nobody listens at 127.0.0.2
    assert ("passed", []) == (whole.status, rules(whole)), whole.summary


@pytest.mark.parametrize(
    ("names", "params", "found"),
    [
        ({"desk.example.com": {"A": ["127.0.0.1"]}}, {}, ["wrong-record"]),
        ({"gone.example.com": {}}, {}, ["no-such-name"]),
        ({"old.desk.example.com": {}}, {}, ["dangling-alias"]),
        ({"api.desk.example.com": {}}, {"addresses": 2}, ["too-few-addresses"]),
        ({"api.desk.example.com": {}}, {"caa": True, "max_ttl": "30s"}, ["long-lifetime", "no-caa"]),
    ],
)
def test_each_planted_fault_of_a_zone_is_found(resolvers, tmp_path, names, params, found):
    assert found == rules(look(tmp_path, resolvers, names, **params))


def test_an_address_that_only_the_inside_can_reach_is_found(resolvers, tmp_path):
    outcome = seen("dns", tmp_path / "looks", names={"api.desk.example.com": {}}, resolvers=resolvers, seconds=20.0)
    assert ["private-address"] == rules(outcome)


def test_resolvers_that_say_different_things_are_found(tmp_path):
    with name_server(tmp_path / "one") as one, name_server(tmp_path / "two", "--host-record=desk.example.com,127.0.0.9") as two:
        outcome = look(tmp_path, [one, two], {"desk.example.com": HOST})
    assert (["wrong-record"], True) == (rules(outcome), f"says {two}" in outcome.summary)


@contextmanager
def broken(answer):
    """A name server that answers each question with what ``answer`` makes of it, over UDP and TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))

        def serve():
            with suppress(OSError):  # which is how it ends
                while True:
                    asked, who = datagrams.recvfrom(4096)
                    datagrams.sendto(answer(asked), who)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{datagrams.getsockname()[1]}"


def status(code):
    return lambda asked: asked[:2] + bytes([0x81, 0x80 | code]) + asked[4:]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda asked: b"", "did not answer"),
        (lambda asked: asked[:7], "did not answer"),
        (lambda asked: b"\0\0" + asked[2:], "did not answer"),
        (status(2), "SERVFAIL"),
        (status(5), "REFUSED"),
        (lambda asked: asked[:2] + b"\x83\x80" + asked[4:], "did not answer"),  # cut, and the whole cannot be had over TCP
    ],
    ids=["silent", "half an answer", "of another question", "failing", "refusing", "cut"],
)
def test_a_resolver_that_cannot_be_believed_makes_the_answer_unknown(tmp_path, how, words):
    with name_server(tmp_path / "one") as good, broken(how) as bad:
        patience = {"seconds": 2.0} if "did not answer" in words else {}  # where no answer is what is awaited
        outcome = look(tmp_path, [good, bad], {"desk.example.com": HOST}, **patience)
    assert ("unknown", True) == (outcome.status, words in outcome.summary), outcome.summary
