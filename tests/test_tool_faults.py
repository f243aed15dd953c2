"""Whatever happens to a scanner, the outcome is never a pass."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import programs
import spoiled
from prodready import check, expectation
from prodready.check import CannotTell
from prodready.decode import decode
from prodready.errors import Exit
from prodready.judge import judge
from prodready.model import Found, Item, Status
from prodready.plan import Job
from prodready.run import guarded
from prodready.settings import Settings
from prodready.tools.lock import pins
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ADVISORY = """{"id": "CVE-2026-0001", "modified": "2026-01-30T00:00:00Z",
"affected": [{"package": {"ecosystem": "PyPI", "name": "jinja2"}, "versions": ["2.10"]}]}"""
WORKFLOW = """name: ci
on: pull_request
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: make test
"""
FILES = {"app.py": "x = 1\n", "requirements.txt": "flask==3.1.0\n", "advisories/1.json": ADVISORY, ".github/workflows/ci.yml": WORKFLOW}
"""Clean for every scanner."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A check and the program it rests on; ``only`` is the first argument of the run that is to fail."""

    check: str
    tool: str
    only: str = ""
    params: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return f"{self.tool} {self.only}".strip()


USES = (
    Use(check="secrets", tool="gitleaks", only="dir", params=(("voices", ["gitleaks"]),)),
    Use(check="secrets", tool="gitleaks", only="git", params=(("voices", ["gitleaks"]),)),
    Use(check="secrets", tool="detect-secrets", params=(("voices", ["detect-secrets"]), ("history", "none"))),
    Use(check="secrets", tool="trufflehog", params=(("voices", ["trufflehog"]),)),
    Use(check="code_security", tool="bandit", params=(("engines", ["bandit"]),)),
    Use(check="code_security", tool="semgrep", params=(("engines", ["semgrep"]),)),
    Use(check="dependencies", tool="pip-audit", params=(("advisories", "advisories"), ("also", ["pip-audit"]))),
    Use(check="workflow_security", tool="zizmor"),
)
NOT_THEIR_WAY = {
    *(("bandit", "logs an error"), ("zizmor", "logs an error"), ("detect-secrets", "logs an error"), ("semgrep", "logs an error")),
    *(("detect-secrets", "finds something and says nothing"), ("trufflehog", "prints two documents")),
}
"""They tell of what they could not read in the report, or not at all: then it is missing among the inputs. detect-secrets always ends with 0, and
TruffleHog prints a document a line."""
KILLED_SOON = 3.0


class Hurried(Processes):
    """Programs with a short deadline, so that a test need not wait for one that hangs."""

    hurry = False

    def tool(self, name, *args, cwd=None, env=None, deadline=None):
        return super().tool(name, *args, cwd=cwd, env=env, deadline=KILLED_SOON if self.hurry else deadline)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return programs.repository(tmp_path_factory.mktemp("faults") / "service", FILES)


@pytest.fixture(scope="module")
def real():
    """How each real program is started."""
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox

    def argv(tool):
        if tool == "trufflehog":  # no index has it; tests/fake_trufflehog.py speaks as it does
            return (sys.executable, str(Path(__file__).with_name("fake_trufflehog.py")))
        try:
            return toolbox.ensure(tool).argv
        except CannotTell as unable:
            pytest.skip(f"{tool} cannot be had here: {unable.reason}")

    return argv


def seen(use, service, processes):
    """The outcome of the check with its own bound."""
    one = check.load(use.check)
    params = decode(dict(use.params), one.params)
    world = World(name="desk", repo=open_repo(service), processes=processes, http=RealHttp(offline=True), now=NOW)
    item = Item(id="item", title="Item", check=use.check)
    observation = guarded(world.observe, Job(check_id=use.check, check=one, params=params, items=(item,)))
    return judge(item, observation, usual=expectation.parse(one.expect), now=NOW)


def with_program(use, path, **more):
    return Hurried(cache=Path("unused"), replace={use.tool: path}, limit=1024 * 1024, **more)


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_whole_scanner_passes_what_is_clean(use, service, real, tmp_path):
    path = spoiled.script(tmp_path / use.tool, tool=use.tool, real=real(use.tool), fault=spoiled.NONE, only=use.only)
    outcome = seen(use, service, with_program(use, path))
    assert Status.PASSED is outcome.status, outcome.summary


@pytest.mark.parametrize("fault", spoiled.FAULTS)
@pytest.mark.parametrize("use", USES, ids=str)
def test_a_scanner_that(use, fault, service, real, tmp_path):
    if (use.tool, fault) in NOT_THEIR_WAY:
        return
    path = spoiled.script(tmp_path / use.tool, tool=use.tool, real=real(use.tool), fault=fault, only=use.only)
    processes = with_program(use, path)
    processes.hurry = fault == "hangs"
    if fault == spoiled.STALE:
        assert Status.PASSED is seen(use, service, processes).status
    assert_unknown(seen(use, service, processes))


@pytest.mark.parametrize("use", USES, ids=str)
@pytest.mark.parametrize("kind", spoiled.UNSTARTABLE)
def test_a_program_that_cannot_start(use, kind, service, tmp_path):
    assert_unknown(seen(use, service, with_program(use, spoiled.unstartable(tmp_path / use.tool, kind))))


def assert_unknown(outcome):
    """No pass, no failure that nobody found, and no examined input without words about what is missing."""
    assert Status.UNKNOWN is outcome.status, outcome.summary
    observation = outcome.observation
    assert observation.gaps if isinstance(observation, Found) else observation.reason
    assert "crashed" not in outcome.summary


@pytest.mark.parametrize("use", USES[1:], ids=str)
@pytest.mark.parametrize("body", ["exit 0", "echo '[]'; exit 0", "kill -9 $$", "echo broken >&2; exit 1"])
def test_prodready_itself_ends_with_3_when_a_program_fails(use, body, service, tmp_path):
    version = pins()[use.tool].version if use.tool == "gitleaks" else f"{use.tool} {pins()[use.tool].version}"
    asked = '[ "$1" = version ] || [ "$1" = --version ]'
    path = tmp_path / "bin" / use.tool
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\nif {asked}; then echo {version}; exit 0; fi\n{body}\n")
    path.chmod(0o755)
    env = {"PATH": f"{path.parent}:{os.environ['PATH']}", "PRODREADY_CACHE": str(tmp_path / "cache")}
    params = [word for key, value in use.params for word in ("-p", f"{key}={value}")]
    ended = programs.prodready("check", use.check, service, *params, "--offline", "--now", NOW.isoformat(), env=env)
    assert Exit.UNKNOWN == ended.code, ended.everything
    assert use.tool in ended.out
