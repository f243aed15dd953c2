"""Tick the boxes of a Markdown checklist by the evidence of a report, and change nothing else in it.

A box is ticked when its item passed, unticked when it did not; a box above others when all of them are ticked. Boxes that no item stands behind
stay as they are, and are listed.

Example:
  prodready tick RELEASE_CHECKLIST.md --report prodready-out/report.json          show what would change
  prodready tick RELEASE_CHECKLIST.md --report prodready-out/report.json --write  change it

"""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from prodready.boxes import outline
from prodready.boxes.evidence import Backed, backed
from prodready.boxes.ticks import ticked
from prodready.checklist import read_policy
from prodready.commands.report import read_bounded
from prodready.errors import Exit, ProdreadyError
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``tick``."""
    parser.add_argument("file", type=Path, help="a Markdown checklist")
    parser.add_argument("--report", type=Path, default=Path("prodready-out/report.json"), help="whose evidence (default: prodready-out/report.json)")
    parser.add_argument("--write", action="store_true", help="change the file; without, the difference is shown")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Shows or writes the ticks. Raises ProdreadyError when the file has no box, or none that an item of the report stands behind."""
    from prodready.report import json_v1_read

    text = read_policy(args.file, str(args.file)).text
    backing = backed(outline.read(text), json_v1_read.read(read_bounded(args.report)).outcomes)
    states = backing.states()
    if not states:
        what = "no item of the report stands behind any of its boxes" if backing.outline.boxes else "it has no box"
        raise ProdreadyError(f"{args.file}: {what}", "'prodready import' makes a profile of it; run that with --profile first")
    changed = ticked(text, states)
    if args.write:
        with args.file.open("w", encoding="utf-8", newline="") as file:
            file.write(changed)
    else:
        print("".join(difflib.unified_diff(text.splitlines(keepends=True), changed.splitlines(keepends=True), str(args.file), "by evidence", n=0)), end="")
    print("\n".join(_told(backing, differs=text != changed, written=args.write)))
    return Exit.READY


def _told(backing: Backed, *, differs: bool, written: bool) -> list[str]:
    states = backing.states()
    lines = [f"boxes: {len(backing.outline.boxes)}, evidenced: {sum(states.values())}"]
    lines += [f"  line {box.line}: no item stands behind it: {box.text}" for box in backing.outline.boxes if box not in states]
    if differs and not written:
        lines.append("  nothing was written; --write does")
    return lines
