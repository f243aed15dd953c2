"""Validate a profile or a .prodready.yml, or tell what is doubtful about a Markdown checklist, without running anything.

Of a checklist every doubt is told with its line and its fix: sums that do not add up, bounds nobody can meet, boxes that are no tasks,
placeholders, broken characters. The exit code is then 1.

Examples:
  prodready lint profiles/starter.yml
  prodready lint RELEASE_CHECKLIST.md

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready import check, checklist, doubts, policy
from prodready.errors import Exit, ProdreadyError
from prodready.model import OWN, Checklist, Item
from prodready.plan import bind_all
from prodready.report.escape import line
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``lint``."""
    parser.add_argument("file", type=Path, help="a profile, a repository's .prodready.yml, or a checklist in Markdown")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints what the file means; raises ChecklistError with every mistake and its line."""
    if args.file.suffix.lower() in (".md", ".markdown"):
        return _doubt(args.file)
    held = _load(args.file)
    params = bind_all(held)
    print(f"{args.file}: valid: {len(held.items)} items in {len(held.categories)} categories, pass mark {held.pass_mark:g}")
    for note in (*_weights(held), *held.bypasses):
        print(f"  note: {note}")
    bounds = (f"{item.id}: {words}" for item in held.items if item.id in params and (words := _senseless(item, params[item.id])))
    senseless = [*doubts.of_checklist(held), *bounds]
    for words in senseless:
        print(f"  doubt: {words}")
    return Exit.NOT_READY if senseless else Exit.READY


def _senseless(item: Item, params: object) -> str:
    """Why the item's bound can never hold, or never fail; empty when it can do both."""
    found = check.load(item.check)
    return found.doubt(params, item.expect) if found.doubt and item.expect and not item.off else ""


def _doubt(path: Path) -> int:
    from prodready.boxes import doubts as boxes
    from prodready.boxes import outline

    list_ = outline.read(checklist.read_policy(path, str(path)).text)
    if not list_.boxes:
        raise ProdreadyError(f"{path}: it has no box", "a box is a list item that begins with '[ ]' or '[x]'")
    found = boxes.doubts(list_)
    for doubt in found:
        print(f"{path}:{doubt.line}:{doubt.column}: {doubt.rule}: {line(doubt.message, 400)}\n    fix: {doubt.fix}")
    print(f"{path}: {len(list_.leaves())} tasks in {len(list_.boxes)} boxes; {boxes.summary(found) if found else 'nothing is doubtful'}")
    return Exit.NOT_READY if found else Exit.READY


def _load(path: Path) -> Checklist:
    if path.name == OWN:
        return policy.in_folder(path.parent, "")
    return checklist.load(checklist.read_policy(path, str(path)))


def _weights(held: Checklist) -> list[str]:
    total = sum(category.weight for category in held.categories)
    return [] if abs(total - 100) < 1e-9 else [f"the category weights add up to {total:g}, not 100; the report shows them normalised"]
