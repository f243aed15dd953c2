"""Split a run into parts for a matrix of jobs: prints JSON that 'fromJSON' of a workflow reads.

Each job then runs its items ('run --only …'), and 'merge --shards N' joins the reports: a part that is missing fails.

Example:
  prodready plan --shards 4

"""

from __future__ import annotations

import argparse
import json

from prodready import policy, request, shards
from prodready.errors import Exit
from prodready.github.commands import write_outputs
from prodready.plan import plan
from prodready.request import Request
from prodready.settings import Settings
from prodready.world.repo import open_repo


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``plan``: those of ``run``, and how many parts."""
    parser.add_argument("path", nargs="?", help="folder to gate (default: the current checkout)")
    parser.add_argument("--shards", type=request.parts, required=True, metavar="N", help=f"how many parts at most, up to {shards.MOST}")
    request.configure(parser)


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the parts, and leaves them as the step's output ``shards``."""
    from prodready import delivery

    wish = delivery.in_actions(Request.of(args, settings), settings)
    repo = open_repo(wish.path, base=wish.base)
    held = policy.choose(repo, profile=wish.profile, base=wish.base)
    parts = shards.split(plan(held.checklist, repo, stage=wish.stage, only=wish.only, domains=wish.domains), args.shards)
    text = json.dumps([{"shard": part.name, "only": ",".join(part.items)} for part in parts])
    print(text)
    if settings.github.output:
        write_outputs(settings.github.output, {"shards": text})
    return Exit.READY
