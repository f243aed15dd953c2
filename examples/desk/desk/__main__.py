"""``python -m desk serve | replay FILE | check-limits FILE``."""

from __future__ import annotations

import argparse
import os
import sys
from decimal import Decimal
from pathlib import Path

from desk import __version__, replay
from desk.book import Book
from desk.gateway import Bucket, Gateway
from desk.limits import Limits, RiskDesk
from desk.marketdata import Reader
from desk.server import serve
from desk.venue import LiveVenue, PaperVenue, Venue

LIMITS = Path(__file__).parent.parent / "config" / "limits.toml"


def gateway(limits: Path, *, live: bool) -> Gateway:
    """A gateway with a fresh book; paper trading unless told otherwise."""
    venue: Venue = LiveVenue(os.environ["DESK_VENUE_URL"], os.environ["DESK_VENUE_KEY"]) if live else PaperVenue()
    return Gateway(RiskDesk(Limits.read(limits)), Book(cash=Decimal(1_000_000)), Reader(), venue, Bucket(rate=10, burst=20))


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    args = _parser().parse_args(argv)
    if args.command == "check-limits":
        wide = Limits.read(args.file).beyond_policy()
        print("\n".join(wide) or f"{args.file}: within policy")
        return int(bool(wide))
    if args.command == "replay":
        print(replay.run(gateway(args.limits, live=False), args.file, []))
        return 0
    server = serve(gateway(args.limits, live=args.live), args.port)
    print(f"desk {__version__} listens on port {server.server_port}", flush=True)
    server.serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="desk", description=__doc__)
    parser.add_argument("--limits", type=Path, default=LIMITS)
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve", help="listen for orders")
    server.add_argument("--port", type=int, default=8080)
    server.add_argument("--live", action="store_true", help="send to the exchange instead of the paper venue")
    commands.add_parser("replay", help="replay a recorded day").add_argument("file", type=Path)
    commands.add_parser("check-limits", help="compare limits with the risk policy").add_argument("file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
