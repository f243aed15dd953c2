"""Kill switches, exposure limits, regimes and covariances: the mended engine keeps each, and one that does not is found."""

from decimal import Decimal

import numpy as np
import pytest

from prodready.check import CannotTell
from prodready.quant.moments import moments
from prodready.quant.sharpe import psr
from prodready.risk import estimates, exposure, regimes, scenario, switches
from prodready.risk.replay import Plan, Run
from replays.engines import Beside, Mended

POLICY = [("pnl", -0.05, True), ("pnl", -0.05, False), ("psr", 0.20, False), ("drawdown", 0.15, False), ("drawdown", 0.15, True)]
LIMITS = {
    name: exposure.Limits(box=Decimal("0.25"), gross=Decimal(gross), net=Decimal(net))
    for name, gross, net in (("calm", "2.5", "1.0"), ("normal", "2.0", "0.8"), ("storm", "1.0", "0.4"))
}


def threshold(switch, at, inclusive):
    return switches.Threshold(switch=switch, at=at, inclusive=inclusive, window=60)


def found(make, folder, of):
    """Rules of the findings of each market, by where it stands."""
    result = switches.tried(Beside(make, folder), tuple(switches.cases(of)), of, fill=Decimal("0.6"), restart=True, liquidates=True)
    return [finding.anchor.removeprefix(f"{of.switch}-") for finding in result.findings]


@pytest.mark.parametrize(("switch", "at", "inclusive"), POLICY)
def test_a_switch_fires_at_its_threshold_and_not_before(switch, at, inclusive, tmp_path):
    assert [] == found(Mended, tmp_path, threshold(switch, at, inclusive))


@pytest.mark.parametrize(("switch", "at", "inclusive"), POLICY)
def test_a_switch_that_stands_elsewhere_is_found(switch, at, inclusive, tmp_path):
    class Other(Mended):
        def _passed(self, var):
            self.limits = {name: {**limit, "limit": limit["limit"] * 1.002 + (0.02 if name == "psr" else 0)} for name, limit in self.limits.items()}
            return super()._passed(var)

    assert found(Other, tmp_path, threshold(switch, at, inclusive))


def test_equality_is_told_by_the_rule(tmp_path):
    class Strict(Mended):
        def start(self, message):
            return super().start({**message, "limits": {name: {**limit, "inclusive": False} for name, limit in message["limits"].items()}})

    assert ["on never-fired"] == found(Strict, tmp_path, threshold("pnl", -0.05, True))


@pytest.mark.parametrize("value", [0.19, 0.21, 0.05, 0.5, 0.9])
def test_a_record_is_made_with_the_probability_that_is_wanted(value):
    prices, first, reached = switches._record(value, 60)
    levels = np.array([float(price) for price in prices])
    assert value == pytest.approx(reached, abs=1e-4)
    assert reached == psr(moments(levels[1:] / levels[:-1] - 1))
    assert 60 == first


def let_through(make, folder):
    return {(probe.regime, probe.kind, probe.inside): exposure.let_through(Beside(make, folder), probe, {}) for probe in exposure.probes(LIMITS)}


def test_an_order_inside_passes_and_one_beyond_does_not(tmp_path):
    assert all(passed is inside for (_, _, inside), passed in let_through(Mended, tmp_path).items())


@pytest.mark.parametrize("kind", exposure.KINDS)
def test_only_the_limit_that_is_probed_is_near(kind, tmp_path):
    """With that limit switched off, its own probes pass and every other still ends as before."""

    class Without(Mended):
        def __init__(self):
            super().__init__()
            self.exposure = {regime: {**limits, kind: Decimal(99)} for regime, limits in self.exposure.items()}

    passed = let_through(Without, tmp_path)
    assert {(kind, True)} == {(one, through) for (_, one, inside), through in passed.items() if not inside and through}


def test_limits_of_another_regime_are_found(tmp_path):
    class Fixed(Mended):
        def start(self, message):
            return super().start({**message, "regime": "calm"})

    wrong = [finding for probe in exposure.probes(LIMITS) for finding in exposure.judged(probe, exposure.let_through(Beside(Fixed, tmp_path), probe, {}))]
    assert {"limit-not-enforced"} == {finding.rule for finding in wrong}
    assert {"normal", "storm"} == {finding.anchor.split()[1] for finding in wrong}


@pytest.mark.parametrize("window", scenario.names())
def test_a_regime_is_recognised(window, tmp_path):
    market = scenario.shipped(window)
    days = list(Run(plan=Plan(scenario=market, capital=Decimal(10**6), positions={}, limits={}), engine=Beside(Mended, tmp_path)).days())
    assert [] == list(regimes.judged(regimes.seen(market, days, market.regime), share=0.9, delay=5))
    wrong = regimes.seen(market, days, "calm" if market.regime == "storm" else "storm")
    assert ["regime-missed"] == [finding.rule for finding in regimes.judged(wrong, share=0.9, delay=5)]


@pytest.mark.parametrize(
    ("delay", "share", "rules"), [(7, 1.0, ["regime-late"]), (0, 0.5, ["regime-unsteady"]), (6, 0.1, ["regime-late", "regime-unsteady"]), (5, 0.9, [])]
)
def test_a_late_or_unsteady_detector_is_found(delay, share, rules):
    seen = regimes.Seen(scenario="w", wanted="storm", delay=delay, share=share, sessions=40)
    assert rules == [finding.rule for finding in regimes.judged(seen, share=0.9, delay=5)]


MATRICES = {
    "not-symmetric": lambda matrix: matrix + np.triu(np.full_like(matrix, 1e-6), 1),
    "not-positive": lambda matrix: matrix - 1.5 * np.linalg.eigvalsh(matrix)[0] * np.eye(len(matrix)),
    "ill-conditioned": lambda matrix: matrix - 0.9999999 * np.linalg.eigvalsh(matrix)[0] * np.eye(len(matrix)),
    "differs": lambda matrix: matrix * 249 / 250,
    "no-covariance": lambda matrix: matrix * 0,
}


@pytest.mark.parametrize("rule", MATRICES)
def test_a_wrong_covariance_is_found(rule):
    plain, _ = estimates.cases()
    good = np.cov(np.round(plain.returns, 8), rowvar=False)
    assert [] == list(estimates.judged(plain, good, estimator="sample", condition=1e6))
    assert rule in [finding.rule for finding in estimates.judged(plain, MATRICES[rule](good), estimator="sample", condition=1e6)]


def test_a_doubled_asset_asks_for_shrinkage(tmp_path):
    _, doubled = estimates.cases()
    matrix = estimates.estimated(Beside(Mended, tmp_path), doubled)
    assert ["ill-conditioned"] == [finding.rule for finding in estimates.judged(doubled, matrix, estimator="any", condition=1e6)]
    assert [] == list(estimates.judged(doubled, matrix, estimator="sample", condition=1e6))


def test_no_square_of_numbers_is_no_covariance(tmp_path):
    class Short(Mended):
        def covariance(self, message):
            return {"covariance": [[1.0]]}

    with pytest.raises(CannotTell, match="no square of numbers"):
        estimates.estimated(Beside(Short, tmp_path), estimates.cases()[0])
