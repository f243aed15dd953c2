"""The pinned programs: what is pinned, where from, whether it is here, and why not.

Examples:
  prodready tools list
  prodready tools install gitleaks bandit
  prodready tools install trivy        # built from its Go module: minutes
  prodready tools verify

"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prodready.columns import Rows, table
from prodready.errors import Exit
from prodready.settings import Settings

if TYPE_CHECKING:
    from prodready.tools.listing import Row


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``tools``."""
    parser.add_argument("verb", choices=("list", "install", "verify"), help="list: nothing is changed; install: what is missing; verify: every file's sha256")
    parser.add_argument("names", nargs="*", help="programs (default: all)")
    parser.add_argument("--offline", action="store_true", help="install nothing")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints a row a program; 3 when one that was asked for is not here."""
    from prodready.tools import listing
    from prodready.world.process import Processes

    box = Processes(cache=settings.cache, offline=args.offline).toolbox
    box.builds = args.verb == "install"
    found = {"list": listing.rows, "install": listing.install, "verify": listing.verify}[args.verb](box, args.names)
    for line in table(_rows(found)):
        print(line)
    complete = all(row.here for row in found)
    return Exit.READY if complete or args.verb == "list" else Exit.UNKNOWN


def rows(settings: Settings) -> Rows:
    """What ``list tools`` shows."""
    from prodready.tools import listing
    from prodready.world.process import Processes

    return _rows(listing.rows(Processes(cache=settings.cache).toolbox))


def _rows(found: Sequence[Row]) -> Rows:
    cells = [(row.name, row.version, "yes" if row.here else "no", row.source or "; ".join(row.sources), row.why_not) for row in found]
    return [("TOOL", "VERSION", "HERE", "FROM", ""), *cells]
