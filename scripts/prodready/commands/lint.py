"""Validate a profile or a .prodready.yml without running anything.

Example:
  prodready lint profiles/starter.yml

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready import checklist, policy
from prodready.errors import Exit
from prodready.model import Checklist
from prodready.plan import bind_all
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``lint``."""
    parser.add_argument("file", type=Path, help="a profile, or a repository's .prodready.yml")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints what the file means; raises ChecklistError with every mistake and its line."""
    held = _load(args.file)
    bind_all(held)
    print(f"{args.file}: valid: {len(held.items)} items in {len(held.categories)} categories, pass mark {held.pass_mark:g}")
    for line in (*_weights(held), *held.bypasses):
        print(f"  note: {line}")
    return Exit.READY


def _load(path: Path) -> Checklist:
    if path.name == policy.OWN:
        return policy.in_folder(path.parent, "")
    return checklist.load(checklist.read_policy(path, str(path)))


def _weights(held: Checklist) -> list[str]:
    total = sum(category.weight for category in held.categories)
    return [] if abs(total - 100) < 1e-9 else [f"the category weights add up to {total:g}, not 100; the report shows them normalised"]
