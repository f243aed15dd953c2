"""The runs of the past: score, verdict and what changed. Every whole run is appended by itself.

The store is a file of yours (PRODREADY_HISTORY names another, 'off' keeps none). On GitHub, keep the exported lines on a branch or as an artifact.

Examples:
  prodready history
  prodready history --add artifacts/ --export history.jsonl

"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from prodready.columns import table
from prodready.commands.merge import found
from prodready.commands.report import read_bounded
from prodready.errors import Exit, ProdreadyError
from prodready.history import History, Run, exported
from prodready.names import counted
from prodready.report import json_v1_read
from prodready.report.escape import line
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``history``."""
    parser.add_argument("--history", type=Path, help="the store (default: yours)")
    parser.add_argument("--repository", default="", help="runs of this one only, as owner/name")
    parser.add_argument("--add", type=Path, nargs="+", default=[], metavar="PATH", help="report.json files, folders of them, or exported lines (*.jsonl)")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write the runs as lines of JSON")
    parser.add_argument("--last", type=int, default=30, metavar="N", help="runs to show (default: 30)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints a table, the latest run last."""
    path = args.history or settings.history
    if path is None:
        raise ProdreadyError("no history is kept: PRODREADY_HISTORY is 'off'", "name a file with --history")
    store = History(path)
    for place in args.add:
        _add(store, place)
    runs = store.runs(args.repository)
    if args.export:
        args.export.write_text("".join(f"{one}\n" for one in exported(runs)), "utf-8")
        print(f"wrote {args.export}: {counted(len(runs), 'run')}")
    for row in table([("WHEN", "REPOSITORY", "COMMIT", "STAGE", "SCORE", "CHANGE", "VERDICT", "ITEMS"), *_rows(runs)[-max(1, args.last) :]]):
        print(row)
    return Exit.READY


def _add(store: History, place: Path) -> None:
    if place.suffix == ".jsonl":
        print(f"{place}: {counted(store.merge(read_bounded(place).splitlines()), 'run')} added")
        return
    reports = [json_v1_read.read(read_bounded(path)) for path in found([place])]
    print(f"{place}: {counted(sum(store.add(report) for report in reports), 'run')} added")


def _rows(runs: tuple[Run, ...]) -> list[tuple[str, ...]]:
    last: dict[tuple[str, str, str], float] = {}
    rows: list[tuple[str, ...]] = []
    for run in runs:
        gate = (run.repository, run.profile, run.stage)
        change = f"{run.score - last[gate]:+.1f}" if gate in last else ""
        last[gate] = run.score
        verdict = "ready" if run.ready else {3: "unknown", 4: "pending"}.get(run.exit_code, "not ready")
        items = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in json.loads(run.counts).items())
        when, where = run.started[:16].replace("T", " "), (line(run.repository, 40), line(run.commit_id[:12]))
        rows.append((when, *where, run.stage, f"{run.score:.1f}", change, verdict, items))
    return rows
