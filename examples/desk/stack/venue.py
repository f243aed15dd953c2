"""Stands in for Bybit's testnet, as far as its rate limit goes: ``venue.py PORT``. Each answer says that 3 of 10 requests of this second are used."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Venue(BaseHTTPRequestHandler):
    """Tells the limit to whoever signs."""

    def do_GET(self) -> None:
        signed = all(self.headers.get(f"X-BAPI-{name}") for name in ("API-KEY", "TIMESTAMP", "RECV-WINDOW", "SIGN"))
        public = self.path == "/v5/market/time"
        body = {"retCode": 0 if signed or public else 10004, "retMsg": "", "result": {"readOnly": 1}}
        raw = json.dumps(body).encode()
        self.send_response(200)
        for name, value in {"X-Bapi-Limit": 10, "X-Bapi-Limit-Status": 7}.items() if signed else ():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Every probe would be a line."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Venue).serve_forever()
