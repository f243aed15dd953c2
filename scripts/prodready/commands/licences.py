"""Write what is shipped under which licence: a bill of materials in SPDX, or the NOTICE that goes with a release.

Exit 0 when the licence of every package could be read, 3 when that of some could not; they are named, and written as not known.

Examples:
  prodready licences . > sbom.spdx.json
  prodready licences . --format notice > NOTICE

"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import cast

from prodready import check as checks
from prodready.checks.licences import Params
from prodready.commands.check import pairs
from prodready.errors import Exit, ProdreadyError
from prodready.request import Request, parse_time
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``licences``."""
    parser.add_argument("path", nargs="?", default=".", help="folder to look at (default: the current one)")
    parser.add_argument("--format", choices=("spdx", "notice"), default="spdx", help="what to write (default: spdx)")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of the check: policy=licences.yml")
    parser.add_argument("--offline", action="store_true", help="use no network: read only what lies in the folder")
    parser.add_argument("--now", metavar="TIME", help="write as of this time (ISO 8601)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the document to standard output, and what could not be read to the error stream."""
    from prodready import assembly
    from prodready.checks.licences import bill, notice, rows
    from prodready.plan import bind
    from prodready.world.repo import open_repo

    params = cast("Params", bind("licences", pairs(args.param), where="licences"))
    wish = Request(path=Path(args.path), offline=args.offline, now=parse_time(args.now) if args.now else None)
    with assembly.world(open_repo(wish.path), None, wish, settings) as world, tempfile.TemporaryDirectory(prefix="prodready-") as scratch:
        context = world.context(lambda: Path(tempfile.mkdtemp(dir=scratch)))
        try:
            judged, gaps = rows(context, params, texts=args.format == "notice")
        except checks.CannotTell as unable:
            raise ProdreadyError(unable.reason, unable.remedy) from None
    text = notice.written(world.name, judged) if args.format == "notice" else bill.written(world.name, judged, world.now)
    print(text, end="")
    print("".join(f"not known: {gap}\n" for gap in gaps), end="", file=sys.stderr)
    return Exit.UNKNOWN if gaps else Exit.READY
