"""What ships beside each monitor passes our own checks, and a rule that was spoiled does not."""

import pytest

import servers
from live import seen
from prodready.monitors.ibkr.traffic import Traffic
from programs import prodready

SPOILED = {
    "bybit": ("(bybit_api_limit_utilisation_ratio) > 0.70", "(1 - bybit_api_limit_utilisation_ratio) > 0.70"),
    "ibkr": ("max(ibkr_connected) == 0", "max(ibkr_connected) == 1"),
}
"""A rule of each, and the same upside down."""
SHOWN = {"bybit": ["bybit_api_limit_utilisation_ratio"], "ibkr": ["ibkr_connected", "ibkr_messages_per_second", "ibkr_last_tick_timestamp_seconds"]}
ALERTS = {"bybit": 3, "ibkr": 7}


@pytest.fixture(params=SPOILED)
def shipped(request, tmp_path):
    """A venue, and the files that were written for it."""
    assert prodready("monitor", request.param, "--write", "monitoring", cwd=tmp_path).code == 0
    return request.param, {str(path.relative_to(tmp_path)): path.read_text() for path in (tmp_path / "monitoring").iterdir()}


def found(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


@pytest.mark.integration
def test_rules_are_whole_and_tested_and_one_upside_down_is_found(shipped, tmp_path):
    servers.need("promtool")
    venue, laid = shipped
    asked = {"files": ["monitoring/*.rules.yml"], "tests": ["monitoring/*.test.yml"], "at_least": ALERTS[venue]}
    assert "passed" == (good := seen("alert_rules", tmp_path / "looks", laid=laid, **asked)).status, good.summary
    name, (right, wrong) = f"monitoring/{venue}.rules.yml", SPOILED[venue]
    assert right in laid[name]
    assert ["failed-test"] == found(seen("alert_rules", tmp_path / "looks", laid={**laid, name: laid[name].replace(right, wrong)}, **asked))


def test_the_dashboard_is_whole(shipped, tmp_path):
    venue, laid = shipped
    board = seen("grafana_dashboard", tmp_path / "looks", laid=laid, files=["monitoring/*-dashboard.json"], must_query=SHOWN[venue], panels=3, refresh="30s")
    assert "passed" == board.status, board.summary


def test_what_is_there_is_not_written_over(shipped, tmp_path):
    again = prodready("monitor", shipped[0], "--write", "monitoring", cwd=tmp_path)
    assert (2, True) == (again.code, "exists" in again.err)


def test_errors_that_alerts_look_at_count_from_zero():
    assert {'ibkr_errors_total{code="100"} 0.0', 'ibkr_errors_total{code="354"} 0.0'} <= set(Traffic().text().splitlines())
