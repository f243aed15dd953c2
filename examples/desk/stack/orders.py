"""Sends the desk an order every tenth of a second, for as long as it runs: ``orders.py DESK_PORT OWN_PORT``. Its own port says that it runs."""

import itertools
import json
import socket
import sys
import time
import urllib.error
import urllib.request

desk, own = map(int, sys.argv[1:])
with socket.create_server(("127.0.0.1", own), backlog=100):
    for number in itertools.count():
        body = json.dumps({"id": f"o-{number}", "symbol": "BTC", "side": "BUY", "qty": "1", "px": "62000"}).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{desk}/orders", data=body, timeout=2):
                pass
        except urllib.error.HTTPError as refused:
            refused.close()  # without a quote the desk refuses, and counts that
        except OSError:
            pass  # it will be back
        time.sleep(0.1)
