"""Join partial reports of the same commit, run what they lack, score and decide.

Each partial brings its observations; they are judged anew by the policy of this run.

Example:
  prodready merge partials/*/report.json --path . --base main

"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from prodready import request
from prodready.commands.report import read_bounded
from prodready.model import Report
from prodready.request import Request
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``merge``: those of ``run``, and the partial reports."""
    parser.add_argument("partials", nargs="+", type=Path, metavar="PARTIAL", help="report.json files, or folders that hold them")
    parser.add_argument("--path", help="folder to gate (default: the current checkout)")
    parser.add_argument("--shards", type=request.parts, metavar="N", help="the number given to 'plan': a part that left no report fails the run")
    request.configure(parser)


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Merges, gates and delivers; the exit code is the decision's."""
    from prodready import assembly, delivery

    wish = delivery.in_actions(Request.of(args, settings), settings)
    partials = [(path, _read(path)) for path in found(args.partials)]
    report = assembly.gate(wish, settings, delivery.progress(settings), partials=[partial for _, partial in partials], parts=args.shards)
    told = replace(report, notes=(*report.notes, f"joined from {len(partials)} partial reports"))
    return delivery.deliver(told, wish, settings)


def found(places: list[Path]) -> list[Path]:
    """The report files named, and those one or two folders below a named folder, sorted."""
    files: list[Path] = []
    for place in places:
        files += sorted({*place.glob("report.json"), *place.glob("*/report.json")}) if place.is_dir() else [place]
    return files


def _read(path: Path) -> Report:
    from prodready.report import json_v1_read

    return json_v1_read.read(read_bounded(path))
