"""Every labelled statement, written in every format, gets its label: the same words mean the same wherever they stand."""

from pathlib import Path

import pytest
import yaml

from iam.renderers import RENDERERS
from iam.worlds import rules, seen

LABELS = yaml.safe_load((Path(__file__).parent / "statements.yml").read_text())


@pytest.mark.parametrize("written", RENDERERS)
@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["why"])
def test_a_statement_is_judged_by_what_it_grants(label, written):
    found = seen(RENDERERS[written](label["statement"]))
    assert (rules(found), found.gaps) == (sorted(label["rules"]), ()), [finding.message for finding in found.findings]
    assert found.examined >= 1


def test_every_label_has_its_reason_and_the_suite_is_large():
    assert all(label["why"] for label in LABELS)
    assert len(LABELS) * len(RENDERERS) > 300
