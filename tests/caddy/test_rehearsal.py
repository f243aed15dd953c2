"""The experiment, case by case: real Caddy of today and of 2.6, a real ACME server, and the ask services that teams write."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prodready.model import Found, Status
from tls import servers, worlds
from tls.servers import Authority

pytestmark = pytest.mark.integration
ALLOWED, FAKE = "allowed.test", "fake.methtrader.xyz"
ASK = Path(__file__).with_name("ask.py")
GLOBAL = """{{
    email ops@allowed.test
    on_demand_tls {{
        ask http://127.0.0.1:{port}/check
    }}
}}
"""
CATCH_ALL = """https:// {{
    tls {{
        on_demand
    }}
    respond "served {{host}}"
}}
"""
GOOD = GLOBAL + CATCH_ALL
NO_ASK = CATCH_ALL
OWN_YES = GLOBAL + CATCH_ALL + "http://127.0.0.1:{port} {{\n    respond 200\n}}\n"
MANAGERS = CATCH_ALL.replace("on_demand", "on_demand\n        get_certificate http http://127.0.0.1:9/x")
STATIC = "allowed.test {{\n    respond hi\n}}\n"
DEFAULT_SNI = "{{\n    default_sni allowed.test\n    fallback_sni allowed.test\n}}\n" + STATIC
INTERNAL = CATCH_ALL.replace("on_demand", "issuer internal\n        on_demand")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A Caddyfile, how its ask service decides, and what must come out."""

    caddyfile: str
    rule: str = "exact"
    status: Status
    rules: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    old: bool = False
    """Whether Debian's Caddy 2.6 is taken."""
    params: dict[str, object] = field(default_factory=dict)


ISSUED = frozenset({"issued-to-stranger"})
PASSED, FAILED, UNKNOWN = Status.PASSED, Status.FAILED, Status.UNKNOWN
EVERY = {
    "good": Case(
        caddyfile=GOOD, status=PASSED, says=(f"{FAKE}: alert: TLSV1_ALERT_INTERNAL_ERROR, the ask endpoint said 403", "1 certificate was ordered in all")
    ),
    "good, 2.6": Case(caddyfile=GOOD, status=PASSED, old=True, says=("the ask endpoint said 403",)),
    "ask says 200 to all": Case(caddyfile=GOOD, rule="all", status=FAILED, rules=ISSUED),
    "ask says 200 to all, 2.6": Case(caddyfile=GOOD, rule="all", status=FAILED, rules=ISSUED, old=True),
    "no ask": Case(caddyfile=NO_ASK, status=FAILED, rules=frozenset({"CDY-01", "CDY-10", "caddy-validate"}), says=("the rehearsal broke off",)),
    "no ask, 2.6": Case(caddyfile=NO_ASK, status=FAILED, rules=ISSUED | {"CDY-01", "CDY-10"}, old=True),
    "ask is its own respond 200": Case(caddyfile=OWN_YES, status=FAILED, rules=ISSUED | {"CDY-03"}),
    "ask compares the end of the name": Case(caddyfile=GOOD, rule="suffix", status=FAILED, rules=ISSUED, says=("notallowed.test got a certificate",)),
    "managers without permission": Case(caddyfile=MANAGERS, status=FAILED, rules=ISSUED | {"CDY-02", "CDY-10"}),
    "managers without permission, 2.6": Case(caddyfile=MANAGERS, status=FAILED, rules=ISSUED | {"CDY-02", "CDY-10"}, old=True),
    "static host": Case(caddyfile=STATIC, status=PASSED, says=("no site issues on demand", f"{FAKE}: alert")),
    "default_sni": Case(caddyfile=DEFAULT_SNI, status=PASSED, says=(f"{FAKE}: a certificate for allowed.test",)),
    "internal, on demand": Case(caddyfile=INTERNAL, status=FAILED, rules=ISSUED | {"CDY-05", "CDY-10"}, says=("Caddy Local Authority",)),
    "internal with ask": Case(caddyfile=GLOBAL + INTERNAL, status=PASSED, says=("the ask endpoint said 403",)),
    "without an ACME server": Case(caddyfile=GOOD, status=PASSED, params={"live": "internal"}, says=("orders were not counted",)),
    "without an ACME server, ask says 200 to all": Case(caddyfile=GOOD, rule="all", status=FAILED, rules=ISSUED, params={"live": "internal"}),
    "ask 204": Case(caddyfile=GOOD, rule="status:204", status=FAILED, rules=ISSUED),
    "ask 302": Case(caddyfile=GOOD, rule="status:302", status=PASSED),
    "ask 404": Case(caddyfile=GOOD, rule="status:404", status=PASSED),
    "ask 500": Case(caddyfile=GOOD, rule="status:500", status=UNKNOWN, says=("was refused, but not by the ask endpoint, which answered 500",)),
    "ask refuses everybody": Case(caddyfile=GOOD, rule="none", status=UNKNOWN, says=("must get a certificate and got none",)),
    "ask hangs": Case(caddyfile=GOOD, rule="hang", status=UNKNOWN, params={"variants": False}, says=("was refused, but not by the ask endpoint",)),
}


def observed(name, folder):
    case, port = EVERY[name], servers.free_port()
    folder.mkdir()
    (folder / "Caddyfile").write_text(case.caddyfile.format(port=port))
    shutil.copy(ASK, folder)
    ask = {"ask_command": [sys.executable, "ask.py", str(port), case.rule, ALLOWED]} if "ask http" in case.caddyfile and case.caddyfile is not OWN_YES else {}
    old = {"caddy": servers.program("caddy")} if case.old else {}
    return worlds.seen("caddy_refuses_unknown_host", service=folder, allowed=[ALLOWED], **{**ask, **old, **case.params})


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All beside each other: most of a rehearsal is waiting."""
    for needed in ("pebble", "pebble-challtestsrv", "caddy"):
        servers.program(needed)
    folder = tmp_path_factory.mktemp("rehearsals")
    with ThreadPoolExecutor(3) as pool:
        futures = {name: pool.submit(observed, name, folder / str(number)) for number, name in enumerate(EVERY)}
        return {name: future.result() for name, future in futures.items()}


@pytest.mark.parametrize("name", EVERY)
def test_a_rehearsal_ends(name, outcomes):
    case, outcome = EVERY[name], outcomes[name]
    seen = outcome.observation
    assert isinstance(seen, Found), outcome
    said = "\n".join((outcome.summary, *seen.notes, *seen.gaps, *(finding.message for finding in seen.findings)))
    serious = {finding.rule for finding in seen.findings if finding.severity >= 3 or finding.rule == "CDY-05"}
    assert (case.status, set(case.rules)) == (outcome.status, serious), said
    for words in case.says:
        assert words in said


# A deployed host: handshakes, and nothing else.


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def deployed(port, **params):
    return worlds.seen("caddy_refuses_unknown_host", target=f"127.0.0.1:{port}", **{"allowed": [ALLOWED], "fake": [FAKE], **params})


def test_a_deployed_host_that_refuses_strangers_passes_and_says_what_that_proves(authority, tmp_path):
    pair, port = authority.leaf(ALLOWED), servers.free_port()
    (tmp_path / "Caddyfile").write_text(
        f"{{\n  admin off\n  http_port {servers.free_port()}\n  auto_https disable_redirects\n}}\n"
        f"https://{ALLOWED}:{port} {{\n  bind 127.0.0.1\n  tls {pair.chain} {pair.key_file}\n  respond hi\n}}\n"
    )
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    argv = [servers.program("caddy"), "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
    with servers.running(argv, port, env=home):
        outcome = deployed(port)
        vacuous = deployed(port, allowed=["gone.test"])
    assert Status.PASSED is outcome.status, outcome.observation
    assert any("prove that it refuses, not why" in note for note in outcome.observation.notes)
    assert Status.UNKNOWN is vacuous.status


def test_a_deployed_host_that_serves_strangers_is_found(authority):
    argv, port = servers.s_server(authority.leaf(ALLOWED, "*.methtrader.xyz"))
    with servers.running(argv, port):
        outcome = deployed(port)
    assert (Status.FAILED, ["issued-to-stranger"]) == (outcome.status, [finding.rule for finding in outcome.observation.findings])


def test_a_deployed_host_that_does_not_answer_cannot_be_told():
    outcome = deployed(1)
    assert (Status.UNKNOWN, True) == (outcome.status, "Connection refused" in outcome.summary)


@pytest.mark.parametrize("missing", ["allowed", "fake"])
def test_a_deployed_host_is_tried_with_both_kinds_of_names(missing):
    assert "name both" in deployed(1, **{missing: []}).observation.remedy


def test_the_ask_service_of_the_repository_does_not_run_beside_secrets(tmp_path):
    (tmp_path / "Caddyfile").write_text(GOOD.format(port=1))
    outcome = worlds.seen("caddy_refuses_unknown_host", service=tmp_path, privileged=True, allowed=[ALLOWED], ask_command=["sh", "-c", "exit 1"])
    assert (Status.UNKNOWN, True) == (outcome.status, "holds secrets" in outcome.summary)


def test_an_ask_service_that_does_not_start_cannot_be_told(tmp_path):
    (tmp_path / "Caddyfile").write_text(GOOD.format(port=servers.free_port()))
    outcome = worlds.seen("caddy_refuses_unknown_host", service=tmp_path, allowed=[ALLOWED], ask_command=["sh", "-c", "echo no database >&2; exit 3"])
    assert (Status.UNKNOWN, True) == (outcome.status, "sh ended with code 3: no database" in outcome.summary)


def test_a_hostile_configuration_writes_and_reads_nothing_of_the_machine(tmp_path):
    """Logs, storage, certificates, the admin endpoint and file servers of the configuration have no part in a rehearsal."""
    victim, folder = tmp_path / "victim", tmp_path / "service"
    folder.mkdir()
    (folder / "Caddyfile").write_text(
        f"{{\n  storage file_system {victim}\n  log {{\n    output file {victim}-log\n  }}\n  admin 127.0.0.1:{servers.free_port()}\n}}\n"
        f"{ALLOWED} {{\n  log {{\n    output file {victim}-access\n  }}\n  root * /\n  file_server browse\n  reverse_proxy 192.0.2.1:9\n}}\n"
    )
    outcome = worlds.seen("caddy_refuses_unknown_host", service=folder, allowed=[ALLOWED], live="internal", variants=False)
    assert Status.PASSED is outcome.status, outcome.observation
    assert ["service"] == sorted(path.name for path in tmp_path.iterdir())
