"""Tell what a check, a drill or an item looks at, what it expects, and how to satisfy it.

Examples:
  prodready explain secrets
  prodready explain secrets.none --profile starter

"""

from __future__ import annotations

import argparse

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from prodready import check, drill
from prodready.columns import table
from prodready.commands.list import held_checklist
from prodready.decode import nearest, written
from prodready.errors import Exit, ProdreadyError
from prodready.fielddocs import field_docs
from prodready.model import Item
from prodready.rules import rules
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``explain``."""
    parser.add_argument("id", help="a check, a drill or an item")
    parser.add_argument("--profile", default="", help="whose items (default: this repository's)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the words of the check or item."""
    if args.id in check.known():
        print("\n".join(of_check(args.id)))
        return Exit.READY
    if args.id in drill.known():
        print("\n".join(of_drill(args.id)))
        return Exit.READY
    items = {item.id: item for item in held_checklist(args.profile).items}
    if args.id not in items:
        close = nearest(args.id, [*items, *check.known(), *drill.known()])
        raise ProdreadyError(f"{args.id!r} is no check, drill or item; {close}", "see 'prodready list items'")
    print("\n".join(of_item(items[args.id])))
    return Exit.READY


def of_check(check_id: str) -> list[str]:
    """The check's docstring, its parameters and what it needs."""
    found = check.load(check_id)
    lines = [check_id, "=" * len(check_id), "", check.doc(check_id), "", f"Default bound: {found.expect}", f"Domain: {found.domain}"]
    if found.tools:
        lines.append(f"Programs: {', '.join(found.tools)} (pinned; 'prodready list tools')")
    lines += [f"Deadline: {found.deadline:g} s", "", "Parameters:", *table(_parameters(found.params))]
    known = rules(check_id)
    return [*lines, "", "Rules:", *table([(f"  {rule.id}", rule.title, rule.why) for rule in known.values()])] if known else lines


def of_drill(drill_id: str) -> list[str]:
    """The drill's docstring and its parameters."""
    found = drill.load(drill_id)
    lines = [drill_id, "=" * len(drill_id), "", drill.doc(drill_id), "", f"Default bound: {found.expect}"]
    return [*lines, "", "Parameters:", *table(_parameters(found.params))]


def _parameters(params: type[Struct]) -> list[tuple[str, ...]]:
    docs = field_docs(params)
    return [(f"  {written(field.name)}", _default(field), docs.get(field.name, "")) for field in fields(params)] or [("  none", "")]


def _default(field: FieldInfo) -> str:
    if field.required:
        return "required"
    return "optional" if field.default in ("", (), None, NODEFAULT) else f"default {field.default!r}"


def of_item(item: Item) -> list[str]:
    """The item's own words, then those of its check."""
    lines = [item.id, "=" * len(item.id), "", item.title, ""]
    lines += [f"{name}: {text}" for name, text in (("Why", item.why), ("How", item.how), ("Switched off", item.off)) if text]
    lines += [f"{name}: {text}" for name, text in (("Section", item.section), ("Owner", item.owner), ("Due", item.due)) if text]
    lines += [f"Expects: {item.expect or check.load(item.check).expect}", f"Stage: {item.stage}{', required' if item.required else ''}, weight {item.weight:g}"]
    if item.params:
        lines += ["Parameters:", *(f"  {key}: {value}" for key, value in item.params.items())]
    return [*lines, "", f"-- the check {item.check} --", "", *of_check(item.check)]
