"""Engines with one fault each, through real crashes: each fault is found under its own name, and the mended engine has none."""

import pytest
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.risk import scenario
from prodready.risk.forecast import Definition
from prodready.risk.liquidation import Rules, liquidation
from replays.engines import FAULTS, Beside, Mended, Sentinel

HISTORICAL = Definition(method="historical", confidence=0.99, window=250)
RULES = Rules(limit=0.05, definition=HISTORICAL, tolerance=0.05, delay=0, within=5, exposure=1.0, fill=0.6, restart=True)
WINDOWS = ("crash-2020", "calm-2017")


def replayed(make, folder, rules=RULES, windows=WINDOWS):
    return liquidation(Beside(make, folder), [scenario.shipped(name) for name in windows], rules)


def test_an_engine_without_a_fault_goes_through_every_window(tmp_path):
    result = replayed(Mended, tmp_path, windows=scenario.names())
    assert ((), (), 523) == (result.findings, result.gaps, result.examined)
    assert ["1988-01-08", "2008-10-09", "2020-03-16", None] == [one["stopped"] for one in result.facts["replays"]]


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_is_found_under_its_name(rule, tmp_path):
    rules = replace(RULES, within=0.01) if rule == "slow" else RULES
    found = {finding.rule for finding in replayed(FAULTS[rule], tmp_path, rules).findings}
    assert rule.strip() in found


@pytest.mark.parametrize("fill", [1.0, 0.9, 0.5, 0.25])
def test_whatever_part_is_filled_the_mended_engine_sells_all(fill, tmp_path):
    assert () == replayed(Mended, tmp_path, replace(RULES, fill=fill)).findings


def test_where_all_is_filled_at_once_the_planted_fault_does_not_show(tmp_path):
    assert () == replayed(Sentinel, tmp_path, replace(RULES, fill=1.0)).findings


def test_what_is_left_is_said_to_the_unit(tmp_path):
    (finding,) = replayed(Sentinel, tmp_path).findings
    assert "crash-2020: the engine left 124 SPX at the broker when it had stopped on 2020-03-16" == finding.message


def test_a_method_that_never_passes_the_limit_shows_nothing(tmp_path):
    """The parametric figure over 250 returns stayed below 5 % all through 2020."""
    result = replayed(Mended, tmp_path, replace(RULES, definition=replace(HISTORICAL, method="parametric")))
    most = "value at risk (parametric, 250 returns, 99.0%) is at most 4.74%"
    assert f"crash-2020: {most}, too near to 5.0% or below it, so nothing can be shown in it" == result.gaps[0]


def test_without_a_calm_market_nobody_knows_whether_it_always_fires(tmp_path):
    result = replayed(Mended, tmp_path, windows=("crash-2020",))
    assert ("no market in which it is not was replayed: add one, so that the drill can go both ways",) == result.gaps


def test_a_window_longer_than_the_history_is_refused(tmp_path):
    with pytest.raises(CannotTell, match="a window of 600 returns needs 601"):
        replayed(Mended, tmp_path, replace(RULES, definition=replace(HISTORICAL, window=600)))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({}, "says halted: None"),
        ({"halted": "no"}, "says halted: no"),
        ({"halted": False, "orders": "all"}, "orders are all"),
        ({"halted": False, "orders": [{"id": "1", "symbol": "SPX", "side": "SELL", "quantity": "1"}]}, "has no side"),
        ({"halted": False, "orders": [{"id": "1", "symbol": "SPX", "side": "sell", "quantity": "-1"}]}, "has the quantity -1"),
        ({"halted": False, "orders": [{"id": "1", "symbol": "SPX", "side": "sell", "quantity": "NaN"}]}, "quantity is NaN, no number"),
        ({"halted": False, "positions": [1]}, r"positions are \[1\]"),
        ({"halted": False, "var": "5 %"}, "var is 5 %, no number"),
    ],
)
def test_an_answer_that_is_not_understood_proves_nothing(answer, says, tmp_path):
    class Mumbling(Mended):
        def mark(self, message):
            return answer

    with pytest.raises(CannotTell, match=says):
        replayed(Mumbling, tmp_path)
