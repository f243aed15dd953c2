"""Worked examples of the papers, to six decimals of what they print or of what their formula gives exactly."""

import math

import numpy as np
import pytest

from prodready.quant import drawdown, risk, sharpe, trading
from prodready.quant.moments import UndefinedError, moments
from quant.series_for_tests import broken


def test_the_deflated_sharpe_ratio_of_the_paper_of_2014():
    held = sharpe.deflate(2.5 / math.sqrt(250), 1250, -3, 10, trials=100, variance=0.5 / 250)
    assert held.expected_maximum == pytest.approx(0.1132, abs=5e-5)
    assert held.probability == pytest.approx(0.9004, abs=5e-5)
    assert held.expected_maximum == pytest.approx(0.113172, abs=1e-6)
    assert held.probability == pytest.approx(0.900397, abs=1e-6)
    assert held.z == pytest.approx(1.283816, abs=1e-6)


@pytest.mark.parametrize(("trials", "skew", "kurtosis", "expected"), [(46, -3, 10, 0.950502), (88, 0, 3, 0.950491)])
def test_fewer_trials_or_normal_returns_raise_it_as_the_paper_says(trials, skew, kurtosis, expected):
    held = sharpe.deflate(2.5 / math.sqrt(250), 1250, skew, kurtosis, trials=trials, variance=0.5 / 250)
    assert held.probability == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("skew", "kurtosis", "expected"), [(0, 3, 0.981675), (-2.448, 10.164, 0.913361)])
def test_the_probabilistic_sharpe_ratio_of_the_paper_of_2012(skew, kurtosis, expected):
    assert sharpe.NORMAL.cdf(sharpe.psr_z(0.458, 0, 24, skew, kurtosis)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("periods", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_the_minimum_track_record_of_the_paper_of_2012(periods, years):
    needed = sharpe.min_track_record(2 / math.sqrt(periods), 1 / math.sqrt(periods), 0, 3, 0.95)
    assert needed / periods == pytest.approx(years, abs=5e-3)


def test_the_autocorrelation_factor_is_that_of_a_first_order_process():
    """Lo (2002), equation 22: for AR(1) the sum has a closed form."""
    rho, periods = 0.2, 12
    closed = math.sqrt(periods) / math.sqrt(1 + 2 * rho / (1 - rho) * (1 - (1 - rho**periods) / (periods * (1 - rho))))
    assert sharpe.lo_factor(rho ** np.arange(1, periods), periods) == pytest.approx(closed, abs=1e-12)
    assert sharpe.lo_factor(np.zeros(11), 12) == pytest.approx(math.sqrt(12), abs=1e-12)


def test_wilsons_intervals_of_two_trading_records():
    """As ``scipy.stats.binomtest(...).proportion_ci(method="wilson")`` gives them."""
    assert trading.wilson(65, 100) == pytest.approx((0.5525444, 0.7363575), abs=1e-6)
    assert trading.wilson(990, 1000) == pytest.approx((0.9816905, 0.9945592), abs=1e-6)


@pytest.mark.parametrize(("days", "lowest", "highest"), [(255, 0, 6), (510, 2, 10), (1000, 5, 16)])
def test_kupiecs_test_does_not_reject_what_his_table_does_not(days, lowest, highest):
    """Kupiec (1995), 99 % value at risk, test at 95 %: fewer than 7 of 255; 1 < N < 11 of 510; 4 < N < 17 of 1000."""
    kept = [count for count in range(1 if lowest else 0, 30) if risk.kupiec(count, days, 0.99).p_value > 0.05]
    assert highest == max(kept)
    assert lowest == min(kept) or days == 255


def test_the_cornish_fisher_quantile_term_by_term():
    assert risk.bent(-2.326348, 0, 0) == -2.326348
    assert risk.bent(-2.326348, -0.5, 2) == pytest.approx(-2.326348 - 0.367658 - 0.467576 + 0.094085, abs=2e-6)


def test_a_loss_on_the_first_day_is_a_drawdown():
    fallen = drawdown.drawdown(drawdown.equity(np.array([-0.1, 0.05, 0.2])))
    assert (pytest.approx(0.1), 0, 1, 3, 2) == (fallen.depth, fallen.peak, fallen.trough, fallen.recovered, fallen.recovery)


def test_twenty_one_days_need_a_sharpe_ratio_of_six():
    ratios = np.arange(10, 100) / 10
    enough = [ratio for ratio in ratios if sharpe.NORMAL.cdf(sharpe.psr_z(ratio / math.sqrt(252), 0, 21, 0, 3)) > 0.95]
    assert 6.0 == pytest.approx(min(enough), abs=0.1)


@pytest.mark.parametrize("name", broken())
def test_a_broken_series_has_no_ratio(name):
    with pytest.raises(UndefinedError):
        moments(broken()[name])
    with pytest.raises(UndefinedError):
        sharpe.sharpe(broken()[name], 252)


def test_skewed_and_fat_returns_need_five_years_as_the_paper_of_2012_says():
    """The same ratios as above, monthly, with the skewness -0.72 and kurtosis 5.78 of hedge funds: 4.99 years."""
    needed = sharpe.min_track_record(2 / math.sqrt(12), 1 / math.sqrt(12), -0.72, 5.78, 0.95)
    assert needed / 12 == pytest.approx(4.99, abs=5e-3)


@pytest.mark.parametrize(("good", "n", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_wilsons_intervals_of_newcombes_table_of_1998(good, n, low, high):
    assert (low, high) == pytest.approx(trading.wilson(good, n), abs=5e-5)


def test_the_sortino_ratio_of_eight_years():
    """Rollinger & Hoffman 2013: mean 10 %, target downside deviation 2.264 %, ratio 4.417."""
    years = np.array([17, 15, 23, -5, 12, 9, 13, -4]) / 100
    assert sharpe.sortino(years, 1) == pytest.approx(4.417, abs=5e-4)
    assert sharpe.sortino(years, 1) == pytest.approx(10 / math.sqrt(41 / 8), abs=1e-12)


def test_the_shortfall_at_97_5_per_cent_is_the_value_at_risk_at_99_of_a_normal_book():
    """What the Basel committee's change of 2016 rests on: 2.338 and 2.326 deviations."""
    book = np.array([-1.0, 1.0] * 50) * math.sqrt(99 / 100)
    assert risk.normal_shortfall(book, 0.975) == pytest.approx(2.337803, abs=1e-6)
    assert risk.parametric(book, 0.99) == pytest.approx(2.326348, abs=1e-6)
