"""Whatever happens to a running system that is asked, the outcome is unknown: a table of every check that asks one by every way in which one fails.

One scripted server says what the cell wants, the bounds are small, and a drip that nobody leaves would end after the test had failed.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

import cases
import scripted
import servers
from prodready import check
from prodready.context import Answer, HttpRequest
from prodready.ibkr.wire import framed, message
from prodready.model import Found, Measured, Unseen
from prodready.settings import Settings
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from scripted import Drip, Scripted, http

BOUND = 0.4
"""Seconds that an answer over HTTP may take here."""
KILLED = 3.0
"""Seconds that a client in an environment of its own may take where it waits for a drip."""
CASES = ("down", "401", "403", "429", "empty", "half an answer", "wrong tenant", "slow drip")
VECTOR: Any = {"status": "success", "data": {"resultType": "vector", "result": []}}
PROMETHEUS = {"/api/v1/targets": {"status": "success", "data": {"activeTargets": []}}, "/api/v1/metadata": {"status": "success", "data": {}}, "": VECTOR}
"""What a Prometheus says to somebody whose tenant is another."""
BOARD = {"title": "Desk", "panels": [{"id": 1, "type": "stat", "title": "Orders", "targets": [{"refId": "A", "expr": "up", "datasource": {"uid": "p"}}]}]}
GREETING = framed(b"176\0" + b"20261125 12:00:00 UTC\0")
RULE = {
    "name": "High", "query": "bybit_api_limit_utilisation_ratio > 0.7", "type": "alerting", "labels": {"severity": "page"},
    "health": "ok", "lastEvaluation": datetime.now(UTC).isoformat(),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class System:
    """A check and the one system of those it asks that fails; ``beside`` tells why a case cannot come to it."""

    check: str
    of: str = ""
    asked: Callable[[Scripted], Mapping[str, object]]
    speaks: str = "http"
    well: Mapping[str, object] = field(default_factory=dict)
    """Path -> JSON of answers that are right, or the answer itself."""
    stranger: Mapping[str, object] = field(default_factory=dict)
    """Path -> JSON of answers to somebody whose tenant is another."""
    beside: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.check} {self.of}".strip()


def grafana(server: Scripted) -> dict[str, object]:
    return {"url": server.url, "title": "Desk"}


def vault(server: Scripted) -> dict[str, object]:
    target = {"url": server.url, "headers": {"X-Vault-Token": "PRODREADY_VAULT_TOKEN"}}
    return {"targets": {"vault": target}, "environ": {"PRODREADY_VAULT_TOKEN": "gate"}, "secrets": ["secret/prod/ibkr"]}


def bybit(server: Scripted) -> dict[str, object]:
    keys = {"PRODREADY_BYBIT_KEY": "key", "PRODREADY_BYBIT_SECRET": "other half"}
    return {"targets": {"bybit": {"url": server.url}, "prometheus": server.url, "alertmanager": server.url}, "environ": keys}


def kafka(server: Scripted) -> dict[str, object]:
    return {"bootstrap": {"bootstrap": server.place, "seconds": 1.0}}


def broker(server: Scripted) -> dict[str, object]:
    target = {"host": "127.0.0.1", "port": server.port, "account": "DU1234567", "seconds": BOUND}
    return {"targets": {"ibkr": target}, "laid": {"books.csv": "symbol,quantity\nSPY,5\n"}, "books": "books.csv"}


def account(server: Scripted) -> dict[str, object]:
    keys = {"PRODREADY_AWS_ACCESS_KEY_ID": "testing", "PRODREADY_AWS_SECRET_ACCESS_KEY": "testing"}
    return {"query": "encryption", "targets": {"aws": {"account": "123456789012", "region": "eu-west-1", "endpoint": server.url}}, "environ": keys}


CALLER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>999999999999</Account>'
    "<Arn>arn:aws:iam::999999999999:user/x</Arn><UserId>X</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
SEALED = {"type": "shamir", "initialized": True, "sealed": False, "n": 5, "version": "1.18.0", "storage_type": "raft"}
LIMITED = http(200, b'{"retCode": 0, "result": {"readOnly": 1}}').replace(b"Said", b"Said\r\nX-Bapi-Limit: 10\r\nX-Bapi-Limit-Status: 7")
GUARDED = {
    **dict.fromkeys(("401", "403"), "a broker refuses by SASL and by rights: tests/test_kafka_guarded.py has a real one that does"),
    "429": "a broker that limits delays its answers, which is the slow drip",
    "wrong tenant": "a cluster has none; another cluster lacks the topics and groups, and that is found",
}
SYSTEMS = (
    System(check="prometheus", asked=lambda server: {"url": server.url, "query": "up"}, stranger=PROMETHEUS),
    System(check="prometheus_targets", asked=lambda server: {"url": server.url, "jobs": ["desk"]}, stranger=PROMETHEUS),
    System(check="metrics", of="collected", asked=lambda server: {"prometheus": server.url, "metrics": [{"name": "orders_total"}]}, stranger=PROMETHEUS),
    System(
        check="metrics", of="exposed", asked=lambda server: {"endpoint": server.url, "metrics": [{"name": "orders_total"}]},
        beside={"wrong tenant": "a page of metrics has no tenants"},
    ),
    System(check="alert_rules", asked=lambda server: {"url": server.url}, stranger={"": {"status": "success", "data": {"groups": []}}}),
    System(
        check="alert_routes", asked=lambda server: {"url": server.url, "routes": [{"labels": {"severity": "page"}}]},
        stranger={"": http(404, b"the Alertmanager is not configured")},
    ),
    System(check="grafana_dashboard", asked=grafana, stranger={"/api/search": []}),
    System(
        check="grafana_dashboard", of="its panels", asked=grafana,
        well={
            "/api/search": [{"uid": "d", "title": "Desk"}], "/api/dashboards/uid/d": {"dashboard": BOARD},
            "/api/datasources": [{"uid": "p", "type": "prometheus"}],
        },
        stranger={"": {"message": "not in this organisation"}},
    ),
    System(
        check="grafana_dashboard", of="in files", stranger={"": http(404)},
        asked=lambda server: {"files": ["desk.json"], "laid": {"desk.json": json.dumps(BOARD)}, "prometheus": server.url},
    ),
    System(check="loki_labels", asked=lambda server: {"url": server.url, "window": "2h"}, stranger={"": {"status": "success", "data": []}}),
    System(
        check="log_retention", asked=lambda server: {"url": server.url, "at_least": "7d"},
        beside={"wrong tenant": "the configuration is that of the whole Loki, whoever asks"},
    ),
    System(check="http_probe", asked=lambda server: {"url": server.url, "measure": "max", "body": "desk"}, stranger={"": {"service": "another"}}),
    System(check="vault", asked=vault, stranger={"": http(403)}),
    System(check="vault", of="its audit and secrets", asked=vault, well={"/v1/sys/seal-status": SEALED}, stranger={"": {"data": None}}),
    System(check="docker_services", asked=lambda server: {"url": server.url}, stranger={"": []}),
    System(check="bybit_limits", asked=bybit, stranger={"": {"retCode": 10003, "retMsg": "API key is invalid."}}),
    System(check="bybit_limits", of="its Prometheus", asked=bybit, well={"/v5/user/query-api": LIMITED}, stranger={"/api/v1/rules": http(404)}),
    System(
        check="bybit_limits", of="its Alertmanager", asked=bybit, stranger={"": http(404, b"the Alertmanager is not configured")},
        well={
            "/v5/user/query-api": LIMITED, "/api/v1/query": VECTOR,
            "/api/v1/alertmanagers": {"status": "success", "data": {"activeAlertmanagers": [{"url": "a"}]}},
            "/api/v1/rules": {"status": "success", "data": {"groups": [{"name": "bybit", "file": "b.yml", "interval": 15, "rules": [RULE]}]}},
        },
    ),
    System(check="recon", asked=broker, speaks="ibkr"),
    System(check="kafka_topics", asked=lambda server: {**kafka(server), "topics": ["orders"]}, speaks="kafka", beside=GUARDED),
    System(check="kafka_groups", asked=lambda server: {**kafka(server), "groups": ["risk"]}, speaks="kafka", beside=GUARDED),
    System(check="aws", asked=account, stranger={"": http(200, CALLER.encode())}),
    System(
        check="dns", asked=lambda server: {"names": {"desk.example.com": {"A": ["192.0.2.1"]}}, "resolvers": [server.place], "seconds": BOUND}, speaks="dns",
        beside={
            "401": "a name server knows nobody, and refuses as in 403", "429": "a name server that limits says nothing, or refuses as in 403",
            "wrong tenant": "a server of another view says that the name is not there, and that is found",
        },
    ),
)  # fmt: skip
FILES_ONLY = {"log_pipeline": "reads the agent's configuration", "oncall_schedule": "reads the schedule"}
"""Checks of the domain that ask no running system."""


def says_http(system: System, case: str, reached: list[str]) -> Callable[[bytes], scripted.Said]:
    """HTTP that is right where ``well`` says so, and otherwise fails, which is ``reached``."""
    faults: dict[str, scripted.Said] = {
        **{status: http(int(status), b'{"message": "no"}') for status in ("401", "403", "429")},
        "empty": http(200), "half an answer": http(200, b'{"status": "succ', more=400), "slow drip": Drip(http(200, more=100_000)),
    }  # fmt: skip
    answers = {**system.well, **(system.stranger if case == "wrong tenant" else {"": faults.get(case, b"")})}

    def said(asked: bytes) -> scripted.Said:
        at = scripted.path(asked)
        reached.extend([at] if at not in system.well else [])
        found = next((answer for path, answer in answers.items() if path and at == path), answers.get("", http(404)))
        return found if isinstance(found, bytes | Drip) else http(200, json.dumps(found).encode())

    return said


def says_kafka(system: System, case: str, reached: list[str]) -> Callable[[bytes], scripted.Said]:
    size = struct.Struct("!i").pack
    faults: dict[str, scripted.Said] = {"empty": b"", "half an answer": size(100) + bytes(10), "slow drip": Drip(size(100_000), b"\0")}
    return lambda asked: faults[case]


def says_ibkr(system: System, case: str, reached: list[str]) -> Callable[[bytes], scripted.Said]:
    """A Gateway refuses in rows: nobody is logged in, an address is not trusted, too many messages."""
    faults: dict[str, scripted.Said] = {
        "401": GREETING + message("15", 1, ""), "403": GREETING + message("4", 2, -1, "507", "Bad Message Length: this address is not trusted", ""),
        "429": GREETING + message("4", 2, -1, "100", "Max rate of messages per second has been exceeded", ""),
        "empty": b"", "half an answer": GREETING + message("15", 1, "DU1234567")[:9], "wrong tenant": GREETING + message("15", 1, "DU7654321"),
        "slow drip": Drip(GREETING, message("15", 1, "DU1234567")[:4] + b"0"),
    }  # fmt: skip
    return lambda asked: faults[case]


def says_dns(case: str) -> Callable[[bytes], bytes]:
    faults: dict[str, Callable[[bytes], bytes]] = {
        "403": lambda asked: asked[:2] + b"\x81\x85" + asked[4:], "empty": lambda asked: b"", "half an answer": lambda asked: asked[:7],
        "slow drip": lambda asked: asked[:2] + b"\x83\x80" + asked[4:],  # cut: the whole is to be had over TCP, where it drips
    }  # fmt: skip
    return faults[case]


def says_dns_whole(system: System, case: str, reached: list[str]) -> Callable[[bytes], scripted.Said]:
    return lambda asked: Drip(b"", b"\1")


SPEAK = {"http": says_http, "kafka": says_kafka, "ibkr": says_ibkr, "dns": says_dns_whole}
CELLS = [pytest.param(system, case, id=f"{system}: {case}") for system in SYSTEMS for case in CASES if case not in system.beside]


class Soon(RealHttp, frozen=True, kw_only=True):
    """HTTP with a small bound."""

    def send(self, request: HttpRequest) -> Answer:
        return super().send(msgspec.structs.replace(request, deadline=min(request.deadline, BOUND)))


class Killed(Processes):
    """Clients with a small bound."""

    soon = False

    def tool(self, name: str, *args: str, deadline: float | None = None, **more: Any) -> Any:
        return super().tool(name, *args, deadline=KILLED if self.soon else deadline, **more)


def outcome(system: System, server: Scripted, folder: Any, *, soon: bool) -> Any:
    """How an item ends whose system is that server."""
    params = dict(system.asked(server))
    about = {key: params.pop(key, {}) for key in ("targets", "environ")}
    case = cases.Case(about="fault", status="", git=False, files=params.pop("laid", {}), params=params, now=datetime.now(UTC).isoformat(), **about)  # type: ignore[arg-type]
    processes = Killed(cache=Settings.from_environ(os.environ).cache)
    processes.soon = soon
    world = cases.world(case, folder, processes)
    return cases.outcome(system.check, case, msgspec.structs.replace(world, http=Soon()) if soon else world)


def assert_unknown(seen: Any) -> None:
    """Unknown, with a reason and what would help."""
    assert ("unknown", False) == (seen.status, "crashed" in seen.summary), seen.summary
    told = seen.observation
    words = (told.reason, told.remedy) if isinstance(told, Unseen) else (*told.gaps, "gaps") if isinstance(told, Found) else ("", "")
    assert all(words), (told, seen.summary)
    assert not isinstance(told, Measured)


@pytest.mark.parametrize(("system", "case"), CELLS)
def test_a_system_that_fails_makes_the_item_unknown(system: System, case: str, tmp_path: Any) -> None:
    if case == "down":
        assert_unknown(outcome(system, Scripted(servers.port(), lambda asked: b""), tmp_path, soon=False))
        return
    reached: list[str] = []
    script = SPEAK[system.speaks](system, case, reached)
    with scripted.serving(script, datagram=says_dns(case) if system.speaks == "dns" else None) as server:
        assert_unknown(outcome(system, server, tmp_path, soon=case == "slow drip"))
    assert server.waited is False
    assert reached or system.speaks != "http" or case == "slow drip", "what came before has failed already"


def test_the_table_holds_every_check_that_asks_a_running_system() -> None:
    domain = {name for name in check.known() if check.load(name).domain == "observability"}
    assert domain == ({system.check for system in SYSTEMS} | FILES_ONLY.keys()) - {"docker_services"}


def test_a_case_that_cannot_come_is_one_of_the_table_and_has_a_reason() -> None:
    assert all(set(system.beside) <= set(CASES) and all(system.beside.values()) for system in SYSTEMS)


def test_the_drip_comes_byte_by_byte_and_has_no_end_of_its_own() -> None:
    with scripted.serving(lambda asked: Drip(b"first", b"x")) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"anything")
        came = client.recv(1000)
        while len(came) < 10:
            came += client.recv(1000)
    assert (b"firstxxxxx", 1) == (came[:10], server.drips)
