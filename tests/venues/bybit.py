"""Bybit's API v5 as far as a rate limit goes: signatures are verified, each endpoint takes so many requests in a rolling second and says how many are left."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from listening import listening

KEY, SECRET = "the-key", "the-other-half"


class Bybit(ThreadingHTTPServer):
    """``limit`` requests a second; ``used`` pins how many of them are gone, ``odd`` is one of the ways in which it answers badly."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.limit, self.used, self.odd, self.read_only = 10, None, "", 1
        self.lock, self.seen, self.asked = threading.Lock(), {}, []

    def take(self, path):
        """How many are left after this one; -1 beyond the limit."""
        with self.lock:
            now = time.monotonic()
            recent = self.seen[path] = [at for at in self.seen.get(path, []) if at > now - 1]
            if self.used is not None:
                return self.limit - self.used
            recent.append(now)
            return self.limit - len(recent) if len(recent) <= self.limit else -1


class Handler(BaseHTTPRequestHandler):
    server: Bybit

    def do_GET(self):
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, dict(self.headers)))
        stamp, window = self.headers.get("X-BAPI-TIMESTAMP", ""), self.headers.get("X-BAPI-RECV-WINDOW", "")
        if self.server.odd in ("403", "429", "500", "302"):
            return self.answer(int(self.server.odd), "", {"Location": "http://127.0.0.1:1/"})
        if self.headers.get("X-BAPI-API-KEY") != KEY:
            return self.answer(200, {"retCode": 10003, "retMsg": "API key is invalid."})
        signed = hmac.new(SECRET.encode(), f"{stamp}{KEY}{window}{parts.query}".encode(), hashlib.sha256).hexdigest()
        if self.headers.get("X-BAPI-SIGN") != signed:
            return self.answer(200, {"retCode": 10004, "retMsg": "error sign!"})
        left = self.server.take(parts.path)
        headers = {"X-Bapi-Limit": self.server.limit, "X-Bapi-Limit-Status": max(left, 0), "X-Bapi-Limit-Reset-Timestamp": int(time.time() * 1000)}
        if left < 0:
            return self.answer(200, {"retCode": 10006, "retMsg": "Too many visits!"}, headers)
        body = {"retCode": 0, "retMsg": "OK", "result": {"readOnly": self.server.read_only, "list": []}}
        odd = {
            "no headers": (body, {}), "nonsense": (body, {**headers, "X-Bapi-Limit-Status": 99}), "half": (json.dumps(body)[:20], headers),
            "a page": ("<html>sign in</html>", headers),
        }  # fmt: skip
        return self.answer(200, *odd.get(self.server.odd, (body, headers)))

    def answer(self, status, body, headers=()):
        raw = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {**dict(headers), "Content-Type": "application/json", "Content-Length": len(raw)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        pass


@contextmanager
def serving():
    """The venue, until the end of the block."""
    with listening(Bybit()) as server:
        yield server
