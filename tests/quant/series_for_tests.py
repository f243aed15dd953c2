"""Series that the tests share: ordinary ones, and ones made to break a formula."""

import numpy as np


def ordinary():
    random = np.random.default_rng(20)
    spike = random.normal(0.0003, 0.001, 2000)
    spike[777] = 0.35  # kurtosis of about 2 000
    return {
        "normal": random.normal(0.0005, 0.01, 1250),
        "short": random.normal(0.001, 0.02, 24),
        "fat": random.standard_t(3, 3000) * 0.004,
        "skewed": 0.002 - random.exponential(0.004, 900) + 0.003,
        "spike": spike,
        "tiny": random.normal(1e-9, 1e-8, 500),
        "losing": random.normal(-0.002, 0.01, 700),
        "correlated": np.convolve(random.normal(0.0002, 0.01, 1300), [0.6, 0.3, 0.1], mode="valid"),
    }


def trials():
    random = np.random.default_rng(21)
    noise = random.normal(0, 0.01, (640, 40))
    skilled = noise.copy()
    skilled[:, 7] += 0.003
    return {"noise": noise, "skilled": skilled, "ragged": noise[:-5]}


def broken():
    good = np.random.default_rng(22).normal(0, 0.01, 50)
    return {
        "constant": np.full(50, 0.001),
        "one point": np.array([0.01]),
        "nothing": np.array([]),
        "NaN": np.append(good, np.nan),
        "infinite": np.append(good, np.inf),
        "all zeros": np.zeros(50),
        "nearly constant": np.full(50, 0.1) + np.spacing(0.1) * (np.arange(50) % 2),
    }
