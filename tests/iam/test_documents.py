"""Labelled repositories: what one statement cannot show, in the words of each format."""

from pathlib import Path

import pytest
import yaml

from iam.worlds import rules, seen
from prodready.model import Severity

LABELS = yaml.safe_load((Path(__file__).parent / "documents.yml").read_text())


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["why"])
def test_a_repository_is_judged_by_what_it_grants(label):
    found = seen(label["files"])
    said = [f"{finding.rule} {finding.path}:{finding.line} {finding.message}" for finding in found.findings]
    assert rules(found) == sorted(label["rules"]), said
    assert set(label.get("low", ())) <= set(rules(found, Severity.LOW)), said
    for text in label.get("unresolved", ()):
        assert any(text in gap for gap in found.gaps), (text, found.gaps)
    assert bool(label.get("unresolved")) == bool(found.gaps), found.gaps
    assert all(text in " ".join(said) for text in label.get("says", ()))
    assert not any(text in " ".join(said) for text in label.get("silent", ()))
    assert all(any(text in finding.fix for finding in found.findings) for text in label.get("fixes", ()))


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["why"])
def test_every_finding_names_a_line_and_a_way_out(label):
    for finding in seen(label["files"]).findings:
        assert finding.path in label["files"]
        assert finding.line
        assert finding.line <= label["files"][finding.path].count("\n") + 1
        assert finding.fix
