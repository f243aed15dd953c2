"""``prodready monitor bybit``."""

from __future__ import annotations

import argparse
import socket
import time

from prodready.check import CannotTell
from prodready.errors import Exit, ProdreadyError
from prodready.monitors import places, shipped
from prodready.monitors.bybit import export, limits, probe
from prodready.settings import Settings
from prodready.world.http import RealHttp

ABOUT = "the rate limit of Bybit's API v5, by a signed question that only reads"
SHORTEST = 5.0
"""Seconds between two probes at least: the limit is there for trading."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``monitor bybit``."""
    shipped.configure(parser)
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve /metrics for Prometheus (default: 127.0.0.1:9464, unless --push)")
    parser.add_argument("--push", metavar="URL", help="push to this Pushgateway after each probe")
    parser.add_argument("--url", default=probe.TESTNET, help=f"Bybit's address (default: {probe.TESTNET})")
    parser.add_argument("--endpoint", action="append", choices=list(probe.ENDPOINTS), help="what is asked (default: all of them)")
    parser.add_argument("--every", type=float, default=15.0, metavar="S", help="seconds between two probes (default: 15)")
    parser.add_argument("--once", action="store_true", help="probe once, print the metrics or push them, and end")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs until it is stopped; with --once it ends with 3 when a limit was not told."""
    if args.write:
        return shipped.write("bybit", args.write)
    if not (settings.bybit_key and settings.bybit_secret):
        raise ProdreadyError("PRODREADY_BYBIT_KEY and PRODREADY_BYBIT_SECRET are not set", "give it a key that may only read; --write needs none")
    if args.every < SHORTEST:
        raise ProdreadyError(f"--every {args.every:g} takes the limit from trading", f"ask every {SHORTEST:g} s at most; your own client's hook costs nothing")
    meter, http = limits.Meter(), RealHttp()
    asked = probe.Probe(http=http, url=args.url, key=settings.bybit_key, secret=settings.bybit_secret)
    endpoints = tuple(args.endpoint or probe.ENDPOINTS)
    if args.once:
        good = export.fed(meter, asked, endpoints, places.tell)
        good = _push(http, args.push, meter) and good if args.push else good
        if not args.push:
            places.say(meter.text().rstrip())
        return Exit.READY if good else Exit.UNKNOWN
    if args.listen or not args.push:
        places.listen(meter, args.listen or "127.0.0.1:9464")
    while True:
        export.fed(meter, asked, endpoints, places.tell)
        if args.push:
            _push(http, args.push, meter)
        time.sleep(args.every)


def _push(http: RealHttp, gateway: str, meter: limits.Meter) -> bool:
    try:
        export.pushed(http, gateway, meter, instance=socket.gethostname())
    except CannotTell as unable:
        places.tell(f"{unable.reason}; {unable.remedy}")
        return False
    return True
