"""How long the statistics take, and how much memory, beside a public implementation in the same run.

    uv run --no-project --with numpy --with phacker==0.1.0 benchmarks/quant.py

PBO is measured on 1 250 days × 100 trials with 16 blocks (12 870 splits) against ``phacker``: its plain NumPy reference, and its C++ kernel.
Trades are read from CSV text of 1, 2, 4 … million rows: the time a row should stay the same.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from prodready.quant import trading
from prodready.quant.overfitting import overfitting
from prodready.table.frame import CsvFile, Kind


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trades", type=int, default=10, help="millions of trades at most (default 10)")
    options = parser.parse_args()
    splits()
    print()
    trades(options.trades)


def splits() -> None:
    """PBO, ours and theirs."""
    matrix = np.random.default_rng(1).normal(0.0002, 0.01, (1250, 100))
    ours, found = best(lambda: overfitting(matrix, 16), 3)
    print(f"{'PBO, 12 870 splits':<28}{'seconds':>9}{'x ours':>9}")
    print(f"{'prodready':<28}{ours:>9.3f}{1:>9.1f}   PBO {found.probability:.6f}, peak memory of the process {peak():.0f} MB")
    try:
        from phacker.cscv import cscv, cscv_reference  # noqa: PLC0415  not everybody has it
    except ImportError:
        print("phacker is not installed: run as the first lines of this file say")
        return
    for name, public, runs in (("phacker, C++ on all cores", cscv, 3), ("phacker, NumPy", cscv_reference, 1)):
        seconds, (probability, logits) = best(lambda public=public: public(matrix, 16), runs)
        same = np.allclose(logits, found.logits, atol=1e-12)
        print(f"{name:<28}{seconds:>9.3f}{seconds / ours:>9.1f}   PBO {probability:.6f}, {'the same logits' if same else 'OTHER LOGITS'}")


def trades(most: int) -> None:
    """Hit rate and profit of a file of trades, times checked."""
    print(f"{'trades':<28}{'MB':>9}{'seconds':>9}{'ns a row':>9}")
    count = 1_000_000
    while count <= most * 1_000_000:
        text = written(count)
        seconds, share = best(lambda text=text: measured(text), 1)
        print(f"{count:<28,}{len(text) / 1e6:>9.0f}{seconds:>9.2f}{seconds / count * 1e9:>9.0f}   hit rate {share:.4f}")
        count = most * 1_000_000 if count < most * 1_000_000 < 2 * count else 2 * count


def measured(text: bytes) -> float:
    """The hit rate, after the times are seen to run forwards."""
    frame = CsvFile(text, "trades.csv").read({"time": Kind.STAMP, "pnl": Kind.NUMBER})
    if (np.diff(frame.columns["time"]) < 0).any():
        raise ValueError("out of order")
    return trading.hit_rate(frame.columns["pnl"]).value


def written(count: int) -> bytes:
    """Trades as CSV: time, symbol, side, price, profit, fee."""
    part = 1_000_000
    random = np.random.default_rng(2)
    pieces = [b"time,symbol,side,price,pnl,fee\n"]
    for start in range(0, count, part):
        times = (np.datetime64("2024-01-02T00:00:00") + np.arange(start, start + part)).astype(str)
        prices, profits = (np.char.mod("%.2f", values) for values in (random.normal(100, 5, part), random.normal(0.4, 10, part)))
        pieces.append("".join(f"{a},AAPL,buy,{b},{c},0.05\n" for a, b, c in zip(times, prices, profits, strict=True)).encode())
    return b"".join(pieces)


def best(work: Callable[[], object], runs: int) -> tuple[float, object]:
    """Seconds of the fastest run, and its result."""
    fastest, result = float("inf"), None
    for _ in range(runs):
        started = time.perf_counter()
        result = work()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest, result


def peak() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
