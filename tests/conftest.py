"""What all tests share: the list of skipped tests, the rule that continuous integration skips no integration test, and which files begin."""

import os

import hypothesis
import pytest

from fake_github.server import FakeGitHub

BUSY = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=BUSY)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("patient")
os.environ.setdefault("PRODREADY_HISTORY", "off")  # a test leaves nothing with the user, and takes nothing from there


@pytest.fixture
def github():
    """GitHub on loopback; a request or an answer that its description does not know fails the test."""
    with FakeGitHub() as fake:
        yield fake
    assert [] == fake.violations


def _skipped(session_or_config):
    reporter = session_or_config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


def _reason(report) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    skipped = [report for report in _skipped(session.config) if "integration" in report.keywords]
    if skipped and os.environ.get("CI", "").lower() in ("true", "1") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    yield
    for report in _skipped(terminalreporter.config):
        terminalreporter.write_line(f"skipped: {report.nodeid}: {_reason(report)}")


LONGEST = (
    *("test_readme.py", "test_policy.py", "test_deploy.py", "test_act.py", "test_both_checklists.py", "test_tool_faults.py", "test_lineage.py"),
    *("test_launches.py", "test_cuts.py", "test_chaos.py", "test_recovery.py", "test_finished.py", "test_desk_stack.py", "test_infrastructure_faults.py"),
)
"""The files that take longest, which begin: what begins last must not be what the other worker waits for."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture
def pull(tmp_path, monkeypatch, capfd):
    """Pull request 1, on a base that is ready; at the end nothing was asked of GitHub that it does not document."""
    from fake_github.server import FakeGitHub
    from git_server import GitServer
    from pulls import Pull

    (tmp_path / "git").mkdir()
    with FakeGitHub() as github, GitServer(tmp_path / "git") as server:
        yield Pull(github, server, tmp_path, monkeypatch, capfd)
    assert github.violations == []
