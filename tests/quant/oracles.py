"""What public implementations make of the series in an .npz file, as JSON. Runs in the environment of ``oracles.lock``."""

import json
import sys
import warnings

import empyrical
import numpy as np
import pandas as pd
from alphaengine.core import validation
from phacker.cscv import cscv, cscv_reference
from scipy import stats
from skfolio import measures
from sklearn.covariance import ledoit_wolf

YEAR = {"annualization": 252}
ROOT = 252**0.5


def of_returns(returns):
    """Each figure by two implementations that share no code."""
    moments = (stats.skew(returns), stats.kurtosis(returns, fisher=False))
    ratio = returns.mean() / returns.std(ddof=1) if returns.size > 1 else np.nan
    curve = measures.get_cumulative_returns(returns, compounded=True)
    fallen = measures.max_drawdown(measures.get_drawdowns(returns, compounded=True))
    growth = curve[-1] ** (252 / returns.size) - 1
    series = pd.Series(returns)
    return {
        "sharpe": [empyrical.sharpe_ratio(returns, **YEAR), measures.mean(returns) / measures.standard_deviation(returns) * ROOT],
        "sortino": [
            empyrical.sortino_ratio(returns, **YEAR),
            measures.mean(returns) / measures.semi_deviation(returns, min_acceptable_return=0, biased=True) * ROOT,
        ],
        "calmar": [empyrical.calmar_ratio(returns, **YEAR), growth / fallen],
        "max_drawdown": [-empyrical.max_drawdown(returns), fallen],
        "growth": [empyrical.annual_return(returns, **YEAR), growth],
        "volatility": [empyrical.annual_volatility(returns, **YEAR), measures.standard_deviation(returns) * ROOT],
        "historical": [-empyrical.value_at_risk(returns, 0.05), -series.quantile(0.05)],
        "shortfall": [-empyrical.conditional_value_at_risk(returns, 0.05), -series[series <= series.quantile(0.05)].mean()],
        "skew": [measures.skew(returns), moments[0]],
        "kurtosis": [measures.kurtosis(returns), moments[1]],
        "psr": [
            measures.probabilistic_sharpe_ratio(returns, benchmark_sharpe_ratio=0.02),
            validation.probabilistic_sharpe_ratio(ratio, returns.size, *moments, 0.02),
        ],
    }


def guarded(returns):
    """What they make of a series that is broken; None where they refuse, too."""
    try:
        answers = of_returns(returns)
    except (ValueError, IndexError, ZeroDivisionError, FloatingPointError):
        return None
    return {name: [float(value) if np.isfinite(value) else None for value in pair] for name, pair in answers.items()}


def of_trials(trials):
    ratios = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
    first = (ratios[0], len(trials), stats.skew(trials[:, 0]), stats.kurtosis(trials[:, 0], fisher=False))
    best = validation.expected_max_sharpe(trials.shape[1], float(np.std(ratios, ddof=1)))
    fast, slow = cscv(trials, 16), cscv_reference(trials[:, :20], 8)
    shrunk, weight = ledoit_wolf(trials)
    return {
        "pbo": fast[0],
        "logits": np.asarray(fast[1]).tolist(),
        "slow_pbo": slow[0],
        "slow_logits": slow[1].tolist(),
        "whole_pbo": validation.pbo_cscv(trials, 16, 20_000)["pbo"],
        "dsr": [measures.deflated_sharpe_ratio(trials[:, 0], ratios), validation.probabilistic_sharpe_ratio(*first, best)],
        "best": [measures.expected_max_sharpe_ratio(trials.shape[1], float(np.std(ratios, ddof=1))), best],
        "shrunk": shrunk.tolist(),
        "weight": weight,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as given:
        answers = {name: of_trials(given[name]) if given[name].ndim == 2 else guarded(given[name]) for name in given.files}
    json.dump(answers, sys.stdout)
