"""Kills Redis and PostgreSQL twenty times for each delay of their supervisor, and writes down how often the true outage lies inside the interval.

example: python3 benchmarks/reliability.py (in the environment of the tests)
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

import supervised  # noqa: E402 - found beside this folder
from programs import prodready  # noqa: E402

ROUNDS, PERIOD = 20, 0.1
SERVERS = {"Redis": supervised.redis, "PostgreSQL": supervised.postgresql}
HEAD = f"""# Reliability of the measured times

Written by `benchmarks/reliability.py`. Each server runs under a supervisor that restarts it after a known delay and writes down when it ended; when it
served again, its own log says. Each row is {ROUNDS} kills, probed each {PERIOD:g} s; all rows ran at once, on one loaded machine.

| server | restarted after | true outage inside the interval | mean true outage | widest interval | intervals wider than two periods |
|---|---:|---:|---:|---:|---:|
"""


def row(server: str, delay: float) -> str:
    """Runs one row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = SERVERS[server](folder, delay)
        try:
            one.start()
            given = {"target": one.target, "pidfile": one.pidfile, "rounds": ROUNDS, "interval": PERIOD, "limit": 30, "cooldown": 0.3}
            words = [word for key, value in given.items() for word in ("-p", f"{key}={value}")]
            ended = prodready("drill", "chaos", *words, "--json", cwd=folder, env={"PRODREADY_CACHE": name})
            spans = [incident["lasted"] for incident in json.loads(ended.out)["incidents"]]
            true = one.outages()
        finally:
            one.stop()
    inside = sum(low <= outage <= high for (low, high), outage in zip(spans, true, strict=True))
    widths = [high - low for low, high in spans]
    wide = sum(width > 2 * PERIOD for width in widths)
    return f"| {server} | {delay:g} s | {inside} of {len(true)} | {sum(true) / len(true):.3f} s | {max(widths):.3f} s | {wide} |\n"


if __name__ == "__main__":
    jobs = [(server, delay) for server in SERVERS for delay in (0.2, 1, 3)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        rows = list(pool.map(lambda job: row(*job), jobs))
    (ROOT / "docs" / "reliability.md").write_text(HEAD + "".join(rows), "utf-8")
    print("".join(rows))
