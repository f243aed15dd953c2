"""Recorded answers of a running system, served on loopback: ``answers:`` of a case.

    answers:
      /api/v1/query: {json: {status: success, data: {resultType: vector, result: []}}}
      /metrics: [{text: "a 1"}, {text: "a 2"}]     one after the other; the last one stays
      POST /api/ds/query?x=1: {status: 403}        a query in the key must be part of the one that is asked

An answer: {status: 200, headers: {…}, json: … | text: …, wait: seconds before it, cut: true to end it early, demand: {Header: value} else 401}.
``${server}`` in params and targets is the address. A path that is not recorded is answered with 404.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from listening import listening


class Recorded(ThreadingHTTPServer):
    """Answers what is recorded, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = {key: list(said) if isinstance(said, list) else [said] for key, said in answers.items()}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.lock = threading.Lock()

    def said(self, method: str, path: str) -> dict[str, Any]:
        with self.lock:
            self.asked.append(f"{method} {path}")
            for key, said in self.answers.items():
                if _fits(key, method, path):
                    return said.pop(0) if len(said) > 1 else said[0]
        return {"status": 404, "text": "not recorded"}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves early is what some cases are about."""


def _fits(key: str, method: str, path: str) -> bool:
    word, _, rest = key.partition(" ")
    here, there = urlsplit(path), urlsplit(rest if word.isupper() else key)
    return (not word.isupper() or word == method) and here.path == there.path and set(parse_qsl(there.query)) <= set(parse_qsl(here.query))


class _Handler(BaseHTTPRequestHandler):
    server: Recorded

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = self.server.said(self.command, self.path)
        if any(self.headers.get(name) != value for name, value in said.get("demand", {}).items()):
            said = {"status": 401}
        time.sleep(said.get("wait", 0))
        body = (json.dumps(said["json"]) if "json" in said else str(said.get("text", ""))).replace("${server}", self.server.url).encode()
        self.send_response(said.get("status", 200))
        for name, value in said.get("headers", {}).items():
            self.send_header(name, str(value).replace("${server}", self.server.url))
        self.send_header("Content-Length", str(len(body) + (10 if said.get("cut") else 0)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer  # noqa: N815 - names of the base class

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(answers: dict[str, Any]) -> Iterator[Recorded]:
    """The server, until the end of the block."""
    with listening(Recorded(answers)) as server:
        yield server


@contextmanager
def served(case: Any) -> Iterator[Any]:
    """The case with its answers served and the address filled in."""
    if not case.answers and not case.github:
        yield case
        return
    github = {f"/repos/acme/desk{path}": said for path, said in case.github.items()}
    with serving({**case.answers, **github}) as server:
        case = replace(case, targets={**case.targets, "github": server.url})
        yield replace(case, params=filled(case.params, server.url), targets=filled(case.targets, server.url))


def filled(data: Any, url: str) -> Any:
    """The data with the address in the place of ``${server}``."""
    if isinstance(data, dict):
        return {key: filled(value, url) for key, value in data.items()}
    if isinstance(data, list):
        return [filled(value, url) for value in data]
    return data.replace("${server}", url) if isinstance(data, str) else data
