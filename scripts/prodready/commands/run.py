"""Gate a repository: run its checklist, score it, decide.

Examples:
  prodready run .                                  gate the current checkout
  prodready run . --base main                      judge this branch by the policy on main
  prodready run . --domain secrets,dependencies    a part of the checklist

"""

from __future__ import annotations

import argparse

from prodready import request
from prodready.request import Request
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``run``."""
    parser.add_argument("path", nargs="?", help="folder to gate (default: the current checkout)")
    request.configure(parser)


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the gate, shows and writes the reports, publishes in Actions; the exit code is the decision's."""
    from prodready import assembly, delivery

    wish = delivery.in_actions(Request.of(args, settings), settings)
    report = assembly.gate(wish, settings, delivery.progress(settings))
    return delivery.deliver(report, wish, settings)
