"""Export what a venue says, beside a trading system: the rate limit of Bybit, the session with Interactive Brokers.

``bybit`` signs with PRODREADY_BYBIT_KEY and PRODREADY_BYBIT_SECRET, of a key that only reads, and asks the testnet unless --url says otherwise.
``ibkr`` is a relay: your client connects to it in the place of TWS or Gateway. Alert rules, their tests, a dashboard and a runbook come with --write.

Examples:
  prodready monitor bybit --write monitoring
  prodready monitor bybit --once --push http://pushgateway:9091
  prodready monitor ibkr --gateway 127.0.0.1:4002 --relay 127.0.0.1:4102

"""

from __future__ import annotations

import argparse

from prodready.monitors.bybit import command as bybit
from prodready.monitors.ibkr import command as ibkr
from prodready.settings import Settings

VENUES = {"bybit": bybit, "ibkr": ibkr}


def configure(parser: argparse.ArgumentParser) -> None:
    """The venues, each with its options."""
    venues = parser.add_subparsers(dest="venue", required=True, metavar="VENUE")
    for name, venue in VENUES.items():
        venue.configure(venues.add_parser(name, help=venue.ABOUT, description=venue.ABOUT))


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the monitor of the venue."""
    code: int = VENUES[args.venue].main(args, settings)
    return code
