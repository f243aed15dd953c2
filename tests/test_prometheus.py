"""The checks of metrics on a real Prometheus that scrapes itself and a Pushgateway."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request

import pytest
import trustme

import answers
import servers
from live import seen

pytestmark = pytest.mark.integration
CONFIG = """\
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [rules.yml]
scrape_configs:
  - {{job_name: prometheus, static_configs: [{{targets: ["{own}"]}}]}}
  - {{job_name: pushed, honor_labels: true, static_configs: [{{targets: ["{pushgateway}"]}}]}}
  - {{job_name: down, static_configs: [{{targets: ["127.0.0.1:1"]}}]}}
"""
BUCKETS = """\
slow_seconds_bucket{le="0.05"} 1
slow_seconds_bucket{le="0.1"} 2
slow_seconds_bucket{le="+Inf"} 100
fast_seconds_bucket{le="0.05"} 0
fast_seconds_bucket{le="0.1"} 98
fast_seconds_bucket{le="0.5"} 100
fast_seconds_bucket{le="+Inf"} 100
nothing 0
"""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    with servers.pushgateway(folder / "pushgateway") as pushgateway:
        push(pushgateway, BUCKETS)
        with servers.prometheus(folder / "prometheus", CONFIG.format(own="127.0.0.1:1", pushgateway=pushgateway.removeprefix("http://"))) as address:
            servers.until(lambda: series(address, "fast_seconds_bucket") and series(address, "up%7Bjob='down'%7D"), "nothing was scraped")
            yield address


def push(pushgateway, text):
    request = urllib.request.Request(f"{pushgateway}/metrics/job/desk", data=text.encode(), method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def series(prometheus, query):
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?query={query}", timeout=10) as answer:
        return b'"metric"' in answer.read()


@pytest.mark.parametrize(
    ("query", "expect", "status"),
    [
        ('up{job="pushed"}', "== 1", "passed"),
        ('up{job="down"}', "== 1", "failed"),
        ("nonexistent_metric", "<= 1", "unknown"),
        ("nothing / nothing", "<= 1", "unknown"),
        ("1 / nothing", ">= 1", "unknown"),
        ("up", ">= 0", "unknown"),
        ("up[5m]", ">= 0", "unknown"),
        ("sum(up", ">= 0", "unknown"),
        ("42", "== 42", "passed"),
        ("histogram_quantile(0.95, sum by (le) (fast_seconds_bucket))", "< 0.2", "passed"),
        ("histogram_quantile(0.95, sum by (le) (slow_seconds_bucket))", "< 0.2", "unknown"),
    ],
)
def test_a_query_ends_as_it_must(prometheus, tmp_path, query, expect, status):
    outcome = seen("prometheus", tmp_path, url=prometheus, query=query, expect=expect)
    assert (status, outcome.summary) == (outcome.status, outcome.summary)


def test_the_buckets_around_a_quantile_are_told(prometheus, tmp_path):
    outcome = seen("prometheus", tmp_path, url=prometheus, query="histogram_quantile(0.95, sum by (le) (fast_seconds_bucket))", expect="< 0.2")
    assert ("interpolated in the bucket from 0.05 to 0.1",) == outcome.observation.notes


def test_a_prometheus_that_is_stopped_is_unknown(tmp_path):
    outcome = seen("prometheus", tmp_path, url=f"http://127.0.0.1:{servers.port()}", query="up")
    assert ("unknown", True) == (outcome.status, "did not answer" in outcome.summary)


def test_an_answer_that_drips_is_left_at_the_deadline(tmp_path):
    with answers.serving({"/slow": {"text": "x", "wait": 60}}) as server:
        begin = time.monotonic()
        outcome = seen("http_probe", tmp_path, url=f"{server.url}/slow", deadline=0.2, measure="max")
        assert ("unknown", True) == (outcome.status, time.monotonic() - begin < 30)


def test_a_target_of_another_certificate_authority_is_trusted_by_its_file(tmp_path):
    """And without the file it is not."""
    authority = trustme.CA()
    with answers.serving({"/": {"text": "ok"}}) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        target = {"url": f"https://localhost:{server.server_port}", "ca_file": "ca.pem"}
        files = {"ca.pem": authority.cert_pem.bytes().decode()}
        trusted = seen("http_probe", tmp_path, laid=files, targets={"desk": target}, url="desk")
        stranger = seen("http_probe", tmp_path, targets={"desk": target["url"]}, url="desk")
    assert ("passed", "failed") == (trusted.status, stranger.status)
    assert "certificate verify failed" in stranger.observation.findings[0].message


def names(outcome):
    return sorted(finding.rule for finding in outcome.observation.findings)


def test_a_target_that_is_down_is_named_with_its_reason(prometheus, tmp_path):
    outcome = seen("prometheus_targets", tmp_path, url=prometheus, jobs=["pushed", "down"])
    assert ("failed", ["target-down"]) == (outcome.status, names(outcome))
    assert "127.0.0.1:1 of job down is down" in outcome.summary
    assert "connection refused" in outcome.summary


def test_targets_that_are_up_pass(prometheus, tmp_path):
    assert "passed" == seen("prometheus_targets", tmp_path, url=prometheus, jobs=["pushed"]).status


def test_a_job_that_nobody_scrapes_is_found(prometheus, tmp_path):
    assert ["job-without-targets"] == names(seen("prometheus_targets", tmp_path, url=prometheus, jobs=["pushed", "orders"]))


def test_the_page_and_the_store_are_both_looked_at(prometheus, tmp_path):
    pushed, own = {"name": "nothing", "must": ">= 0"}, {"name": "prometheus_tsdb_head_series"}
    assert "passed" == seen("metrics", tmp_path, prometheus=prometheus, metrics=[pushed]).status
    outcome = seen("metrics", tmp_path, endpoint=f"{prometheus}/metrics", prometheus=prometheus, metrics=[pushed, own])
    assert ["not-collected", "not-exposed"] == names(outcome)


def test_a_counter_that_stands_still_is_found_on_a_real_page(prometheus, tmp_path):
    moving = [{"name": "prometheus_http_requests_total", "type": "counter", "moving": True}, {"name": "go_threads", "type": "gauge"}]
    still = [{"name": "prometheus_build_info", "moving": True}]
    assert "passed" == seen("metrics", tmp_path, endpoint=f"{prometheus}/metrics", metrics=moving, pause=0.05).status
    assert ["not-moving"] == names(seen("metrics", tmp_path, endpoint=f"{prometheus}/metrics", metrics=still, pause=0.05))


def test_a_metric_that_nobody_sets_any_more_is_found_in_the_store(prometheus, tmp_path):
    outcome = seen("metrics", tmp_path, prometheus=prometheus, metrics=[{"name": "nothing", "moving": True}, {"name": "push_time_seconds"}])
    assert ["not-moving"] == names(outcome)


RULES = """\
groups:
  - name: desk
    rules:
      - alert: DeskDown
        expr: up{job="desk"} == 0
        labels: {severity: page}
        annotations: {summary: The desk does not answer, runbook_url: "https://git.example.com/src/docs/runbook.md#desk-down"}
      - alert: Slow
        expr: (latency_seconds > 0.2)
        labels: {severity: ticket}
        annotations: {summary: Slow, runbook_url: docs/runbook.md#slow}
"""
UNIT_TESTS = """\
rule_files: [rules.yml]
tests:
  - interval: 1m
    input_series: [{series: 'up{job="desk"}', values: "1 0"}, {series: latency_seconds, values: "0.1 0.3"}]
    alert_rule_test:
      - {alertname: DeskDown, eval_time: 0m, exp_alerts: []}
      - alertname: DeskDown
        eval_time: 1m
        exp_alerts: [{exp_labels: {severity: page, job: desk}, exp_annotations: {summary: The desk does not answer, runbook_url: "https://git.example.com/src/docs/runbook.md#desk-down"}}]
      - {alertname: Slow, eval_time: 0m, exp_alerts: []}
      - {alertname: Slow, eval_time: 1m, exp_alerts: [{exp_labels: {severity: ticket}, exp_annotations: {summary: Slow, runbook_url: docs/runbook.md#slow}}]}
"""
RUNBOOK = "# Runbook\n\n## Desk down\n\nStart it.\n\n## Slow\n\nLook at the queue.\n"
ALERTS = {"rules.yml": RULES, "rules.test.yml": UNIT_TESTS, "docs/runbook.md": RUNBOOK}


def alerts(tmp_path, files, **params):
    servers.need("promtool")
    return seen("alert_rules", tmp_path, laid={**ALERTS, **files}, **{"files": ["rules.yml"], "tests": ["rules.test.yml"], "at_least": 2, **params})


def test_alerts_that_their_tests_prove_pass(tmp_path):
    outcome = alerts(tmp_path, {})
    assert "passed" == outcome.status, outcome.summary


def test_a_test_that_fails_is_told_with_its_words(tmp_path):
    outcome = alerts(tmp_path, {"rules.yml": RULES.replace("> 0.2", "> 0.4")})
    assert (["failed-test"], True) == (names(outcome), "Slow" in outcome.summary)


def test_an_alert_that_no_test_makes_fire_is_found(tmp_path):
    outcome = alerts(tmp_path, {"rules.test.yml": UNIT_TESTS.partition("      - {alertname: Slow, eval_time: 1m")[0]})
    assert (["untested-alert"], True) == (names(outcome), "the alert Slow is made to fire by no test" in outcome.summary)


def test_without_promtool_the_tests_cannot_be_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    outcome = seen("alert_rules", tmp_path, laid=ALERTS, files=["rules.yml"], tests=["rules.test.yml"])
    assert ("unknown", True) == (outcome.status, "promtool is not on this machine" in outcome.summary)


def test_rules_that_are_not_loaded_or_cannot_be_evaluated_are_found(tmp_path):
    broken = RULES + "      - alert: Broken\n        expr: up * on (job) group_left () up\n"
    config = "global: {scrape_interval: 100ms, scrape_timeout: 100ms, evaluation_interval: 100ms}\nrule_files: [rules.yml]\nscrape_configs:\n"
    config += '  - {job_name: same, static_configs: [{targets: ["127.0.0.1:1", "127.0.0.1:2"]}]}\n'
    with servers.prometheus(tmp_path / "prometheus", config, rules=broken.replace("> 0.2", "> 0.3")) as address:
        servers.until(lambda: "err" in health(address), "nothing was evaluated")
        alone = seen("alert_rules", tmp_path / "alone", url=address, labels=[], annotations=[], runbooks="present")
        both = seen("alert_rules", tmp_path / "both", url=address, laid=ALERTS, files=["rules.yml"])
    assert (["unhealthy-alert"], True) == (names(alone), "cannot be evaluated" in alone.summary)
    assert ["alert-not-loaded", "unhealthy-alert"] == names(both)


def health(address):
    with urllib.request.urlopen(f"{address}/api/v1/rules?type=alert", timeout=10) as answer:
        return [rule["health"] for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]


def test_the_queries_of_a_dashboard_in_a_file_are_asked_of_a_real_prometheus(prometheus, tmp_path):
    panels = [{"type": "stat", "title": title, "targets": [{"expr": expr}]} for title, expr in (("Up", "sum(up)"), ("Gone", "no_such_metric"))]
    laid = {"a.json": json.dumps({"title": "A", "panels": panels[:1]}), "b.json": json.dumps({"title": "B", "panels": panels})}
    good = seen("grafana_dashboard", tmp_path, laid=laid, files=["*.json"], title="A", prometheus=prometheus)
    bad = seen("grafana_dashboard", tmp_path, laid=laid, files=["*.json"], title="B", prometheus=prometheus)
    assert ("passed", ["empty-panel"]) == (good.status, names(bad))
