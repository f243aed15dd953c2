"""Whether a bundle is what it was: no byte changed, signed by a key you trust, and the same verdict from what it keeps. Works offline.

Exit 0 it is, 1 it is not, 3 could not tell: nobody you trust has signed it.

Example:
  prodready verify release.prodready.zip --key release-key.pub

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready.errors import ProdreadyError
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``verify``."""
    parser.add_argument("bundle", type=Path, help="an archive that 'prodready bundle' wrote")
    parser.add_argument("--key", type=Path, action="append", default=[], help="a public key you trust; may be given several times")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints what was held against the bundle. Raises ProdreadyError when it cannot be read."""
    from prodready import archive, bundle, dsse
    from prodready.names import shown

    try:
        with args.bundle.open("rb") as file:
            data = file.read(archive.MOST_BYTES + 1)
    except OSError as error:
        raise ProdreadyError(f"{args.bundle}: cannot be read: {error.strerror}", "give an archive that 'prodready bundle' wrote") from None
    found = bundle.verify(data, [dsse.public_key(path) for path in args.key])
    print("\n".join(map(shown, found.lines)))
    return found.exit_code
