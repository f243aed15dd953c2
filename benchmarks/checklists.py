"""How sure and how fast Markdown checklists are read: random documents against GitHub's own parser, and a list of 10 000 boxes.

uv run --no-project --with cmarkgfm==2025.10.22 --with hypothesis benchmarks/checklists.py
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from boxes import markdown  # noqa: E402 - of tests/
from prodready.boxes import outline, skeleton, suggest  # noqa: E402


def main() -> int:
    """Prints the figures; 1 at the first document on which the two parsers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000, help="how many (default 100 000)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    dice, boxes = random.Random(args.seed), 0  # noqa: S311 - documents, no secrets
    for _ in range(args.documents):
        text = markdown.random_text(dice)
        read = outline.read(text)
        ours = [box for box in read.boxes if not box.in_table]
        boxes += len(ours)
        if markdown.shown(text) != [box.ticked for box in ours]:
            print(f"they differ on {text!r}")
            return 1
    print(f"{args.documents:,} documents with {boxes:,} boxes: as GitHub's parser shows them")
    begin = time.perf_counter()
    found = outline.read("".join(f"- [{'x' if number % 3 else ' '}] step **{number}** of `many`\n" for number in range(10_000)))
    print(f"{len(found.boxes):,} boxes read in {time.perf_counter() - begin:.2f} s")
    begin = time.perf_counter()
    skeleton.Skeleton(outline=found, library=suggest.library(), source="LIST.md").text()
    print(f"and made into a profile in {time.perf_counter() - begin:.2f} s more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
