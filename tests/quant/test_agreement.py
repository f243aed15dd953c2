"""Our figures against those of public implementations, on ordinary and on hostile series."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from locked import interpreter
from prodready.quant import covariance, drawdown, overfitting, risk, sharpe
from prodready.quant.moments import UndefinedError, moments
from quant.series_for_tests import broken, ordinary, trials

HERE = Path(__file__).parent
pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def answers(tmp_path_factory):
    given = tmp_path_factory.mktemp("series") / "series.npz"
    np.savez(given, **ordinary(), **trials(), **broken())
    python = interpreter(HERE / "oracles.lock", what="the public implementations")
    ended = subprocess.run([python, "-I", HERE / "oracles.py", given], capture_output=True, text=True, check=False)
    assert not ended.returncode, ended.stderr[-2000:]
    return json.loads(ended.stdout)


OURS = {
    "sharpe": lambda series: sharpe.sharpe(series, 252),
    "sortino": lambda series: sharpe.sortino(series, 252),
    "calmar": lambda series: drawdown.calmar(series, 252),
    "max_drawdown": lambda series: drawdown.drawdown(drawdown.equity(series)).depth,
    "growth": lambda series: drawdown.growth(series, 252),
    "volatility": lambda series: moments(series).std * math.sqrt(252),
    "historical": lambda series: risk.historical(series, 0.95),
    "shortfall": lambda series: risk.expected_shortfall(series, 0.95),
    "skew": lambda series: moments(series).skew,
    "kurtosis": lambda series: moments(series).kurtosis,
    "psr": lambda series: sharpe.psr(moments(series), 0.02),
}


@pytest.mark.parametrize("statistic", OURS)
@pytest.mark.parametrize("name", ordinary())
def test_two_implementations_that_share_no_code_agree(answers, name, statistic):
    ours = OURS[statistic](ordinary()[name])
    assert [pytest.approx(ours, rel=1e-9, abs=1e-15)] * 2 == answers[name][statistic]


@pytest.mark.parametrize("statistic", OURS)
@pytest.mark.parametrize("name", broken())
def test_where_a_series_is_broken_ours_is_refused_or_theirs_says_the_same(answers, name, statistic):
    try:
        ours = OURS[statistic](broken()[name])
    except UndefinedError:
        return
    assert (answers[name] or {})[statistic] == [pytest.approx(ours, abs=1e-12)] * 2


@pytest.mark.parametrize("name", trials())
def test_phacker_finds_the_same_logits_in_all_splits(answers, name):
    found = overfitting.overfitting(trials()[name], 16)
    assert 12870 == found.splits
    assert answers[name]["logits"] == pytest.approx(found.logits.tolist(), abs=1e-12)
    assert answers[name]["pbo"] == found.probability


def test_a_third_counts_the_same_share_of_all_splits(answers):
    """To the four decimals that it gives; its blocks are cut as ours where the rows divide."""
    for name in ("noise", "skilled"):
        assert answers[name]["whole_pbo"] == round(overfitting.overfitting(trials()[name], 16).probability, 4)


@pytest.mark.parametrize("name", trials())
def test_its_plain_reference_agrees_with_eight_blocks(answers, name):
    found = overfitting.overfitting(trials()[name][:, :20], 8)
    assert answers[name]["slow_logits"] == pytest.approx(found.logits.tolist(), abs=1e-12)


@pytest.mark.parametrize("name", trials())
def test_two_implementations_deflate_alike(answers, name):
    ratios = [moments(column).sharpe for column in trials()[name].T]
    of = moments(trials()[name][:, 0])
    held = sharpe.deflate(of.sharpe, of.n, of.skew, of.kurtosis, trials=len(ratios), variance=float(np.var(ratios, ddof=1)))
    assert [pytest.approx(held.expected_maximum, rel=1e-9)] * 2 == answers[name]["best"]
    assert [pytest.approx(held.probability, rel=1e-9)] * 2 == answers[name]["dsr"]


@pytest.mark.parametrize("name", trials())
def test_scikit_learn_shrinks_a_covariance_alike(answers, name):
    matrix, weight = covariance.shrunk(trials()[name])
    assert answers[name]["weight"] == pytest.approx(weight, rel=1e-9)
    assert np.allclose(answers[name]["shrunk"], matrix, rtol=1e-9, atol=1e-15)
