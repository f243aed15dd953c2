"""A client of Interactive Brokers that stays logged in, by the relay, and looks at a price and the account: ``trader.py RELAY_PORT OWN_PORT``."""

import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))

from prodready.ibkr.session import Gateway, opened  # noqa: E402 - the path comes first

relay, own = map(int, sys.argv[1:])
with opened(Gateway(host="127.0.0.1", port=relay, client=1)) as session, socket.create_server(("127.0.0.1", own), backlog=100):
    while True:
        session.market("SPY", "STK", "SMART", "USD")
        session.values()
        time.sleep(0.5)
