"""Stands in for whoever is called at night: ``pager.py PORT FILE``. Writes each message of Alertmanager as a line."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGES = Path(sys.argv[2])


class Pager(BaseHTTPRequestHandler):
    """Takes pages."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        with PAGES.open("ab") as pages:
            pages.write(self.rfile.read(int(self.headers.get("Content-Length") or 0)) + b"\n")
        self.answer()

    def answer(self) -> None:
        """All is well."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The file is the log."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Pager).serve_forever()
