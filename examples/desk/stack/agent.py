"""Sends Loki a line a second of each part of the desk, by the push API as Alloy does: ``agent.py LOKI_PORT OWN_PORT``. Its own port says that it runs."""

import json
import socket
import sys
import time
import urllib.request
from contextlib import suppress

loki, own = map(int, sys.argv[1:])
PARTS = ("gateway", "book", "replay")


def push() -> None:
    """One line of each part."""
    streams = [{"stream": {"app": "desk", "part": part, "level": "info"}, "values": [[str(time.time_ns()), "a line"]]} for part in PARTS]
    headers = {"Content-Type": "application/json", "X-Scope-OrgID": "desk"}
    request = urllib.request.Request(f"http://127.0.0.1:{loki}/loki/api/v1/push", json.dumps({"streams": streams}).encode(), headers)
    urllib.request.urlopen(request, timeout=5).close()


push()
with socket.create_server(("127.0.0.1", own), backlog=100):
    while True:
        time.sleep(1)
        with suppress(OSError):  # it will be back
            push()
