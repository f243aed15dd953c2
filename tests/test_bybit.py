"""The monitor of Bybit's rate limit, all the way: header, metric, alert, receiver. The venue is a fake that verifies signatures; pybit drives it too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client.parser import text_string_to_metric_families

import locked
import servers
from listening import listening
from live import seen
from prodready.monitors.bybit.limits import Limit, Meter, limit_of
from programs import HERE as ROOT
from programs import prodready
from venues import bybit

KEYS = {"PRODREADY_BYBIT_KEY": bybit.KEY, "PRODREADY_BYBIT_SECRET": bybit.SECRET}
CONFIG = """\
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [bybit.rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: bybit, static_configs: [{{targets: ["{exporter}"]}}]}}]
"""
ROUTES = """\
route: {{receiver: desk, group_wait: 0s, group_interval: 1s}}
receivers: [{{name: desk, webhook_configs: [{{url: "{sink}"}}]}}]
"""


@pytest.fixture
def venue():
    with bybit.serving() as server:
        yield server


def told(text):
    """Metric and endpoint -> value."""
    return {(one.name, one.labels.get("endpoint", "")): one.value for family in text_string_to_metric_families(text) for one in family.samples}


def test_use_is_what_is_gone_and_not_what_is_left():
    assert Limit(limit=10, remaining=3).use == 0.7
    assert limit_of({"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "10"}) == Limit(limit=10, remaining=10)


words = some.text(max_size=8) | some.integers(-5, 30).map(str)


@given(limit=words, left=words)
def test_whatever_the_headers_say_a_use_is_a_part_of_one_or_is_not_told(limit, left):
    found = limit_of({"X-Bapi-Limit": limit, "x-bapi-limit-status": left})
    assert found is None or 0 <= found.use <= 1


def test_a_minute_keeps_its_highest_use_and_forgets_it_afterwards():
    now = [1000.0]
    meter = Meter(clock=lambda: now[0])
    for at, left in ((1000, 8), (1010, 1), (1030, 6)):
        now[0] = at
        meter.note("/v5/order/create", {"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": str(left)})
    use = ("bybit_api_limit_utilisation_ratio", "/v5/order/create")
    assert told(meter.text())[use] == 0.9
    now[0] = 1080
    assert told(meter.text())[use] == 0.4
    now[0] = 1100
    assert use not in told(meter.text())


def test_a_client_that_asks_for_anything_does_not_flood_the_metrics():
    meter = Meter()
    for number in range(500):
        meter.note(f"/v5/made/up-{number}", {})
    meter.note("/v5/with spaces", {})
    assert len({endpoint for _, endpoint in told(meter.text())} - {""}) == 101


def test_an_answer_of_any_shape_leaves_the_client_alone():
    meter = Meter()
    for odd in (None, object(), 7):
        meter.saw(odd)
    assert told(meter.text())["bybit_monitor_faults_total", ""] == 3


@pytest.mark.integration
def test_pybit_with_the_hook_tells_its_own_use(venue):
    python = locked.interpreter(Path(__file__).parent / "venues" / "clients.lock", what="pybit")
    venue.used = 7

    def client(calls):
        argv = [python, Path(__file__).parent / "venues" / "pybit_client.py", venue.url, bybit.KEY, bybit.SECRET, str(calls)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
        return told(subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=120, check=True).stdout)

    calm = client(3)
    venue.used = 11  # beyond the limit
    refused = client(1)
    endpoint = "/v5/order/realtime"
    assert (0.7, 10, 3) == tuple(calm[f"bybit_api_limit{word}", endpoint] for word in ("_utilisation_ratio", "", "_remaining"))
    assert 1 == refused["bybit_api_limit_exceeded_total", endpoint]


def look(folder, venue, prometheus="http://127.0.0.1:1", alertmanager="http://127.0.0.1:1", environ=KEYS, **params):
    asked = {"url": "bybit", "prometheus": prometheus, "alertmanager": alertmanager, **params}
    return seen("bybit_limits", folder / "looks", targets={"bybit": {"url": venue.url}}, environ=environ, **asked)


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ("no headers", "told no rate limit"), ("nonsense", "told no rate limit"), ("403", "refuses this address"), ("429", "HTTP 429"), ("500", "HTTP 500"),
        ("302", "HTTP 302"), ("half", "no JSON of its API"), ("a page", "no JSON of its API"),
    ],
)  # fmt: skip
def test_a_venue_that_cannot_be_believed_is_unknown(tmp_path, venue, odd, says):
    venue.odd = odd
    outcome = look(tmp_path, venue)
    assert ("unknown", True) == (outcome.status, says in outcome.summary), outcome.summary


def test_a_wrong_key_a_wrong_secret_and_a_limit_that_is_reached_are_unknown(tmp_path, venue):
    for environ, says in (({**KEYS, "PRODREADY_BYBIT_KEY": "other"}, "10003"), ({**KEYS, "PRODREADY_BYBIT_SECRET": "other"}, "10004"), ({}, "is not set")):
        outcome = look(tmp_path, venue, environ=environ)
        assert ("unknown", True) == (outcome.status, says in outcome.summary), outcome.summary
    venue.used = 11
    assert "10006" in look(tmp_path, venue).summary


def test_the_secret_signs_and_is_never_sent(tmp_path, venue):
    outcome = look(tmp_path, venue)
    assert bybit.SECRET not in repr((outcome, venue.asked))
    assert [path for path, _ in venue.asked] == ["/v5/user/query-api"]


@contextmanager
def sink():
    """A receiver of alerts; gives its address and what came."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/", came


@contextmanager
def monitor(folder, venue):
    """``prodready monitor bybit``; gives where it serves."""
    argv = [sys.executable, "-I", "-u", ROOT / "scripts" / "prodready", "monitor", "bybit", "--url", venue.url, "--listen", "127.0.0.1:0", "--every", "5"]
    with servers.running(argv, folder, lambda: "/metrics" in (folder / "log").read_text(), **KEYS):
        yield (folder / "log").read_text().split("http://")[1].split("/")[0]


@pytest.mark.integration
def test_header_metric_alert_and_receiver_are_one_way(tmp_path, venue):
    venue.used, (tmp_path / "shipped").mkdir()
    shipped = tmp_path / "shipped"
    assert prodready("monitor", "bybit", "--write", "monitoring", cwd=shipped).code == 0
    rules = (shipped / "monitoring" / "bybit.rules.yml").read_text()
    venue.used = 5
    with sink() as (receiver, came), servers.alertmanager(tmp_path / "am", ROUTES.format(sink=receiver)) as alertmanager, monitor(tmp_path / "x", venue) as at:
        config = CONFIG.format(alertmanager=alertmanager.removeprefix("http://"), exporter=at)
        (tmp_path / "prometheus").mkdir()
        (tmp_path / "prometheus" / "bybit.rules.yml").write_text(rules)
        with servers.prometheus(tmp_path / "prometheus", config) as prometheus:
            places = {"prometheus": prometheus, "alertmanager": alertmanager}
            servers.until(lambda: look(tmp_path, venue, **places).status == "passed", "never whole", lambda: look(tmp_path, venue, **places).summary)
            assert [] == came
            assert ["wrong-threshold"] == found(look(tmp_path, venue, **places, threshold=0.9))
            assert ["wrong-receiver"] == found(look(tmp_path, venue, **places, receivers=["night-shift"]))
            venue.limit, venue.used, venue.read_only = 20, 16, 0
            assert {"key-may-trade", "wrong-limit"} == set(found(look(tmp_path, venue, **places)))
            servers.until(lambda: bool(came), "nobody was told at 80 %")
    (alert,) = [one for one in came[0]["alerts"] if one["labels"]["endpoint"] == "/v5/user/query-api"] or came[0]["alerts"][:1]
    assert ("BybitApiLimitHigh", "warning") == (alert["labels"]["alertname"], alert["labels"]["severity"])


def found(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


@pytest.mark.integration
def test_a_prometheus_without_metric_and_alert_is_found(tmp_path, venue):
    with servers.prometheus(tmp_path / "prometheus", "scrape_configs: []\n") as prometheus:
        outcome = look(tmp_path, venue, prometheus=prometheus)
    assert ["no-alert", "no-alertmanager", "no-metric"] == found(outcome)


@pytest.mark.integration
def test_one_probe_is_pushed_and_one_that_fails_ends_as_could_not_tell(tmp_path, venue):
    with servers.pushgateway(tmp_path / "gateway") as gateway:
        asked = ("monitor", "bybit", "--once", "--url", venue.url)
        pushed = prodready(*asked, "--push", gateway, env=KEYS)
        assert (0, "") == (pushed.code, pushed.out), pushed.everything
        import urllib.request

        with urllib.request.urlopen(f"{gateway}/metrics", timeout=10) as answer:
            assert "bybit_api_limit_last_push_timestamp_seconds{" in answer.read().decode()
        venue.odd = "no headers"
        silent = prodready(*asked, env=KEYS)
    assert (3, 0) == (silent.code, told(silent.out)["bybit_probe_up", ""])
    assert "told no rate limit" in silent.err
