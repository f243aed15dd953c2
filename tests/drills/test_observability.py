"""Alerts reach people and end, metrics and log lines arrive: with a real Prometheus, Alertmanager and Pushgateway, and Loki's protocol."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

import servers
from drilled import drilled
from listening import listening
from prodready.errors import Exit

ROUTE = "route: {{receiver: pager, group_wait: 0s, group_interval: 1s, group_by: ['...']}}\nreceivers:\n- name: pager\n"
WEBHOOK = ROUTE + "  webhook_configs: [{{url: 'http://{at}/', send_resolved: {resolved}}}]\n"
SCRAPE = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs: [{{job_name: push, honor_labels: true, static_configs: [{{targets: ['{gateway}']}}]}}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{manager}']}}]}}]}}
"""
RULES = "groups: [{name: g, rules: [{alert: Canary, expr: canary == 1}]}]\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Pushgateway -> Prometheus -> Alertmanager -> a webhook at ``pager``."""
    folder, pager = tmp_path_factory.mktemp("stack"), f"127.0.0.1:{servers.port()}"
    with servers.pushgateway(folder / "push") as gateway, servers.alertmanager(folder / "am", WEBHOOK.format(at=pager, resolved="true")) as manager:
        config = SCRAPE.format(gateway=gateway.removeprefix("http://"), manager=manager.removeprefix("http://"))
        with servers.prometheus(folder / "prom", config, rules=RULES) as prometheus:
            yield {"pager": pager, "gateway": gateway, "manager": manager, "prometheus": prometheus}


@pytest.mark.integration
def test_an_alert_reaches_the_receiver_and_so_does_its_end(stack, tmp_path):
    ended, record = drilled("alert", tmp_path, alertmanager=stack["manager"], listen=stack["pager"])
    assert (Exit.READY, "s", stack["manager"]) == (ended.code, record["unit"], record["target"]), ended.everything
    assert ["inject", "observe", "recovered"] == [event["phase"] for event in record["journal"]]
    assert ("the alert arrived after" in record["journal"][1]["what"], "its end arrived after" in record["journal"][2]["what"]) == (True, True)


@pytest.mark.integration
def test_an_alert_is_looked_for_where_people_read(stack, tmp_path):
    alerts = {"get": f"{stack['manager']}/api/v2/alerts?active=true"}
    heard, ended = {**alerts, "matches": "${DRILL}"}, {**alerts, "lacks": "${DRILL}"}
    assert Exit.READY == drilled("alert", tmp_path, alertmanager=stack["manager"], heard=[heard], ended=[ended])[0].code
    proof, record = drilled("alert", tmp_path, alertmanager=stack["manager"], heard=[alerts], ended=[ended])
    assert (Exit.UNKNOWN, True) == (proof.code, "was there before" in record["reason"])


@pytest.mark.integration
def test_the_whole_way_from_a_metric_over_a_rule_to_the_receiver(stack, tmp_path):
    push = {"post": f"{stack['gateway']}/metrics/job/canary", "headers": {"Content-Type": "text/plain"}}
    fire, quench = ({**push, "body": f'canary{{id="${{DRILL}}"}} {value}\n'} for value in (1, 0))
    ended, record = drilled("alert", tmp_path, fire=[fire], quench=[quench], target="canary", listen=stack["pager"])
    assert (Exit.READY, "canary") == (ended.code, record["target"]), ended.everything


@pytest.mark.integration
def test_an_alert_whose_route_leads_elsewhere_is_lost(stack, tmp_path):
    ended, record = drilled("alert", tmp_path, alertmanager=stack["manager"], listen=f"127.0.0.1:{servers.port()}", limit=2)
    assert (Exit.NOT_READY, "Infinity", ["alert-lost"]) == (ended.code, record["measured"], [one["rule"] for one in record["findings"]]), ended.everything


@pytest.mark.integration
def test_an_end_that_nobody_is_told_of_fails(tmp_path):
    pager = f"127.0.0.1:{servers.port()}"
    with servers.alertmanager(tmp_path / "am", WEBHOOK.format(at=pager, resolved="false")) as manager:
        ended, record = drilled("alert", tmp_path, alertmanager=manager, listen=pager, resolved=2)
    assert (Exit.NOT_READY, ["end-lost"]) == (ended.code, [one["rule"] for one in record["findings"]]), ended.everything


def test_a_receiver_whose_port_is_taken_and_an_alertmanager_that_is_down_are_unknown(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as taken:
        _, record = drilled("alert", tmp_path, alertmanager="http://127.0.0.1:9", listen=f"127.0.0.1:{taken.server_port}")
    assert "no webhook can be received" in record["reason"]
    ended, record = drilled("alert", tmp_path, alertmanager="http://127.0.0.1:9", listen=f"127.0.0.1:{servers.port()}")
    assert (Exit.UNKNOWN, True) == (ended.code, "did not answer" in record["reason"]), ended.everything


@pytest.mark.integration
def test_a_metric_of_the_drill_is_seen_and_taken_away(stack, tmp_path):
    ended, record = drilled("metric_push", tmp_path, pushgateway=stack["gateway"], prometheus=stack["prometheus"])
    assert (Exit.READY, stack["gateway"]) == (ended.code, record["target"]), ended.everything
    assert ["restore"] == [event["phase"] for event in record["journal"] if "taken away" in event["what"]]


@pytest.mark.integration
def test_an_exporter_that_pushes_passes_and_one_that_stopped_fails_though_its_old_value_is_there(stack, tmp_path):
    push = {"post": f"{stack['gateway']}/metrics/job/bybit", "headers": {"Content-Type": "text/plain"}, "body": "utilisation 0.4\n"}
    asked = {"prometheus": stack["prometheus"], "query": 'max(push_time_seconds{job="bybit"})', "target": "bybit"}
    ended, _ = drilled("metric_push", tmp_path, push=push, **asked)
    assert Exit.READY == ended.code, ended.everything
    ended, record = drilled("metric_push", tmp_path, push={"run": ["true"]}, limit=3, **asked)
    assert (Exit.NOT_READY, True) == (ended.code, "has not moved on" in record["summary"]), ended.everything
    ended, record = drilled("metric_push", tmp_path, push=push, **{**asked, "prometheus": "http://127.0.0.1:9"})
    assert (Exit.UNKNOWN, True) == (ended.code, "did not answer" in record["reason"])


@contextmanager
def loki(*, drops=False, finds_itself=False):
    """Speaks push and query_range as the Loki HTTP API describes them."""
    lines = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            streams = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["streams"]
            lines.extend([] if drops else [(stream["stream"], *value) for stream in streams for value in stream["values"]])
            self.answer(204 if urlsplit(self.path).path == "/loki/api/v1/push" else 404, b"")

        def do_GET(self):
            word = parse_qs(urlsplit(self.path).query)["query"][0].rpartition('|= "')[2].rstrip('"')
            found = [{"stream": stream, "values": [[at, line]]} for stream, at, line in lines if word in line]
            found += [{"stream": {}, "values": [["1", f"query {word}"]]}] if finds_itself else []
            self.answer(200, json.dumps({"status": "success", "data": {"resultType": "streams", "result": found}}).encode())

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def test_a_line_goes_into_loki_and_comes_out(tmp_path):
    with loki() as url:
        ended, record = drilled("log_roundtrip", tmp_path, url=url)
    assert (Exit.READY, url) == (ended.code, record["target"]), ended.everything


def test_a_pipeline_that_drops_lines_fails_and_a_search_that_finds_itself_proves_nothing(tmp_path):
    with loki(drops=True) as url:
        ended, record = drilled("log_roundtrip", tmp_path, url=url, limit=1, interval=0.1)
    assert (Exit.NOT_READY, ["line-lost"]) == (ended.code, [one["rule"] for one in record["findings"]])
    with loki(finds_itself=True) as url:
        ended, record = drilled("log_roundtrip", tmp_path, url=url)
    assert (Exit.UNKNOWN, True) == (ended.code, "was there before" in record["reason"])
    assert Exit.UNKNOWN == drilled("log_roundtrip", tmp_path, url="http://127.0.0.1:9")[0].code


def test_a_line_goes_the_way_of_the_team(tmp_path):
    (tmp_path / "log").write_text("")
    send, find = {"run": ["sh", "-c", "echo ${DRILL} >> log"]}, {"run": ["cat", "log"], "matches": "${DRILL}"}
    ended, _ = drilled("log_roundtrip", tmp_path, target="siem", send=[send], find=[find])
    assert Exit.READY == ended.code, ended.everything
    ended, record = drilled("log_roundtrip", tmp_path, target="siem", send=[{"run": ["false"]}], find=[find])
    assert (Exit.NOT_READY, True) == (ended.code, "ended with 1" in record["summary"])
