"""The shipped markets are what history books say, to the cent, and our figures of them are those that were computed elsewhere."""

from decimal import Decimal

import numpy as np
import pytest

from prodready.check import CannotTell
from prodready.quant import drawdown
from prodready.risk import scenario
from prodready.risk.forecast import Definition, forecasts


@pytest.mark.parametrize(
    ("window", "day", "change"),
    [
        ("crash-1987", "1987-10-16", -5.16), ("crash-1987", "1987-10-19", -20.47), ("crash-1987", "1987-10-21", 9.10), ("crash-1987", "1987-10-26", -8.28),
        ("crash-2008", "2008-09-29", -8.81), ("crash-2008", "2008-10-13", 11.58), ("crash-2008", "2008-10-15", -9.03), ("crash-2008", "2008-12-01", -8.93),
        ("crash-2020", "2020-03-09", -7.60), ("crash-2020", "2020-03-12", -9.51), ("crash-2020", "2020-03-16", -11.98), ("crash-2020", "2020-03-24", 9.38),
    ],
)  # fmt: skip
def test_the_days_that_everybody_remembers(window, day, change):
    market = scenario.shipped(window)
    at = market.times.index(day)
    assert change == round(100 * float(market.returns()[at - 1, 0]), 2)


@pytest.mark.parametrize(("window", "depth"), [("crash-1987", 33.51), ("crash-2020", 33.92)])
def test_the_falls_that_everybody_remembers(window, depth):
    (levels,) = scenario.shipped(window).prices.values()
    assert depth == round(100 * drawdown.drawdown(np.array([float(level) for level in levels])).depth, 2)


def test_the_calm_year_has_no_day_of_two_per_cent():
    market = scenario.shipped("calm-2017")
    assert 0.02 > abs(market.returns()[market.first - 1 :]).max()


@pytest.mark.parametrize("window", scenario.names())
def test_every_window_has_two_years_before_it_and_runs_on_sessions(window):
    market = scenario.shipped(window)
    assert 504 == market.first
    assert market.times[market.first] <= market.start <= market.end <= market.times[-1]


FIRST = {  # by method, over 250 and over 120 returns
    "crash-2008": {"historical": "2008-10-09", "parametric": "2008-10-27", "cornish_fisher": "2008-09-29"},
    "crash-2020": {"historical": "2020-03-16", "parametric": None, "cornish_fisher": "2020-03-09"},
    "calm-2017": {"historical": None, "parametric": None, "cornish_fisher": None},
}


@pytest.mark.parametrize("window", FIRST)
def test_each_method_passes_five_per_cent_on_its_own_day(window):
    market = scenario.shipped(window)
    ours = forecasts(market, {"SPX": Decimal(100)}, 100 * market.at(market.first - 1)["SPX"], Definition(method="historical", confidence=0.99, window=250))
    days = {method: ours.first_above(method, 0.05) for method in FIRST[window]}
    assert FIRST[window] == {method: None if at is None else ours.times[at] for method, at in days.items()}


def test_a_window_that_was_changed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(scenario, "FOLDER", tmp_path)
    (tmp_path / "calm-2017.csv").write_text("date,SPX\n2017-01-03,1\n")
    scenario._index.cache_clear()
    (tmp_path / "windows.toml").write_text('["calm-2017"]\nsha256 = "0"\n')
    with pytest.raises(CannotTell, match="not the file it was made with"):
        scenario.shipped("calm-2017")
    scenario._index.cache_clear()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,A\n2024-01-02,1\n2024-01-01,2\n", r"m\.csv:3, column date: the times do not run forwards"),
        ("date,A\n2024-01-01,1\n2024-01-02,0\n", r"m\.csv:3, column A: a price is above 0"),
        ("date,A\n2024-01-01,1\n2024-01-02,x\n", r"m\.csv:3, column A: 'x' is not a number"),
        ("a,b\n1,2\n", r"m\.csv needs a column of times"),
        ("date,A\n2024-01-01,1\n2024-01-02,2\n", "judging cannot begin on 2025-01-01"),
    ],
)
def test_a_teams_own_market_is_read_strictly(text, says):
    with pytest.raises(CannotTell, match=says):
        scenario.own(text.encode(), "m.csv", "2025-01-01")


def test_two_symbols_are_weighed_by_what_is_held():
    rows = "".join(f"2024-01-{day:02},{100 * (1 + 0.01 * (-1) ** day)},{50 + day % 3}\n" for day in range(1, 29))
    market = scenario.own(f"date,A,B\n{rows}".encode(), "m.csv", "2024-01-25")
    ours = forecasts(market, {"A": Decimal(1), "B": Decimal(2)}, Decimal(200), Definition(method="historical", confidence=0.9, window=20))
    levels = np.array([[float(price) for price in prices] for prices in market.prices.values()]).T
    worth = np.array([1, 2]) * levels[24]
    share = worth / (200 - np.array([1, 2]) @ levels[23] + worth.sum())
    assert -np.quantile(market.returns()[4:24] @ share, 0.1) == pytest.approx(ours.values["historical"][0], abs=1e-12)
