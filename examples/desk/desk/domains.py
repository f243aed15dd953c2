"""Which domains the desk serves: Caddy asks here before it orders a certificate (``python3 -m desk.domains``)."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SERVED = frozenset(("desk.example.com", "orders.desk.example.com"))
PORT = 9123


class Handler(BaseHTTPRequestHandler):
    """Answers ``/allowed?domain=NAME`` with 200 for the desk's own names and with 403 for every other."""

    def do_GET(self) -> None:
        """Compares whole names: the end of one says nothing."""
        asked = parse_qs(urlsplit(self.path).query).get("domain", [""])[0]
        self.send_response(200 if asked in SERVED else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Caddy's log names every refusal already."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
