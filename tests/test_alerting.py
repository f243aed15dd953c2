"""The checks of alerting on a real Alertmanager, and its routing tree against amtool's."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import servers
from live import seen
from prodready.checks.alert_routes.tree import reached
from prodready.checks.alert_rules.rule import Rule

CONFIG = """\
route:
  receiver: chat
  group_wait: 5s
  routes:
    - {matchers: ['severity="page"', 'team=~"desk|risk"'], receiver: pager, group_wait: 0s}
receivers:
  - name: chat
    slack_configs: [{api_url: "http://127.0.0.1:1/secret-path", channel: "#desk"}]
  - name: pager
    webhook_configs: [{url: "http://127.0.0.1:1/"}]
"""


@pytest.mark.integration
def test_the_routes_of_a_running_alertmanager_are_followed(tmp_path):
    paged = {"labels": {"severity": "page", "team": "risk"}, "kinds": ["webhook"], "within": "1s"}
    lost = {"labels": {"severity": "page", "team": "quant"}, "kinds": ["webhook"]}
    with servers.alertmanager(tmp_path / "am", CONFIG) as address:
        good = seen("alert_routes", tmp_path / "seen", url=address, routes=[paged])
        bad = seen("alert_routes", tmp_path / "seen", url=address, routes=[paged, lost])
    assert ("passed", "failed") == (good.status, bad.status)
    assert 'an alert with severity="page", team="quant" goes to chat (slack), expected webhook' == bad.summary
    assert "secret-path" not in repr(bad)


values = some.sampled_from(["page", "ticket", "", "a.b"])
matchers = some.builds(
    "{}{}{}".format,
    some.sampled_from(["severity", "team"]),
    some.sampled_from(["=", "!=", "=~", "!~"]),
    some.sampled_from(['"page"', '"ticket"', "page", '"page|ticket"', '"p.*"', '".+"', '"a.b"', '""']),
)


@some.composite
def nodes(draw, depth=0):
    node = {"receiver": f"r{draw(some.integers(0, 9))}"} if depth == 0 or draw(some.booleans()) else {}
    if depth:
        node |= {"matchers": draw(some.lists(matchers, min_size=1, max_size=2)), "continue": draw(some.booleans())}
    if depth < 3:
        node["routes"] = draw(some.lists(nodes(depth + 1), max_size=3))
    return node


@pytest.mark.integration
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=nodes(), labels=some.fixed_dictionaries({"alertname": some.just("x")}, optional={"severity": values, "team": values}))
def test_the_tree_leads_where_amtool_says(tmp_path, root, labels):
    servers.need("amtool")
    config = tmp_path / "am.yml"
    config.write_text(yaml.safe_dump({"route": root, "receivers": [{"name": f"r{number}"} for number in range(10)]}), "utf-8")
    words = [f"{name}={value}" for name, value in labels.items() if value]
    ended = subprocess.run(["amtool", "config", "routes", "test", f"--config.file={config}", *words], capture_output=True, text=True, check=True)
    assert ended.stdout.strip().split(",") == [route.receiver for route in reached(root, labels)]


def test_a_rule_is_known_again_as_prometheus_prints_it():
    written, printed = (Rule(name="a", query=query).plain for query in ("max by (e) (use{job='x'}) > 0.70", 'max by (e) (use{job="x"}) > 0.7'))
    assert written == printed
    assert written != Rule(name="a", query="max by (e) (use{job='x'}) > 0.71").plain
