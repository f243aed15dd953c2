"""Gate a repository: run its checklist, score it, decide.

Examples:
  prodready run .                                  gate the current checkout
  prodready run . --base main                      judge this branch by the policy on main
  prodready run . --history .prodready/history.sqlite    keep score, delta and trends there
  prodready run . --domain secrets,dependencies    a part of the checklist

"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from prodready import request
from prodready.request import Request
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``run``."""
    parser.add_argument("path", nargs="?", help="folder to gate (default: the current checkout)")
    parser.add_argument("--history", type=Path, metavar="FILE", help="remember this run there (default: PRODREADY_HISTORY, else a file of yours)")
    request.configure(parser)


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the gate, shows and writes the reports, publishes in Actions; the exit code is the decision's."""
    from prodready import assembly, delivery

    settings = replace(settings, history=args.history or settings.history)
    wish = delivery.in_actions(Request.of(args, settings), settings)
    report = assembly.gate(wish, settings, delivery.progress(settings))
    return delivery.deliver(report, wish, settings)
