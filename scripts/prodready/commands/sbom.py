"""Write what the repository is made of: a bill of materials in CycloneDX 1.6, from its lock files, without running or fetching anything.

With --image it is what syft finds in a built image, packages of its operating system among it; 'prodready tools install syft' brings syft.

Exit 0 when every manifest is answered by a lock file, 3 when something could not be told; it is named, and the bill is written without it.

Examples:
  prodready sbom . > bom.cdx.json
  prodready sbom --image dist/desk.tar > desk.cdx.json

"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prodready.errors import Exit, ProdreadyError
from prodready.names import shown
from prodready.request import Request, parse_time
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``sbom``."""
    parser.add_argument("path", nargs="?", default=".", help="folder to look at (default: the current one)")
    parser.add_argument("--image", metavar="ARCHIVE", help="an image in a file ('docker image save -o ARCHIVE NAME', OCI), to be listed by syft")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="lock files that ship nothing, such as fixtures (gitignore patterns)")
    parser.add_argument("--now", metavar="TIME", help="write as of this time (ISO 8601)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the bill to standard output, and what could not be told to the error stream. Raises ProdreadyError when there is no package."""
    from prodready import sbom
    from prodready.readers import resolved
    from prodready.world.repo import open_repo

    if args.image:
        return _of_image(Path(args.image), args, settings)
    repo = open_repo(Path(args.path))
    found = resolved.read(repo, exclude=tuple(args.exclude))
    gaps = (*found.gaps, *found.aside)
    if not found.packages:
        raise ProdreadyError("no lock file names a package", gaps[0] if gaps else "lock the dependencies first, for example with 'uv lock'")
    commit = repo.history.head if repo.history else ""
    return _told(sbom.bill(found.distinct, name=repo.root.name, commit=commit, now=_now(args)), gaps)


def _of_image(archive: Path, args: argparse.Namespace, settings: Settings) -> int:
    from prodready import assembly
    from prodready.check import CannotTell
    from prodready.checks.containers.syft import listing
    from prodready.world.repo import open_repo

    if not archive.is_file():
        raise ProdreadyError(f"there is no image archive {shown(str(archive))}", "write it: docker image save -o image.tar NAME")
    wish = Request(path=Path(args.path))
    with assembly.world(open_repo(wish.path), None, wish, settings) as world, tempfile.TemporaryDirectory(prefix="prodready-") as scratch:
        context = world.context(lambda: Path(tempfile.mkdtemp(dir=scratch)))
        try:
            found = listing(context, archive, archive.name)
        except CannotTell as unable:
            raise ProdreadyError(unable.reason, unable.remedy) from None
    return _told(found.text(_now(args)), found.scanned.gaps)


def _now(args: argparse.Namespace) -> datetime:
    return parse_time(args.now) if args.now else datetime.now(UTC)


def _told(text: str, gaps: Sequence[str]) -> int:
    print(text, end="")
    print("".join(f"not in it: {gap}\n" for gap in gaps), end="", file=sys.stderr)
    return Exit.UNKNOWN if gaps else Exit.READY
