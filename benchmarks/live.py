"""How long do the checks of running systems take over a stack that runs, all in one run? Needs what examples/desk/stack/up.py needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUDGET = 5.0
"""Seconds for all of them together."""


def main() -> None:
    """Starts the stack, runs the gate over it five times, and prints the fastest beside the budget."""
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        gate = [sys.executable, str(ROOT / "scripts" / "launch.py"), "run", "@run@/repo", "--stage", "release", "--out", f"{folder}/out"]
        runs = f"for i in 1 2 3 4 5; do {' '.join(gate)} >/dev/null; cp {folder}/out/report.json {folder}/$i.json; done"
        up = [sys.executable, str(ROOT / "examples" / "desk" / "stack" / "up.py"), "--", "sh", "-c", runs]
        subprocess.run(up, check=True, env={**os.environ, "PRODREADY_HISTORY": "off"})
        reports = [json.loads((Path(folder) / f"{number}.json").read_text("utf-8")) for number in range(1, 6)]
    best = min(reports, key=lambda report: float(report["seconds"]))
    for item in sorted(best["items"], key=lambda item: -item["seconds"]):
        print(f"{item['seconds']:8.3f} s  {item['check']:20} {item['status']}")
    print(f"{best['seconds']:8.3f} s  all {len(best['items'])} in one run, {best['seconds'] / BUDGET:.2f} of the budget of {BUDGET:g} s")


if __name__ == "__main__":
    main()
