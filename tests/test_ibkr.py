"""TWS and Gateway by their protocol: the session drill, and the books against the broker. The Gateway is a fake that ib_async logs in to as well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client.parser import text_string_to_metric_families

import locked
import servers
from live import seen
from prodready.check import CannotTell
from prodready.ibkr import wire
from prodready.ibkr.session import Gateway, opened
from prodready.monitors.ibkr.traffic import Traffic
from prodready.settings import Settings
from programs import HERE as ROOT
from programs import prodready
from venues import ibkr

VENUES = Path(__file__).parent / "venues"


@pytest.fixture
def gateway():
    with ibkr.serving() as (server, port):
        server.port = port
        yield server


@pytest.mark.integration
def test_the_fake_speaks_the_protocol_as_ib_async_knows_it(gateway):
    python = locked.interpreter(VENUES / "clients.lock", what="ib_async")
    ended = subprocess.run([python, VENUES / "ib_async_client.py", str(gateway.port)], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (176, ["DU1234567"], {"AAPL": 100.0, "SPY": -5.0}) == (told["version"], told["accounts"], told["positions"])
    assert told["summary"]["NetLiquidation"] == "100000.50"


@given(some.lists(some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1, max_size=9))
def test_a_message_is_read_as_it_was_written(fields):
    raw = wire.message(*fields)
    assert len(raw) - 4 == wire.length(raw[:4])
    assert fields == wire.fields(raw[4:])


def drill(folder, gateway, **params):
    asked = {"target": f"ibkr://127.0.0.1:{gateway.port}", **params}
    words = [f"-p{name}={json.dumps(value)}" for name, value in asked.items()]
    ended = prodready("drill", "ibkr_session", *words, "--json", "--evidence", folder / "evidence", cwd=folder)
    return ended.code, json.loads(ended.out)


def rules(record):
    return sorted(finding["rule"] for finding in record["findings"])


def test_a_paper_account_of_a_new_gateway_with_live_prices_passes_and_no_order_is_sent(gateway, tmp_path):
    code, record = drill(tmp_path, gateway, contracts=[{"symbol": "SPY"}])
    assert (0, "passed") == (code, record["status"]), record
    assert "DU1234567" not in json.dumps(record)
    assert {"71", "49", "62", "63", "61", "64", "1", "2"} == {row[0] for row in gateway.asked}  # 3 would be an order


def test_each_planted_fault_of_a_session_is_found(gateway, tmp_path):
    gateway.version, gateway.accounts, gateway.apart, gateway.values, gateway.kind = 150, ["U7654321"], 90, {"NetLiquidation": "1"}, "3"
    code, record = drill(tmp_path, gateway, contracts=[{"symbol": "SPY"}])
    assert (1, ["clock-apart", "live-account", "missing-values", "no-live-price", "old-gateway"]) == (code, rules(record))
    gateway.error = (354, "Requested market data is not subscribed.")
    assert "not subscribed" in json.dumps(drill(tmp_path, gateway, contracts=[{"symbol": "SPY"}])[1])


@pytest.mark.parametrize("odd", ["a page", "half a greeting", "no version", "endless", "silent", "drip", "half", "silent after login"])
def test_a_gateway_that_cannot_be_believed_is_unknown(gateway, odd):
    gateway.odd = odd
    with pytest.raises(CannotTell, match="did not tell"), opened(Gateway(host="127.0.0.1", port=gateway.port, seconds=1.5)) as session:
        session.values()


def test_a_gateway_that_is_down_or_where_nobody_is_logged_in_is_unknown(gateway, tmp_path):
    gateway.accounts = [""]
    code, record = drill(tmp_path, gateway)
    assert (3, True) == (code, "nobody is logged in" in record["reason"])
    gateway.port = 1
    assert 3 == drill(tmp_path, gateway)[0]


def books(folder, gateway, what, text, **params):
    target = {"host": "127.0.0.1", "port": gateway.port, "seconds": 5.0}
    return seen("recon", folder / "looks", targets={"ibkr": target}, laid={"books.csv": text}, books="books.csv", what=what, **params)


@pytest.mark.parametrize(
    ("what", "good", "bad", "params"),
    [
        ("positions", "symbol,quantity\nAAPL,60\nAAPL,40\nSPY,-5\n", "symbol,quantity\nAAPL,100\n", {}),
        ("positions", "conid,quantity\n265598,100\n756733,-5\n", "conid,quantity\n265598,100\n756733,-5\n1,1\n", {"key": "conid"}),
        ("cash", "currency,amount\nUSD,50000.25\nEUR,-10.50\n", "currency,amount\nUSD,50000.27\nEUR,-10.5\n", {"tolerance": "0.01"}),
        ("pnl", "name,amount\ndaily,12.5\nunrealized,-3.25\nrealized,0\n", "name,amount\ndaily,12.5\nunrealized,3.25\nrealized,0\n", {"relative": 0.005}),
        ("nav", "name,amount\nNAV,100100\n", "name,amount\nNAV,101000\n", {"relative": 0.005}),
    ],
    ids=["positions", "contracts", "cash", "profit", "value"],
)  # fmt: skip
def test_books_that_agree_pass_and_one_difference_is_found(gateway, tmp_path, what, good, bad, params):
    key, value = good.partition("\n")[0].split(",")
    same = books(tmp_path, gateway, what, good, **{"key": key, "value": value, **params})
    other = books(tmp_path, gateway, what, bad, **{"key": key, "value": value, **params})
    assert ("passed", "failed") == (same.status, other.status), (same.summary, other.summary)
    assert [f"{what}-differ"] == [finding.rule for finding in other.observation.findings]


def test_a_value_that_the_broker_does_not_know_yet_is_unknown(gateway, tmp_path):
    gateway.profit = (ibkr.UNSET, "0", "0")
    outcome = books(tmp_path, gateway, "pnl", "name,amount\ndaily,0\n", key="name", value="amount")
    assert ("unknown", True) == (outcome.status, "not known yet" in outcome.summary)


@contextmanager
def relay(folder, gateway):
    """``prodready monitor ibkr``; gives the port for clients and what its metrics say."""
    argv = [sys.executable, "-I", "-u", ROOT / "scripts" / "prodready", "monitor", "ibkr", "--gateway", f"127.0.0.1:{gateway.port}"]
    argv += ["--relay", "127.0.0.1:0", "--listen", "127.0.0.1:0"]
    log = folder / "log"
    with servers.running(argv, folder, lambda: "relaying" in log.read_text()):
        at, port = re.search(r"http://(\S+)\n", log.read_text())[1], int(re.search(r"relaying \S+:(\d+)", log.read_text())[1])

        def metrics():
            with urllib.request.urlopen(f"http://{at}", timeout=10) as answer:
                return {
                    (one.name, *one.labels.values()): one.value
                    for family in text_string_to_metric_families(answer.read().decode()) for one in family.samples
                }  # fmt: skip

        yield port, metrics


@pytest.mark.integration
def test_a_burst_of_a_client_without_a_brake_is_counted_and_a_calm_one_is_not_disturbed(gateway, tmp_path):
    python = locked.interpreter(VENUES / "clients.lock", what="ib_async")
    with relay(tmp_path / "relay", gateway) as (port, metrics):

        def client(count):
            ended = subprocess.run([python, VENUES / "ib_async_client.py", str(port), str(count)], capture_output=True, text=True, timeout=120, check=False)
            assert ended.returncode == 0, ended.stderr
            return json.loads(ended.stdout)

        assert {"AAPL": 100.0, "SPY": -5.0} == client(0)["positions"]
        calm = metrics()
        assert 50 > calm[("ibkr_messages_per_second",)]
        assert 0 < calm["ibkr_nav_timestamp_seconds", "DU…67"] <= time.time()
        client(300)
        assert 50 <= metrics()[("ibkr_messages_per_second",)]


def test_a_session_through_the_relay_tells_prices_errors_and_when_it_is_gone(gateway, tmp_path):
    with relay(tmp_path / "relay", gateway) as (port, metrics):
        with opened(Gateway(host="127.0.0.1", port=port)) as session:
            assert "" == session.market("SPY", "STK", "SMART", "USD")
            gateway.error = (100, "Max rate of messages per second has been exceeded.")
            session.market("AAPL", "STK", "SMART", "USD")
            servers.until(lambda: ("ibkr_errors_total", "100") in metrics(), "the error was not counted")
            told = metrics()
            assert (1, True) == (told[("ibkr_connected",)], ("ibkr_last_tick_timestamp_seconds", "SPY") in told)
        servers.until(lambda: metrics()[("ibkr_connected",)] == 0, "nobody noticed that it is gone")
        gateway.odd = "a page"
        with pytest.raises(CannotTell), opened(Gateway(host="127.0.0.1", port=port, seconds=3)):
            pass
        assert 0 == metrics()[("ibkr_connected",)]


@given(some.lists(some.floats(0, 5), min_size=1, max_size=200))
def test_the_highest_second_is_what_counting_every_second_gives(waits):
    now, moments, rates = 1000.0, [], []
    traffic = Traffic(clock=lambda: now)
    for wait in waits:
        now += wait
        moments.append(now)
        rates.append(traffic.sent())
    assert rates == [sum(at > own - 1 for at in moments[: index + 1]) for index, own in enumerate(moments)]


def trade(folder, gateway, environ=None, **params):
    asked = {"target": f"ibkr://127.0.0.1:{gateway.port}", "account": "DU1234567", "seconds": 20, **params}
    words = [f"-p{name}={json.dumps(value)}" for name, value in asked.items()]
    ended = prodready("drill", "ibkr_orders", *words, "--json", "--evidence", folder / "evidence", cwd=folder, env=environ)
    return ended.code, json.loads(ended.out or "{}")


@pytest.mark.integration
def test_an_order_stands_is_taken_back_refused_and_filled_in_pieces(gateway, tmp_path):
    gateway.pieces = [0.4, 0.6]
    code, record = trade(tmp_path, gateway, quantity=10)
    assert (0, "passed") == (code, record.get("status")), record
    steps = {step["step"]: step for step in record["facts"]["steps"]}
    assert ("Cancelled", True) == (steps["cancel"]["status"], "110" in steps["reject"]["words"])
    paid = [steps[f"market {side} commissions"] for side in ("buy", "sell")]
    assert [(2, 2.1), (2, 2.1)] == [(step["pieces"], step["commission"]) for step in paid]
    assert "DU1234567" not in json.dumps({key: value for key, value in record.items() if key != "params"})


FAULTS = {
    "no cancel": {"order-cancel", "order-left"}, "takes any price": {"order-reject"}, "read only": {"order-limit"},
    "never filled": {"order-market-buy", "order-market-sell"}, "no commission": {"order-market-buy-commissions", "order-market-sell-commissions"},
}  # fmt: skip


def faulty(folder, fault):
    """What the drill finds at a Gateway with that fault."""
    with ibkr.serving() as (server, port):
        server.port, server.fault = port, fault
        (folder / fault).mkdir()
        environ = {"PRODREADY_CACHE": str(cache_of(folder / fault))}
        return set(rules(trade(folder / fault, server, environ, seconds=5)[1]))


def cache_of(folder):
    """A cache with the tools of the usual one and a lock of its own: drills of one machine never overlap."""
    usual = Settings.from_environ(os.environ).cache
    (usual / "tools").mkdir(parents=True, exist_ok=True)
    (folder / "cache").mkdir()
    (folder / "cache" / "tools").symlink_to(usual / "tools")
    return folder / "cache"


@pytest.mark.integration
def test_each_planted_fault_of_orders_is_found(tmp_path):
    with ThreadPoolExecutor(len(FAULTS)) as pool:
        told = dict(zip(FAULTS, pool.map(partial(faulty, tmp_path), FAULTS), strict=True))
    assert {} == {fault: (found, told[fault]) for fault, found in FAULTS.items() if not found <= told[fault]}


@pytest.mark.integration
def test_no_order_leaves_for_an_account_that_is_live_or_not_there(gateway, tmp_path):
    assert 2 == trade(tmp_path, gateway, account="U7654321")[0]
    code, record = trade(tmp_path, gateway, account="DU7654321")
    assert (3, True) == (code, "not logged in there" in record["reason"])
    assert [] == [row for row in gateway.asked if row[0] == "3"]
