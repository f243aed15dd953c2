"""One page on many repositories, from their report.json files: worst items, stale evidence, waivers that run out.

Example:
  prodready fleet artifacts/ --out fleet.html

"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from prodready.commands.merge import found
from prodready.commands.report import read_bounded
from prodready.errors import Exit, ProdreadyError
from prodready.request import parse_time
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``fleet``."""
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help="report.json files, or folders that hold them")
    parser.add_argument("--out", type=Path, default=Path("fleet.html"), help="the page (default: fleet.html)")
    parser.add_argument("--now", metavar="TIME", help="judge ages as of this time (ISO 8601)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the page. Raises ProdreadyError when there is no report."""
    from prodready.history import History
    from prodready.report import json_v1_read
    from prodready.report.html import fleet

    reports = [json_v1_read.read(read_bounded(path)) for path in found(args.reports)]
    if not reports:
        raise ProdreadyError("no report.json was found there", "name report.json files, or folders that hold them")
    now = parse_time(args.now) if args.now else datetime.now(UTC)
    store = History(settings.history) if settings.history and settings.history.is_file() else None
    pasts = {report.subject.name: store.past(report) for report in fleet.latest(reports)} if store else {}
    args.out.write_text(fleet.render(reports, now, pasts), "utf-8")
    print(f"wrote {args.out}: {len(fleet.latest(reports))} services from {len(reports)} reports")
    return Exit.READY
