"""List what there is: checks, drills, items, profiles or tools.

Examples:
  prodready list checks
  prodready list items --profile starter

"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from prodready import check, checklist
from prodready.columns import Rows, table
from prodready.errors import Exit
from prodready.model import Checklist
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``list``."""
    parser.add_argument("what", choices=sorted(_LISTS), help="what to list")
    parser.add_argument("--profile", default="", help="whose items (default: this repository's)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints a table."""
    for line in table(_LISTS[args.what](args, settings)):
        print(line)
    return Exit.READY


def _checks(args: argparse.Namespace, settings: Settings) -> Rows:
    heads = [(head.id, head.domain, head.expect, head.about) for head in check.headings()]
    return [("CHECK", "DOMAIN", "DEFAULT BOUND", "WHAT IT LOOKS AT"), *heads]


def _drills(args: argparse.Namespace, settings: Settings) -> Rows:
    from prodready.commands import drill

    return drill.rows()


def _items(args: argparse.Namespace, settings: Settings) -> Rows:
    held = held_checklist(args.profile)
    rows = [(item.id, item.stage.value, "required" if item.required else "", item.check, item.title) for item in held.items]
    return [("ITEM", "STAGE", "", "CHECK", "TITLE"), *rows]


def held_checklist(profile: str) -> Checklist:
    """The checklist of the folder we are in, without needing git. Raises ChecklistError."""
    from prodready import policy

    return policy.in_folder(Path.cwd(), profile)


def _profiles(args: argparse.Namespace, settings: Settings) -> Rows:
    held = [checklist.load(checklist.find(name, Path.cwd())) for name in checklist.builtin()]
    return [("PROFILE", "ITEMS", "PASS MARK", "TITLE"), *((one.id, str(len(one.items)), f"{one.pass_mark:g}", one.title) for one in held)]


def _tools(args: argparse.Namespace, settings: Settings) -> Rows:
    from prodready.commands import tools

    return tools.rows(settings)


_LISTS: dict[str, Callable[[argparse.Namespace, Settings], Rows]] = {
    "checks": _checks, "drills": _drills, "items": _items, "profiles": _profiles, "tools": _tools,
}  # fmt: skip
