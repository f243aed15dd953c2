"""Writes the backtests of this folder again, byte for byte: ``PYTHONPATH=scripts python examples/desk/backtests/generate.py`` with NumPy.

They are made up. Each shows one thing that a gate must see; ``items.yml`` says which.
"""

from datetime import date
from pathlib import Path

import numpy as np

from prodready.calendars.calendar import calendar

HERE = Path(__file__).parent
DAYS = list(calendar("XNYS").sessions(date(2024, 9, 3), date(2025, 12, 30)))[:320]


def main() -> None:
    """Writes every file."""
    random = np.random.default_rng(8)
    skill = random.normal(0, 0.005, (320, 1)) + random.normal(0, 0.0015, (320, 20)) + np.linspace(0.0002, 0.0011, 20)
    luck = next(made for seed in range(1000) if overfit(made := np.random.default_rng(seed).normal(0, 0.008, (320, 20))))
    table("honest_trials.csv", skill)
    table("honest.csv", skill[:, [19]], ["return"])
    table("overfit_trials.csv", luck)
    table("overfit.csv", luck[:, [int(np.argmax(luck.mean(axis=0) / luck.std(axis=0)))]], ["return"])
    table("month_on_paper.csv", skill[-21:, [19]], ["return"], DAYS[-21:])
    look_ahead(skill[:, 19])
    trades(random)
    grid()
    other = np.random.default_rng(31)
    table("shallow.csv", other.normal(0, 0.011, (320, 1)), ["return"])
    table("gap.csv", np.delete(skill[:, [19]], np.s_[100:110], axis=0), ["return"], DAYS[:100] + DAYS[110:])
    curve(skill[:, 19])
    bad(other)


def overfit(trials: np.ndarray) -> bool:
    """Whether the best of worthless trials shines, and does not hold."""
    from prodready.quant.overfitting import overfitting

    return (trials.mean(axis=0) / trials.std(axis=0, ddof=1)).max() * 252**0.5 > 1.8 and overfitting(trials).probability > 0.6


def table(name: str, values: np.ndarray, names: list[str] | None = None, days: list[date] | None = None) -> None:
    """A column of days and columns of returns."""
    heads = names or [f"trial_{index:02}" for index in range(values.shape[1])]
    rows = [",".join([str(day), *(f"{value:.5f}" for value in row)]) for day, row in zip(days or DAYS, values, strict=True)]
    (HERE / name).write_text("\n".join([",".join(["date", *heads]), *rows]) + "\n")


def curve(returns: np.ndarray) -> None:
    """The honest record as an equity curve."""
    levels = 100_000 * np.cumprod(1 + np.round(returns, 5))
    (HERE / "honest_equity.csv").write_text("\n".join(["date,equity", *(f"{day},{level:.2f}" for day, level in zip(DAYS, levels, strict=True))]) + "\n")


def bad(random: np.random.Generator) -> None:
    """Trades that lose more often than they win, and orders that are filled late and in part."""
    profits = np.where(random.random(200) < 0.48, random.uniform(5, 50, 200), -random.uniform(5, 60, 200))
    closed = [f"{day}T20:00:00Z,{profit:.2f},0.35" for day, profit in zip(DAYS, profits, strict=False)]
    (HERE / "bad_trades.csv").write_text("\n".join(["time,pnl,fees", *closed]) + "\n")
    orders = [f"{day}T15:00:00Z,100,{70 if index % 4 == 0 else 100},sell,{49.85 + index * 0.01:.2f},{50 + index * 0.01:.2f}" for index, day in enumerate(DAYS[:90])]
    (HERE / "bad_fills.csv").write_text("\n".join(["time,ordered,filled,side,price,reference", *orders]) + "\n")


def look_ahead(returns: np.ndarray) -> None:
    """Decided at the close, on data of that same close."""
    rows = [f"{day}T21:00:00Z,{day}T{'21:00' if index == 100 else '20:00'}:00Z,{value:.5f}" for index, (day, value) in enumerate(zip(DAYS, returns, strict=True))]
    (HERE / "look_ahead.csv").write_text("\n".join(["decision_time,data_time,return", *rows]) + "\n")


def trades(random: np.random.Generator) -> None:
    """Closed trades with their profit and fees, and orders with what was filled."""
    profits = np.where(random.random(200) < 0.68, random.uniform(5, 60, 200), -random.uniform(5, 70, 200))
    closed = [f"{day}T20:00:00Z,{profit:.2f},0.35" for day, profit in zip(DAYS, profits, strict=False)]
    (HERE / "trades.csv").write_text("\n".join(["time,pnl,fees", *closed]) + "\n")
    orders = [f"{day}T15:00:00Z,100,{92 if index % 9 == 0 else 100},buy,{50.02 + index * 0.01:.2f},{50 + index * 0.01:.2f}" for index, day in enumerate(DAYS[:90])]
    (HERE / "fills.csv").write_text("\n".join(["time,ordered,filled,side,price,reference", *orders]) + "\n")


def grid() -> None:
    """A plateau in one parameter and a cliff in the other."""
    flat = {(lookback, band): 1.9 - abs(lookback - 20) * 0.02 for lookback in (16, 18, 20, 22, 24) for band in (1.6, 1.8, 2.0, 2.2, 2.4)}
    for name, keep in (("plateau.csv", 1.0), ("cliff.csv", 0.2)):
        rows = [
            f"{lookback},{band},{value * (1.0 if band == 2.0 else keep):.3f},{int((lookback, band) == (20, 2.0))}" for (lookback, band), value in flat.items()
        ]
        (HERE / name).write_text("\n".join(["lookback,band,sharpe,chosen", *rows]) + "\n")


if __name__ == "__main__":
    main()
