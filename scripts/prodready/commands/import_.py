"""Make a profile of a Markdown checklist: every box becomes an item, with the check that its words suggest.

The list is never changed. What is made is a beginning: read each item, and name the files and addresses of your service. 'prodready lint' on
the list itself tells first what is doubtful about it; 'prodready tick' later writes true ticks back.

Examples:
  prodready import RELEASE_CHECKLIST.md                       print the profile
  prodready import RELEASE_CHECKLIST.md --out release.yml     write it, if there is no such file yet

"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from prodready.boxes import outline
from prodready.boxes.doubts import doubts, summary
from prodready.boxes.skeleton import Skeleton
from prodready.boxes.suggest import library
from prodready.checklist import read_policy
from prodready.errors import Exit, ProdreadyError
from prodready.report.escape import line
from prodready.settings import Settings

MOST = 12
"""Boxes without a suggestion that are listed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``import``."""
    parser.add_argument("file", type=Path, help="a Markdown checklist")
    parser.add_argument("--out", type=Path, help="the profile to write (default: print it)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints or writes the profile. Raises ProdreadyError for a list without boxes, and for a file that is there already."""
    list_ = outline.read(read_policy(args.file, str(args.file)).text)
    if not list_.boxes:
        raise ProdreadyError(f"{args.file}: it has no box", "a box is a list item that begins with '[ ]' or '[x]'")
    if args.out and args.out.exists():
        raise ProdreadyError(f"{args.out} is there already, and is not overwritten", "give another name with --out, or remove it first")
    made = Skeleton(outline=list_, library=library(), source=args.file.name)
    text = made.text()
    if args.out:
        args.out.write_text(text, "utf-8")
        print(f"wrote {args.out}; run it: prodready run --profile {args.out}")
    else:
        print(text, end="")
    print("\n".join(_told(made, args.file)), file=sys.stderr)
    return Exit.READY


def _told(made: Skeleton, path: Path) -> list[str]:
    leaves, found = made.outline.leaves(), doubts(made.outline)
    lines = [f"{len(leaves)} tasks: {made.suggested} with a check by their words, {len(made.unsure)} to be decided"]
    lines += [f"  line {box.line}: {line(box.text, 120)}" for box in made.unsure[:MOST]]
    if len(made.unsure) > MOST:
        lines.append(f"  and {len(made.unsure) - MOST} more")
    if found:
        lines.append(f"{summary(found)}; 'prodready lint {path}' tells them with their fixes")
    return lines
