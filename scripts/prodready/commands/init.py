"""Look at a repository and propose what it needs to begin with: a profile, a workflow, owners of the policy, a pre-commit hook.

On a terminal each file is shown and asked about; --yes writes all of them. Without either, they are shown and nothing is written. A file that is
there is never changed: what belongs into it is shown, to be added by hand.

Examples:
  prodready init
  prodready init PATH --yes

"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from prodready.errors import Exit
from prodready.proposals import Proposal, proposals
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``init``."""
    parser.add_argument("path", nargs="?", type=Path, default=Path(), help="the repository (default: here)")
    parser.add_argument("--yes", action="store_true", help="write every file without asking")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Shows, asks and writes. Raises ProdreadyError when the folder cannot be read."""
    from prodready.world.repo import open_repo

    repo = open_repo(args.path)
    offered = proposals(repo)
    asking = sys.stdin.isatty() and sys.stdout.isatty() and not args.yes
    wrote = [proposal.path for proposal in offered if _offer(proposal, repo.root, yes=args.yes, asking=asking)]
    print("\n".join(_next(offered, wrote)))
    return Exit.READY


def _offer(proposal: Proposal, root: Path, *, yes: bool, asking: bool) -> bool:
    """Whether the file was written."""
    verb = "add to" if proposal.exists else "new:"
    print(f"{verb} {proposal.path}   ({proposal.why})")
    print("".join(f"    {line}\n" for line in proposal.text.splitlines()))
    if proposal.exists or not (yes or (asking and _agreed())):
        return False
    target = root / proposal.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:  # x: never over a file that appeared meanwhile
        file.write(proposal.text)
    print(f"wrote {proposal.path}\n")
    return True


def _agreed() -> bool:
    return input("write it? [Y/n] ").strip().lower() in ("", "y", "yes")


def _next(offered: tuple[Proposal, ...], wrote: list[str]) -> list[str]:
    if not offered:
        return ["everything is there already; run it: prodready run"]
    if wrote:
        return [f"{len(wrote)} files written: read them, then run 'prodready run'"]
    return ["nothing was written; --yes writes the new files"]
