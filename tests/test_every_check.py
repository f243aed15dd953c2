"""Every folder of ``checks/`` keeps the contract, and every recorded case ends as it says."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap

import pytest
from msgspec import Struct

import answers
import cases
from prodready import check, expectation, yamltext
from prodready.check import CannotTell
from prodready.plan import bind

ALL = check.known()
CASES = cases.every_case()
SCANNERS = frozenset((
    "ci_gate", "code_security", "containers", "dependencies", "git_ignored", "iac", "linter", "log_redaction", "pre_commit", "secret_injection",
    "secret_rotation", "secrets", "workflow_security",
))  # fmt: skip
"""Checks whose findings each say what to do, and can each be told from all others when lines move (of containers: one for each name in a file)."""


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_case_ends_as_it_says(name, tmp_path):
    check_id = name.split("/")[0]
    with answers.served(cases.load(CASES[name])) as case:
        programs = cases.processes(case, tmp_path / "programs")
        _skip_without_tools(check_id, case, programs)
        outcome = cases.outcome(check_id, case, cases.world(case, tmp_path, programs))
    said = cases.words(outcome)
    assert outcome.status.value == case.status, said
    for text in case.says:
        assert cases.filled(text) in said
    if case.findings is not None:
        assert cases.places(outcome) == sorted(case.findings), said
    if check_id in SCANNERS:
        findings = getattr(outcome.observation, "findings", ())
        assert [] == [finding.rule for finding in findings if not finding.fix]
        assert len(findings) == len({(finding.fingerprint, finding.line if check_id == "containers" else 0) for finding in findings})


def _skip_without_tools(check_id, case, programs):
    """A pinned program that this machine cannot have: the case is skipped by name, unless it is about just that."""
    for tool in check.load(check_id).tools:
        if tool not in case.programs and not case.offline:
            try:
                programs.toolbox.ensure(tool)
            except CannotTell as unable:
                pytest.skip(f"{tool} cannot be had here: {unable.reason}")


@pytest.mark.parametrize("status", ["passed", "failed", "unknown"])
@pytest.mark.parametrize("check_id", ALL)
def test_a_check_has_a_case_of_each_status(check_id, status):
    assert status in {cases.load(path).status for name, path in CASES.items() if name.startswith(f"{check_id}/")}


@pytest.mark.parametrize("check_id", ALL)
def test_a_check_explains_itself_in_one_line_first(check_id):
    first, *rest = check.doc(check_id).splitlines()
    assert first.endswith(".")
    assert len(first) > 20
    assert rest[0] == ""


@pytest.mark.parametrize("check_id", ALL)
def test_the_example_in_the_words_of_a_check_is_a_valid_item(check_id):
    (example,) = yamltext.read(_example(check.doc(check_id)), name=check_id).data
    assert example["check"] == check_id
    bind(check_id, example.get("params", {}), where=check_id)
    expectation.parse(example.get("expect", "no findings"))


def _example(doc):
    """The indented lines from the first list item on."""
    lines = doc.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("    - id: "))
    block = [line for line in lines[start:] if not line.strip() or line.startswith("    ")]
    return textwrap.dedent("\n".join(block))


@pytest.mark.parametrize("check_id", ALL)
def test_the_parameters_of_a_check_are_frozen_and_each_is_explained(check_id):
    params = check.load(check_id).params
    assert issubclass(params, Struct)
    assert params.__struct_config__.frozen
    assert params.__match_args__ == (), "each is given by its name"
    explained = _explained_fields(params)
    assert [name for name in params.__struct_fields__ if name not in explained] == []


def _explained_fields(params):
    body = ast.parse(textwrap.dedent(inspect.getsource(params))).body[0].body
    pairs = itertools.pairwise(body)
    return {
        field.target.id
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


@pytest.mark.parametrize("check_id", ALL)
def test_the_usual_bound_of_a_check_parses_and_it_has_a_domain(check_id):
    expectation.parse(check.load(check_id).expect)
    assert check.load(check_id).domain


@pytest.mark.parametrize("check_id", ALL)
def test_an_unknown_parameter_is_refused_with_the_nearest_word(check_id):
    from prodready.errors import ProdreadyError

    with pytest.raises(ProdreadyError, match="'nonsense' is no key here"):
        bind(check_id, {"nonsense": 1}, where="item")
