"""How large the HTML report of 5 000 findings is, how long it takes to write, and when a real Chromium has it interactive.

example: python benchmarks/report_html.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from browser.chromium import look  # noqa: E402 - found by the lines above
from prodready.report import RENDERERS  # noqa: E402 - likewise
from reports import large  # noqa: E402 - likewise


def main() -> None:
    """Prints the figures; the size is also held by a test."""
    report = large()
    begin = time.perf_counter()
    page = RENDERERS["html"](report)
    took = time.perf_counter() - begin
    begin = time.perf_counter()
    RENDERERS["json"](report)
    plain = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as folder:
        seen = look(page, Path(folder), wanted="orders_17.py", screens="desktop", opened=3)
    print(f"5 000 findings: {len(page.encode()) / 1e6:.2f} MB, written in {took / plain:.1f} times the time of report.json")
    timing, searched = seen["timing"], seen["shown"]["searching"]
    print(f"interactive after {timing['interactive']:.0f} ms, loaded after {timing['complete']:.0f} ms; a search took {searched} ms")


if __name__ == "__main__":
    main()
