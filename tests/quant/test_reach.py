"""Bounds that can never hold or never fail are told before anything is measured."""

import pytest

from prodready import expectation
from prodready.checks.quant_statistic.params import Params
from prodready.checks.quant_statistic.reach import doubt
from prodready.commands import lint
from prodready.errors import Exit

PROFILE = """
id: p
title: P
pass_mark: 90
categories:
  - {id: quant, title: Quant, weight: 100, items: [{id: backtest.dsr, title: DSR, check: quant_statistic, params: {statistic: dsr}, expect: "> 1.0"}]}
"""


def said(statistic, expect, **more):
    return doubt(Params(statistic=statistic, **more), expectation.parse(expect))


def test_a_probability_above_one_is_told_with_what_is_meant():
    assert said("dsr", "> 1.0") == (
        "dsr is a share between 0 and 1, so '> 1.0' can never hold. What is mostly meant is the z behind it: "
        "write statistic: dsr_z, of which '> 1.0' asks for a probability of 0.8413; or dsr with '> 0.95'"
    )


@pytest.mark.parametrize(
    ("statistic", "expect", "more", "words"),
    [
        ("psr", "> 1", {}, "can never hold: write '> 0.95'"),
        ("pbo", "<= 1", {}, "can never fail, and a bound that cannot fail proves nothing"),
        ("hit_rate", "> 60", {}, "can never hold"),
        ("hit_rate", "> 0.6 %", {}, "measured in plain numbers, expected in %"),
        ("hit_rate", "> 101 %", {"percent": True}, "between 0 and 100%, so '> 101 %' can never hold"),
        ("fill_rate", ">= 0 %", {"percent": True}, "can never fail"),
    ],
)
def test_a_bound_without_sense_is_told(statistic, expect, more, words):
    assert words in said(statistic, expect, **more)


@pytest.mark.parametrize(
    ("statistic", "expect", "more"),
    [
        ("dsr", "> 0.95", {}), ("dsr_z", "> 1.0", {}), ("pbo", "< 0.5", {}), ("hit_rate", "> 60 %", {"percent": True}), ("sharpe", "> 1.5", {}),
        ("psr", "between 0.9 and 1", {}),
    ],
)  # fmt: skip
def test_a_bound_with_sense_is_not(statistic, expect, more):
    assert "" == said(statistic, expect, **more)


def test_lint_says_it_and_ends_with_1(tmp_path, capsys):
    (tmp_path / "p.yml").write_text(PROFILE)
    args = type("Args", (), {"file": tmp_path / "p.yml"})
    assert Exit.NOT_READY == lint.main(args, None)
    assert "doubt: backtest.dsr: dsr is a share between 0 and 1, so '> 1.0' can never hold" in capsys.readouterr().out
