"""What must hold of the statistics whatever the data."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from prodready.quant import covariance, drawdown, overfitting, risk, robustness, sharpe, trading
from prodready.quant.moments import UndefinedError, moments
from quant.series_for_tests import broken, trials

RETURNS = arrays.arrays(np.float64, some.integers(10, 80), elements=some.floats(-0.2, 0.2).map(lambda value: round(value, 4)))


def defined(series):
    return np.ptp(series) > 0


@settings(deadline=None)
@given(RETURNS.filter(defined), some.floats(1e-6, 1e6))
def test_the_sharpe_ratio_does_not_depend_on_the_size_of_the_bet(series, scale):
    assert sharpe.sharpe(series * scale, 252) == pytest.approx(sharpe.sharpe(series, 252), rel=1e-7, abs=1e-9)


@settings(deadline=None)
@given(RETURNS.filter(defined), some.integers(1, 500))
def test_more_trials_never_raise_the_deflated_ratio(series, count):
    of = moments(series)
    held = [sharpe.deflate(of.sharpe, of.n, of.skew, of.kurtosis, trials=n, variance=0.01).probability for n in (count, count + 1, 10 * count)]
    assert held == sorted(held, reverse=True)


@settings(deadline=None)
@given(RETURNS.filter(defined))
def test_one_trial_is_not_deflated(series):
    of = moments(series)
    assert sharpe.psr(of) == sharpe.deflate(of.sharpe, of.n, of.skew, of.kurtosis, trials=1, variance=0.5).probability


@settings(deadline=None)
@given(RETURNS)
def test_a_drawdown_is_a_share_and_lies_between_its_peak_and_its_recovery(series):
    fallen = drawdown.drawdown(drawdown.equity(series))
    assert 0 <= fallen.depth < 1
    assert fallen.peak <= fallen.trough <= (fallen.recovered if fallen.recovered is not None else len(series))


@settings(deadline=None)
@given(RETURNS.filter(defined))
def test_the_tail_beyond_is_never_better_than_its_edge(series):
    assert risk.expected_shortfall(series, 0.9) >= risk.historical(series, 0.9) - 1e-15


def naive_cscv(matrix, blocks):
    from itertools import combinations

    parts = np.array_split(np.arange(len(matrix) // blocks * blocks), blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        halves = [matrix[np.concatenate([parts[i] for i in range(blocks) if (i in chosen) is inside])] for inside in (True, False)]
        inside, outside = (half.mean(axis=0) / half.std(axis=0, ddof=1) for half in halves)
        there = outside[np.argmax(inside)]
        rank = (outside < there).sum() + ((outside == there).sum() + 1) / 2
        logits.append(math.log(rank / (len(outside) + 1 - rank)))
    return logits


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 2**32 - 1), some.integers(2, 12), some.sampled_from([2, 4, 6]))
def test_the_matrix_product_gives_what_the_definition_gives(seed, count, blocks):
    matrix = np.random.default_rng(seed).normal(0.001, 0.01, (blocks * 12 + 3, count))
    assert naive_cscv(matrix, blocks) == pytest.approx(overfitting.overfitting(matrix, blocks).logits.tolist(), abs=1e-9)


def test_noise_is_overfitted_half_the_time_and_skill_hardly_ever():
    assert 0.3 < overfitting.overfitting(trials()["noise"]).probability < 0.8
    assert overfitting.overfitting(trials()["skilled"]).probability < 0.02


def test_trials_without_any_mean_are_always_overfitted():
    noise = trials()["noise"]
    assert 1.0 == overfitting.overfitting(noise - noise.mean(axis=0)).probability


def test_a_trial_that_never_traded_scores_nothing():
    idle = np.column_stack([trials()["skilled"], np.zeros(640)])
    assert overfitting.overfitting(idle).probability < 0.02


def test_rows_that_fill_no_block_are_counted():
    assert 11 == overfitting.overfitting(trials()["ragged"]).dropped


@pytest.mark.parametrize("name", broken())
def test_a_broken_series_has_no_risk_figure(name):
    for measure in (risk.parametric, risk.cornish_fisher):
        with pytest.raises(UndefinedError):
            measure(broken()[name], 0.95)


def test_cornish_fisher_refuses_where_it_orders_losses_wrongly():
    wild = np.random.default_rng(3).normal(0, 0.01, 300)
    wild[5] = -0.9
    with pytest.raises(UndefinedError, match="outside the range in which Cornish-Fisher holds"):
        risk.cornish_fisher(wild, 0.99)


def test_a_matrix_with_a_negative_variance_is_no_covariance():
    found = covariance.sanity(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert (False, math.inf, pytest.approx(-1 / 3)) == (found.positive, found.condition, found.smallest)


def test_a_doubled_asset_makes_a_covariance_singular():
    random = np.random.default_rng(4).normal(0, 0.01, (100, 3))
    doubled = covariance.sanity(covariance.sample(np.column_stack([random, random[:, 0]])))
    assert (True, math.inf) == (doubled.positive, doubled.condition)
    assert covariance.sanity(covariance.sample(random)).condition < 3


def test_a_parameter_on_a_cliff_keeps_nothing():
    grid = np.array([[10.0], [8.0], [12.0]])
    found = robustness.sensitivity(grid, np.array([2.0, 0.1, 1.8]), chosen=0, reach=0.2)
    assert (pytest.approx(0.05), 1, 2) == (found.kept, found.row, found.neighbours)


def test_neighbours_that_are_too_near_prove_nothing():
    with pytest.raises(UndefinedError, match="the grid is not complete"):
        robustness.sensitivity(np.array([[10.0], [9.99], [10.01]]), np.array([2.0, 2.0, 2.0]), chosen=0, reach=0.2)


def naive_trips(fills):
    """(symbol, side, quantity, price, fee) one by one: a trade ends where its position is 0 or turns."""
    held, made, ended = {}, {}, []
    for at, (symbol, side, quantity, price, fee) in enumerate(fills):
        before, now = held.get(symbol, 0), held.get(symbol, 0) + side * quantity
        opens = abs(now) if before * now < 0 else (0 if before else quantity)
        share = opens / quantity if before * now < 0 else 0
        made[symbol] = made.get(symbol, 0) - side * (quantity - (opens if share else 0)) * price - fee * (1 - share)
        if before and before * now <= 0:
            ended.append((at, made[symbol]))
            made[symbol] = -side * opens * price - fee * share if share else 0
        held[symbol] = now
    return ended


FILLS = some.lists(
    some.tuples(some.sampled_from([b"A", b"B"]), some.sampled_from([1, -1]), some.integers(1, 9), some.integers(1, 99), some.integers(0, 3)), max_size=40
)


@settings(deadline=None)
@given(FILLS)
def test_fills_make_the_trades_that_a_clerk_would_book(fills):
    for symbol in (b"A", b"B"):
        left = sum(side * quantity for name, side, quantity, *_ in fills if name == symbol)
        fills = [*fills, *([(symbol, -1 if left > 0 else 1, abs(left), 50, 1)] if left else [])]
    if not fills:
        return
    names, sides, *numbers = zip(*fills, strict=True)
    trips = trading.round_trips(np.array(sides, float), *(np.array(row, float) for row in numbers), np.array(names))
    expected = naive_trips(fills)
    assert [at for at, _ in expected] == trips.ends.tolist()
    assert [profit for _, profit in expected] == pytest.approx(trips.profits.tolist(), abs=1e-9)


def test_an_open_position_has_no_profit_yet():
    with pytest.raises(UndefinedError, match="open position of 5"):
        trading.round_trips(np.array([1.0, -1.0]), np.array([10.0, 5.0]), np.array([1.0, 2.0]), np.zeros(2))


def test_a_sale_below_the_reference_costs_as_a_purchase_above_it():
    buy = trading.slippage(np.array([101.0]), np.array([100.0]), np.array([1.0]), np.array([3.0]))
    sell = trading.slippage(np.array([99.0]), np.array([100.0]), np.array([-1.0]), np.array([3.0]))
    assert (pytest.approx(100.0), pytest.approx(100.0)) == (buy, sell)


def test_the_bootstrap_repeats_itself_and_lies_below_the_estimate():
    series = np.random.default_rng(5).normal(0.001, 0.01, 500)
    low = robustness.bootstrap_sharpe(series, 252, quantile=0.05, block=8, resamples=300)
    assert low == robustness.bootstrap_sharpe(series, 252, quantile=0.05, block=8, resamples=300)
    assert low < sharpe.sharpe(series, 252)
