"""Stands in for Loki, which no package registry ships: push, series, labels' cardinality, readiness and configuration, for one tenant: ``loki.py PORT``."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TENANT = "desk"
CONFIG = """\
limits_config:
  retention_period: 31d
compactor:
  retention_enabled: true
  delete_request_store: filesystem
schema_config: {}
"""


class Loki(ThreadingHTTPServer):
    """Keeps when each line came, and the labels of its stream."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.entries: list[tuple[int, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def series(self, start: int, end: int) -> list[dict[str, str]]:
        """The streams with a line between two moments, in nanoseconds."""
        return [dict(labels) for labels in {tuple(sorted(labels.items())) for at, labels in self.entries if start <= at <= end}]


class Handler(BaseHTTPRequestHandler):
    """The API's paths."""

    server: Loki

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.entries += [(int(at), one["stream"]) for one in body["streams"] for at, _ in one["values"]]
        self.reply(204, b"")

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path in ("/ready", "/config"):
            return self.reply(200, b"ready" if parts.path == "/ready" else CONFIG.encode())
        if self.headers.get("X-Scope-OrgID") != TENANT:
            return self.reply(401, b"no org id")
        found = self.server.series(int(query["start"][0]), int(query["end"][0]))
        return self.reply(200, json.dumps({"status": "success", "data": found}).encode())

    def reply(self, status: int, body: bytes) -> None:
        """Status and body."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Every line would be a line."""


if __name__ == "__main__":
    Loki(int(sys.argv[1])).serve_forever()
