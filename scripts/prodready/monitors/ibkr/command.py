"""``prodready monitor ibkr``."""

from __future__ import annotations

import argparse
import asyncio

from prodready.errors import Exit, ProdreadyError
from prodready.monitors import places, shipped
from prodready.monitors.ibkr.relay import Relay, relayed
from prodready.monitors.ibkr.traffic import Traffic
from prodready.settings import Settings

ABOUT = "the session with TWS or Gateway, by a relay that your client connects to in its place"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``monitor ibkr``."""
    shipped.configure(parser)
    parser.add_argument("--gateway", default="127.0.0.1:4002", metavar="HOST:PORT", help="TWS or Gateway (default: 127.0.0.1:4002, a Gateway on paper)")
    parser.add_argument("--relay", default="127.0.0.1:4102", metavar="HOST:PORT", help="where your client connects to (default: 127.0.0.1:4102)")
    parser.add_argument("--listen", default="127.0.0.1:9465", metavar="HOST:PORT", help="serve /metrics for Prometheus (default: 127.0.0.1:9465)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs until it is stopped."""
    if args.write:
        return shipped.write("ibkr", args.write)
    traffic = Traffic()
    gateway, own = places.place(args.gateway), places.place(args.relay)
    places.listen(traffic, args.listen)

    def ready(port: int) -> None:
        places.say(f"relaying {own[0]}:{port} to {args.gateway}")

    try:
        asyncio.run(relayed(Relay(host=gateway[0], port=gateway[1], traffic=traffic, tell=places.tell), *own, ready))
    except OSError as error:
        raise ProdreadyError(f"it cannot take clients at {args.relay}: {error}", "take a free port of this machine with --relay") from None
    return Exit.READY
