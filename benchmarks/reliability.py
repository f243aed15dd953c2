"""Kills Redis and PostgreSQL twenty times for each delay, as processes and in containers, and counts how often the truth lies inside the interval.

example: python3 benchmarks/reliability.py (in the environment of the tests, as root, beside a Docker engine's program)
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

import contained  # noqa: E402 - found beside this folder
import engine  # noqa: E402
import supervised  # noqa: E402
from prodready.engine.outage import mean  # noqa: E402
from programs import Ended, prodready  # noqa: E402

ROUNDS, PERIOD, LIMIT, ROWS = 20, 0.5, 5, 6
SERVERS = {"Redis": "redis", "PostgreSQL": "postgresql"}
COOLDOWN = {"process": 0.3, "Docker": 11}
"""Seconds between two kills: Docker restarts a container that ran for less than ten seconds later each time."""
HEAD = f"""# Reliability of the measured times

Written by `benchmarks/reliability.py`. Each server comes back after a known delay: a process under a supervisor, or a container under `restart: always`.
When it served again, its own log says, to a millisecond that it cuts off. When it ended is known to two looks at its process, which a busy machine may keep
apart: so the true outage is an interval too, and its width is told. Each row is {ROUNDS} kills, probed each {PERIOD:g} s; {ROWS} rows ran at a time, on two
cores that others used too. In the last column nobody restarts it: the drill must fail at its limit of {LIMIT} s, and bring it back.
An interval is wider than two periods only where a probe was late, and then the record says so: `late`.

| server | as | back after | true outage inside the interval | mean true outage | known to | widest interval | wider than 2 periods | says why | never back |
|---|---|---:|---:|---:|---:|---:|---:|---:|---|
"""
Server = supervised.Supervised | contained.Contained


def made(environ: dict[str, str], form: str, kind: str, delay: float | None, folder: Path) -> Server:
    """The server; ``delay`` None for one that nobody restarts."""
    if form == "process":
        return {"redis": supervised.redis, "postgresql": supervised.postgresql}[kind](folder, supervised.NEVER if delay is None else delay)
    return contained.SERVERS[kind](environ, f"{kind}-{folder.name[-8:]}", delay or 0, "always" if delay is not None else "no")


def drilled(environ: dict[str, str], one: Server, folder: Path, **params: object) -> Ended:
    """One drill of that server."""
    way = {"container": one.name} if isinstance(one, contained.Contained) else {"pidfile": one.pidfile}
    words = [word for key, value in {"target": one.target, "interval": PERIOD, **way, **params}.items() for word in ("-p", f"{key}={value}")]
    return prodready("drill", "chaos", *words, "--json", cwd=folder, env={**environ, "PRODREADY_CACHE": str(folder)}, timeout=3600)


def row(environ: dict[str, str], form: str, server: str, delay: float) -> str:
    """Runs one row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = made(environ, form, SERVERS[server], delay, folder)
        try:
            one.start()
            ended = drilled(environ, one, folder, rounds=ROUNDS, limit=30, cooldown=COOLDOWN[form])
            incidents = json.loads(ended.out)["incidents"]
            true = one.outages()
        finally:
            one.stop()
    inside = sum(supervised.holds(incident["lasted"], outage) for incident, outage in zip(incidents, true, strict=True))
    widths = {at: incident["lasted"][1] - incident["lasted"][0] for at, incident in enumerate(incidents)}
    wide = [incidents[at]["late"] for at, width in widths.items() if width > 2 * PERIOD]
    known = f"{sum(mean(true)) / 2:.3f} s | {1000 * max(outage.width for outage in true):.1f} ms"
    figures = f"{inside} of {len(true)} | {known} | {max(widths.values()):.3f} s | {len(wide)} | {len(list(filter(None, wide)))}"
    return f"| {server} | {form} | {delay:g} s | {figures} | {never(environ, form, SERVERS[server])} |\n"


def never(environ: dict[str, str], form: str, kind: str) -> str:
    """What becomes of one that nobody restarts."""
    with tempfile.TemporaryDirectory() as name:
        one = made(environ, form, kind, None, Path(name))
        try:
            one.start()
            again = ["docker", "start", one.name] if isinstance(one, contained.Contained) else [sys.executable, "-c", f"open('{name}/restored', 'w')"]
            ended = drilled(environ, one, Path(name), limit=LIMIT, restore=json.dumps(again))
            restored = one.comes_back() if isinstance(one, contained.Contained) else Path(name, "restored").exists()
        finally:
            one.stop()
    low, high = json.loads(ended.out)["interval"]
    return f"failed after {low:.2f} s, {'restored' if restored else 'not restored'}" if (ended.code, high) == (1, None) else "not failed"


if __name__ == "__main__":
    with engine.engine() as docker, ThreadPoolExecutor(ROWS) as pool:
        engine.image(docker, "machine:1", links=engine.MERGED)
        jobs = [(form, server, delay) for form in ("process", "Docker") for server in SERVERS for delay in (0.2, 1, 3)]
        rows = list(pool.map(lambda job: row(docker, *job), jobs))
    (ROOT / "docs" / "reliability.md").write_text(HEAD + "".join(rows), "utf-8")
    print("".join(rows))
