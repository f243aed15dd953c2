"""Whatever happens to a scanner of images or infrastructure, the outcome is never a pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import programs
import replayed
import spoiled
from prodready.checks.iac.severity import severity
from prodready.model import Severity, Status
from prodready.settings import Settings
from prodready.world.process import Processes
from programs import HERE
from test_tool_faults import Hurried, Use, assert_unknown, seen, with_program

FILES = {
    "Dockerfile": """FROM python:3.13-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000
USER 10001
HEALTHCHECK --interval=10s CMD ["python", "-m", "desk.health"]
CMD ["python", "-m", "desk"]
""",
    "main.tf": 'provider "aws" {\n  region = "eu-central-1"\n}\n',
}
"""Clean for every scanner."""
USES = (
    Use(check="containers", tool="hadolint"),
    Use(check="iac", tool="checkov"),
    Use(check="iac", tool="trivy", params=(("also", ["trivy"]),)),
)
EITHER = {("hadolint", "finds something and says nothing")}
"""hadolint ends with 0 on findings below its threshold."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return programs.repository(tmp_path_factory.mktemp("faults") / "service", FILES)


@pytest.fixture(scope="module")
def kept(tmp_path_factory, service):
    """The real run of each program, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("kept")
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox

    def real(tool):
        have, why = toolbox.look(tool)
        if have is None and tool == "trivy":
            pytest.skip(f"Trivy is {why}; 'prodready tools install trivy' builds it")
        return toolbox.ensure(tool).argv

    def made(use, path, fault):
        if not (folder / use.tool).is_file():
            first = replayed.script(path.with_name("first"), tool=use.tool, real=real(use.tool), kept=folder / use.tool, fault=replayed.NONE)
            assert Status.PASSED is seen(use, service, with_both(use, first)).status
        return with_both(use, replayed.script(path, tool=use.tool, real=(), kept=folder / use.tool, fault=fault))

    def with_both(use, path):
        """Beside Trivy runs checkov: it starts slowly, so its one real run stands in for the others."""
        if use.tool != "trivy":
            return with_program(use, path)
        checkov = replayed.script(path.with_name("checkov"), tool="checkov", real=real("checkov"), kept=folder / "checkov", fault=replayed.NONE)
        return Hurried(cache=Path("unused"), replace={"trivy": path, "checkov": checkov}, limit=1024 * 1024)

    return made


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_whole_scanner_passes_what_is_clean(use, service, kept, tmp_path):
    outcome = seen(use, service, kept(use, tmp_path / use.tool, replayed.NONE))
    assert Status.PASSED is outcome.status, outcome.summary


@pytest.mark.parametrize("fault", [*spoiled.UNRUN, *(fault for fault in replayed.FAULTS if fault != replayed.NONE)])
@pytest.mark.parametrize("use", USES, ids=str)
def test_a_scanner_that(use, fault, service, kept, tmp_path):
    if (use.tool, fault) in EITHER:
        return
    processes = kept(use, tmp_path / use.tool, fault)
    processes.hurry = fault == "hangs"
    assert_unknown(seen(use, service, processes))


@pytest.mark.parametrize("use", USES[:2], ids=str)
@pytest.mark.parametrize("kind", spoiled.UNSTARTABLE)
def test_a_program_that_cannot_start(use, kind, service, tmp_path):
    assert_unknown(seen(use, service, with_program(use, spoiled.unstartable(tmp_path / use.tool, kind))))


@pytest.mark.integration
def test_every_rule_of_checkov_has_a_severity():
    ended = subprocess.run([sys.executable, HERE / "benchmarks" / "checkov_severities.py", "--check"], capture_output=True, text=True, check=False)
    assert 0 == ended.returncode, ended.stdout + ended.stderr


def test_a_rule_that_is_new_counts_as_high():
    assert Severity.HIGH is severity("CKV_AWS_99999")
