"""A service with logins, rights, keys and logs, whose faults are switched on by a test."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from listening import listening

USES = 20
"""How often a right can be used until it ends: a count, since time passes faster on a loaded machine."""
PASSWORDS = {"drill": "right-one", "other": "right-two"}


class App:
    """The state of the service."""

    def __init__(self, log, **faults):
        self.log, self.faults, self.lock = log, faults, threading.Lock()
        self.fails, self.asked, self.uses, self.trail = {}, False, 0, []
        self.keys = {"key-0": float("inf")}

    def login(self, user, password):
        who = "all" if self.faults.get("locks") == "all" else user
        if self.faults.get("breaks_at", -1) == self.fails.get(who):
            return 500
        if self.fails.get(who, 0) >= self.faults.get("lock_after", 5):
            return 401 if self.faults.get("silent") else 423
        if PASSWORDS.get(user) == password or self.faults.get("admits") == self.fails.get(who, 0):
            return 200
        self.fails[who] = self.fails.get(who, 0) + 1
        return 401

    def jit(self, path, query):
        if path == "/request":
            self.asked = True
            self.uses = USES if self.faults.get("grants_unasked") else 0
            self.trail.append(query.get("reason", [""])[0])
            return 200
        if path == "/approve":
            if query["by"][0] == "me" and not self.faults.get("approves_itself"):
                return 403
            if self.faults.get("approves", True):
                self.uses = self.faults.get("uses", USES)
            return 200
        self.uses -= 1
        return 200 if self.faults.get("stands") or self.uses >= 0 else 403

    def signed(self, key):
        return 200 if time.monotonic() < self.keys.get(key, 0.0) else 401

    def rotate(self, key, grace):
        if not self.faults.get("keeps_old"):
            self.keys = {old: time.monotonic() + grace for old in self.keys}
        if not self.faults.get("unknown_new"):
            self.keys[key] = float("inf")

    def write(self, line, secret):
        wrap = {
            "raw": str, "base64": lambda text: base64.b64encode(f"user=x {text}".encode()).decode(), "hex": lambda text: text.encode().hex(),
            "gzip": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(), "half": lambda text: f"{text[:18]}…",
            "masked": lambda text: f"{text[:4]}****",
        }  # fmt: skip
        leak = self.faults.get("leaks")
        if not self.faults.get("mute"):
            with self.lock, self.log.open("a") as stream:
                stream.write(f"{line}{f' {wrap[leak](secret)}' if leak and secret else ''}\n")


def handler(app):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            where, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            given = json.loads(body) if body.startswith("{") else {name: values[0] for name, values in parse_qs(body).items()}
            app.write(f"POST {self.path}", given.get("password", ""))
            if where == "/unlock":
                app.fails.clear() if not app.faults.get("stays_locked") else None
            self.answer(app.login(given.get("user"), given.get("password")) if where == "/login" else app.jit(where, query) if where != "/unlock" else 200)

        def do_GET(self):
            where, bearer = urlsplit(self.path).path, (self.headers["Authorization"] or "").removeprefix("Bearer ")
            app.write(f"GET {self.path}", bearer)
            if where == "/audit":
                self.answer(200, "\n".join(app.trail))
            else:
                self.answer(app.signed(bearer) if where == "/signed" else app.jit(where, {}))

        def answer(self, status, text=""):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args):
            pass

    return Handler


@contextmanager
def serving(folder, **faults):
    """The service and its address."""
    app = App(folder / "desk.log", **faults)
    app.log.touch()
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), handler(app))) as server:
        yield app, f"http://127.0.0.1:{server.server_port}"
