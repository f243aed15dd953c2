"""Where a scanner tells no severity, ours is told by a table, and the table has no holes."""

import subprocess
import sys

import pytest

from prodready.checks.iac.severity import severity
from prodready.model import Severity
from programs import HERE


@pytest.mark.integration
def test_every_rule_of_checkov_has_a_severity():
    ended = subprocess.run([sys.executable, HERE / "benchmarks" / "checkov_severities.py", "--check"], capture_output=True, text=True, check=False)
    assert 0 == ended.returncode, ended.stdout + ended.stderr


def test_a_rule_that_is_new_counts_as_high():
    assert Severity.HIGH is severity("CKV_AWS_99999")
