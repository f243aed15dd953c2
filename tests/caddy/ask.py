"""An ask service as teams write them: ``ask.py PORT RULE NAME…``. Rules: exact, all, suffix (the careless one), status:N, hang."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORT, RULE, *NAMES = sys.argv[1:]


def status(domain):
    if RULE.startswith("status:"):
        return int(RULE.partition(":")[2]) if domain not in NAMES else 200
    if RULE == "hang" and domain not in NAMES:
        time.sleep(30)
    allowed = {"exact": domain in NAMES, "all": True, "suffix": domain.endswith(tuple(NAMES)), "none": False}
    return 200 if allowed.get(RULE) else 403


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(status(parse_qs(urlsplit(self.path).query).get("domain", [""])[0]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler).serve_forever()
