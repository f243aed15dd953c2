"""Write what the repository is made of: a bill of materials in CycloneDX 1.6, from its lock files, without running or fetching anything.

Exit 0 when every manifest is answered by a lock file, 3 when something could not be told; it is named, and the bill is written without it.

Examples:
  prodready sbom . > bom.cdx.json

"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from prodready.errors import Exit, ProdreadyError
from prodready.request import parse_time
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``sbom``."""
    parser.add_argument("path", nargs="?", default=".", help="folder to look at (default: the current one)")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="lock files that ship nothing, such as fixtures (gitignore patterns)")
    parser.add_argument("--now", metavar="TIME", help="write as of this time (ISO 8601)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the bill to standard output, and what could not be told to the error stream. Raises ProdreadyError when there is no package."""
    from prodready import sbom
    from prodready.readers import resolved
    from prodready.world.repo import open_repo

    repo = open_repo(Path(args.path))
    found = resolved.read(repo, exclude=tuple(args.exclude))
    gaps = (*found.gaps, *found.aside)
    if not found.packages:
        raise ProdreadyError("no lock file names a package", gaps[0] if gaps else "lock the dependencies first, for example with 'uv lock'")
    commit = repo.history.head if repo.history else ""
    now = parse_time(args.now) if args.now else datetime.now(UTC)
    print(sbom.bill(found.distinct, name=repo.root.name, commit=commit, now=now), end="")
    print("".join(f"not in it: {gap}\n" for gap in gaps), end="", file=sys.stderr)
    return Exit.UNKNOWN if gaps else Exit.READY
