"""List the waivers of a policy, or tell which of them are no loans any more.

'lint' ends with 1 when one has expired, lasts longer than 90 days, is not needed (with --report), was widened (with --base), or when all
together lend more points than the policy allows. One that ends within 14 days is a warning. Duplicates are errors of the file itself.

Examples:
  prodready waivers list
  prodready waivers lint --base main --report prodready-out/report.json

"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from prodready import policy, waivers
from prodready.columns import table
from prodready.commands.report import read_bounded
from prodready.compare import widened
from prodready.errors import Exit
from prodready.model import Checklist, Outcome, Status, Unseen
from prodready.names import counted, shown
from prodready.request import parse_time
from prodready.score import score
from prodready.settings import Settings

HEADING = ("ITEM", "OWNER", "APPROVER", "TICKET", "UNTIL", "DAYS", "REASON")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``waivers``."""
    parser.add_argument("verb", choices=("list", "lint"), help="show them, or fail on those that are no loans any more")
    parser.add_argument("path", nargs="?", type=Path, default=Path(), help="folder whose .prodready.yml is read (default: the current one)")
    parser.add_argument("--profile", default="", help="as for 'prodready run'")
    parser.add_argument("--base", default="", help="a branch to compare with: a waiver that is new or longer than there is widened")
    parser.add_argument("--report", type=Path, help="a report.json: a waiver of an item that passes there is not needed")
    parser.add_argument("--now", metavar="TIME", help="judge as of this time (ISO 8601)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints; exit 1 for ``lint`` that finds something. Raises ProdreadyError."""
    held = policy.in_folder(args.path, args.profile)
    today = (parse_time(args.now) if args.now else datetime.now(UTC)).date()
    outcomes = _outcomes(held, args.report)
    wrong = (*waivers.faults(held, None, outcomes, score(held, outcomes), today), *_widened(held, args))
    if args.verb == "list":
        print("\n".join(table((HEADING, *_rows(held, today)))) if held.waivers else "no waivers")
        return Exit.READY
    for line in waivers.ending(held, today):
        print(f"soon: {shown(line)}")
    for line in wrong:
        print(f"wrong: {shown(line)}")
    print(f"{counted(len(held.waivers), 'waiver')}, {len(wrong)} wrong")
    return Exit.NOT_READY if wrong else Exit.READY


def _rows(held: Checklist, today: date) -> Iterator[tuple[str, ...]]:
    for one in sorted(held.waivers, key=lambda waiver: waiver.until):
        cells = (one.item, one.owner, one.approver, one.ticket, one.until.isoformat(), str((one.until - today).days), one.reason)
        yield tuple(map(shown, cells))


def _outcomes(held: Checklist, report: Path | None) -> Mapping[str, Outcome]:
    """How the items ended; without a report as if each waiver were needed and everything else passed, so that the cap is held at its worst."""
    statuses = _statuses(report) if report else {}
    waived = {waiver.item for waiver in held.waivers}
    usual = {item.id: Status.WAIVED if item.id in waived else Status.PASSED for item in held.items}
    return {item.id: _outcome(held, item.id, statuses.get(item.id, usual[item.id])) for item in held.items}


def _outcome(held: Checklist, item_id: str, status: Status) -> Outcome:
    item = next(item for item in held.items if item.id == item_id)
    waiver = next((one for one in held.waivers if one.item == item_id), None) if status is Status.WAIVED else None
    return Outcome(item=item, status=status, summary="", observation=Unseen(reason="not looked at"), waiver=waiver)


def _statuses(report: Path) -> Mapping[str, Status]:
    from prodready.report import json_v1_read

    return {outcome.item.id: outcome.status for outcome in json_v1_read.read(read_bounded(report)).outcomes}


def _widened(held: Checklist, args: argparse.Namespace) -> tuple[str, ...]:
    if not args.base:
        return ()
    from prodready.world.repo import open_repo

    base = policy.choose(open_repo(args.path, base=args.base), profile=args.profile, base=args.base).checklist
    return tuple(widened(base.waivers, held.waivers))
