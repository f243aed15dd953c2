"""What public implementations make of the series in an .npz file, as JSON. Runs in the environment of ``oracles.lock``."""

import json
import sys
import warnings

import empyrical
import numpy as np
from phacker.cscv import cscv, cscv_reference
from skfolio import measures
from sklearn.covariance import ledoit_wolf

YEAR = {"annualization": 252}


def of_returns(returns):
    return {
        "sharpe": empyrical.sharpe_ratio(returns, **YEAR),
        "sortino": empyrical.sortino_ratio(returns, **YEAR),
        "calmar": empyrical.calmar_ratio(returns, **YEAR),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "growth": empyrical.annual_return(returns, **YEAR),
        "volatility": empyrical.annual_volatility(returns, **YEAR),
        "historical": -empyrical.value_at_risk(returns, 0.05),
        "shortfall": -empyrical.conditional_value_at_risk(returns, 0.05),
        "skew": measures.skew(returns),
        "kurtosis": measures.kurtosis(returns),
        "psr": measures.probabilistic_sharpe_ratio(returns, benchmark_sharpe_ratio=0.02),
    }


def of_trials(trials):
    ratios = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
    fast, slow = cscv(trials, 16), cscv_reference(trials[:, :20], 8)
    shrunk, weight = ledoit_wolf(trials)
    return {
        "pbo": fast[0],
        "logits": np.asarray(fast[1]).tolist(),
        "slow_pbo": slow[0],
        "slow_logits": slow[1].tolist(),
        "dsr": measures.deflated_sharpe_ratio(trials[:, 0], ratios),
        "best": measures.expected_max_sharpe_ratio(trials.shape[1], float(np.std(ratios, ddof=1))),
        "shrunk": shrunk.tolist(),
        "weight": weight,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as given:
        answers = {name: of_trials(given[name]) if given[name].ndim == 2 else of_returns(given[name]) for name in given.files}
    json.dump(answers, sys.stdout)
