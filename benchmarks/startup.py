"""How long prodready takes to answer, in the warm environment, beside a bare Python start.

Runs each command a number of times and prints the median and the best in milliseconds, and the median as a multiple of ``python -I -c pass``.
Standard library only; the environment is built by the first, unmeasured run.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

LAUNCH = str(Path(__file__).resolve().parent.parent / "scripts" / "launch.py")
COMMANDS = {
    "python -I -c pass": [sys.executable, "-I", "-c", "pass"],
    "prodready --version": [sys.executable, "-I", LAUNCH, "--version"],
    "prodready list checks": [sys.executable, "-I", LAUNCH, "list", "checks"],
}
"""What is measured; the first is what the others are compared with."""


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="how often each command runs (default 15)")
    runs = max(1, parser.parse_args().runs)
    taken = measure(runs)
    bare = statistics.median(next(iter(taken.values())))
    print(f"{'command':<24}{'median':>10}{'best':>10}{'x python':>10}")
    for name, times in taken.items():
        print(f"{name:<24}{statistics.median(times):>7.0f} ms{min(times):>7.0f} ms{statistics.median(times) / bare:>10.1f}")
    return 0


def measure(runs: int) -> dict[str, list[float]]:
    """Milliseconds of each run. The commands take turns, so that a busy moment is shared by all."""
    for argv in COMMANDS.values():
        once(argv)
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, argv in COMMANDS.items():
            taken[name].append(once(argv))
    return taken


def once(argv: Sequence[str]) -> float:
    """Milliseconds until the command has ended. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
