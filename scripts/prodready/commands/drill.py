"""Run a drill: disturb something on purpose, prove it, time the recovery, restore, and leave a record. Exit 0 passed, 1 failed, 2 usage, 3 unknown.

ID is a drill ('prodready drill --list') with its parameters, or a YAML file that names one: {drill: chaos, title: …, params: {…}, expect: …}.
Several files run one after the other. Records go to the evidence folder as JSON, Markdown and SVG; the check drill_record reads them.

Examples:
  prodready drill chaos -p target=redis://localhost:6379 -p pidfile=/run/redis/redis.pid -p limit='30 s'
  prodready drill drills/*.yml --slack
  prodready drill chaos -p target=redis://localhost:6379 -p container=redis --dry-run
  prodready drill --history
  prodready drill --journal evidence/*.json > journal.json
  prodready drill --verify evidence/*.json

"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from prodready.columns import Rows, table
from prodready.commands.check import pairs
from prodready.errors import Exit, ProdreadyError
from prodready.report.plain import told
from prodready.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from prodready.drilling import Options
    from prodready.engine.journal import Event
    from prodready.evidence.record import Record

CODES = {"passed": Exit.READY, "failed": Exit.NOT_READY, "unknown": Exit.UNKNOWN}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``drill``."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="a drill, or YAML files that name one each")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter; the value is YAML")
    parser.add_argument("--expect", default="", help="the bound to hold, instead of the drill's own")
    parser.add_argument("--evidence", type=Path, default=Path("evidence"), metavar="DIR", help="where records go (default: evidence)")
    parser.add_argument("--good-for", default="30 d", metavar="TIME", help="how long the result is good (default: 30 d)")
    parser.add_argument("--dry-run", action="store_true", help="do everything up to the first disturbance, and say what it would be")
    parser.add_argument("--production", default="", metavar="HOST", help="names a production target a second time, which it needs")
    parser.add_argument("--slack", action="store_true", help="post the incident to the webhook in SLACK_WEBHOOK_URL; not delivered is a failure")
    parser.add_argument("--incidents", type=Path, metavar="FILE", help="also add a line on each drill to this log, such as logs/incidents.log")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign the record with this SSH key, or the public key of one that the agent holds")
    parser.add_argument("--verify", action="store_true", help="tell who signed these records, by the keys in .prodready/allowed_signers")
    parser.add_argument("--journal", action="store_true", help="print a record in the shape of a Chaos Toolkit journal")
    parser.add_argument("--list", action="store_true", help="list the drills")
    parser.add_argument("--history", action="store_true", help="show the times to recover so far, for each target")
    parser.add_argument("--json", action="store_true", help="print the record")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the drills; the exit code is that of the worst."""
    if args.list:
        return _print(rows()) if not args.evidence.is_dir() else _listed(args.evidence)
    if args.history:
        from prodready.evidence import history

        return _print(history.rows(args.evidence))
    if args.journal:
        return _journals([Path(name) for name in args.ids])
    if args.verify:
        return _verified([Path(name) for name in args.ids])
    if not args.ids:
        raise ProdreadyError("no drill is named", "'prodready drill --list' lists them")
    from prodready import drilling

    if len(args.ids) > 1 and args.param:
        raise ProdreadyError("parameters of the command line go with one drill", "write them into the YAML files, or run one at a time")
    wishes = [drilling.wish(name, pairs(args.param), expect=args.expect, good_for=args.good_for) for name in args.ids]
    how = options(args)
    codes = [_ended(drilling.run(one, how, settings), args) for one in wishes]
    return max(codes, key=(Exit.READY, Exit.UNKNOWN, Exit.NOT_READY).index)


def options(args: argparse.Namespace, *, keep: Callable[[Record], bool] = lambda made: True) -> Options:
    """How drills are run, by the options that ``drill`` and ``launch`` share. Raises ProdreadyError."""
    from prodready import drilling

    return drilling.Options(
        evidence=args.evidence, dry=args.dry_run, production=args.production, webhook=_webhook(args), tell=_progress, incidents=args.incidents, keep=keep,
        key=args.sign.expanduser() if args.sign else None,
    )  # fmt: skip


def rows() -> Rows:
    """The drills, as ``list drills`` shows them."""
    from prodready import drill

    return [("DRILL", "WHAT IT DOES"), *((name, drill.doc(name).partition("\n")[0]) for name in drill.known())]


def _listed(folder: Path) -> int:
    """The drills, and the history of each target that was struck."""
    from prodready.evidence import history

    _print(rows())
    with contextlib.suppress(ProdreadyError):  # a folder without a record
        past = history.rows(folder)
        print(f"\nSo far, by the records in {folder}:")
        _print(past)
    return Exit.READY


def _journals(paths: list[Path]) -> int:
    from prodready.evidence import chaostoolkit
    from prodready.evidence.record import parse

    for path in paths:
        try:
            print(chaostoolkit.journal(parse(path.read_text("utf-8"))), end="")
        except (OSError, ValueError) as error:
            raise ProdreadyError(f"{path} is no record: {error}", "name a JSON file of the evidence folder") from None
    return Exit.READY


def _verified(paths: list[Path]) -> int:
    """Says of each record who signed it. Exit 0 when somebody signed each, 1 when one does not hold."""
    from prodready import people, policy
    from prodready.evidence import signed
    from prodready.world.repo import open_repo

    repo = open_repo(Path.cwd())
    trust = people.trust(repo, policy.choose(repo))
    if trust is None:
        line = f'ci@acme namespaces="{signed.RECORDS}" ssh-ed25519 AAAA…'
        raise ProdreadyError(f"nobody is known here: there is no {people.SIGNERS}", f"write lines such as: {line}")
    told = [(path, *signed.checked(path, trust)) for path in paths]
    for path, good, words in told:
        print(f"{path}: {'good' if good else 'not good'}: {words}")
    return Exit.READY if told and all(good for _, good, _ in told) else Exit.NOT_READY


def _webhook(args: argparse.Namespace) -> str:
    from prodready.notify.slack import VARIABLE

    if not args.slack:
        return ""
    if not (url := os.environ.get(VARIABLE, "")):
        raise ProdreadyError(f"--slack needs the webhook's address in {VARIABLE}, and it is not set", f"give the step 'env: {VARIABLE}: ${{{{ secrets.… }}}}'")
    return url


def _progress(event: Event) -> None:
    print(f"{event.at:8.3f} s  {event.phase:<9}  {told(event.what)}", file=sys.stderr, flush=True)


def _ended(made: Record | None, args: argparse.Namespace) -> Exit:
    """Prints how a drill ended; its exit code."""
    if made is None:
        print("dry run: nothing was disturbed, and there is no record")
        return Exit.READY
    from prodready.evidence.record import text as record_text

    print(record_text(made).rstrip() if args.json else "\n".join(_lines(made, args.evidence)))
    undelivered = [one for one in made.notifications if not one.delivered]
    for one in undelivered:
        print(f"prodready: the incident did not reach {one.channel}: {told(one.detail)}", file=sys.stderr)
    return max(CODES[made.status], Exit.NOT_READY if undelivered else Exit.READY, key=(Exit.READY, Exit.UNKNOWN, Exit.NOT_READY).index)


def _lines(made: Record, folder: Path) -> list[str]:
    from prodready.evidence.files import stem
    from prodready.evidence.incident_log import SIGNS

    lines = [f"{SIGNS[made.status]} {told(made.title)} {made.status}: {told(made.summary)}"]
    lines += [f"  what to do: {told(made.remedy)}"] if made.remedy else []
    lines += [f"  - {told(finding.message)}" for finding in made.findings]
    return [*lines, f"  record: {folder / stem(made)}.json, good until {made.expires}"]


def _print(lines: Rows) -> int:
    print("\n".join(table(lines)))
    return Exit.READY
