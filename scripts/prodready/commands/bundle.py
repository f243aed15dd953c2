"""Put the report of a run, the policy it was judged by and a signed statement into one archive that can be verified in two years.

Example:
  prodready run . --stage release
  prodready bundle prodready-out/report.json --key release-key --out release.prodready.zip

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready.commands.report import read_bounded
from prodready.errors import Exit, ProdreadyError
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``bundle``."""
    parser.add_argument("report", type=Path, help="the report.json of a whole run")
    parser.add_argument("--path", type=Path, default=Path(), help="the checkout it was made in (default: here)")
    parser.add_argument("--profile", default="", help="the --profile it was made with, if any")
    parser.add_argument("--key", type=Path, help="an Ed25519 private key of ssh-keygen or openssl; without one nothing is signed")
    parser.add_argument("--out", type=Path, default=Path("release.prodready.zip"), help="the archive (default: release.prodready.zip)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the archive. Raises ProdreadyError when the report does not come of the policy."""
    from prodready import bundle, dsse, policy
    from prodready.report import json_v1_read
    from prodready.world.repo import open_repo

    text = read_bounded(args.report)
    report = json_v1_read.read(text)
    base = report.checklist.source.removeprefix("base:") if report.checklist.source.startswith("base:") else ""
    profile, own = policy.texts(open_repo(args.path, base=base), profile=args.profile, base=base)
    data = bundle.make(text, profile, own, dsse.private_key(args.key) if args.key else None)
    try:
        args.out.write_bytes(data)
    except OSError as error:
        raise ProdreadyError(f"--out {args.out}: cannot be written: {error.strerror}", "name a file in a folder that can be written") from None
    print(f"wrote {args.out}: {len(data):,} bytes{'' if args.key else ', not signed (--key signs)'}")
    return Exit.READY
