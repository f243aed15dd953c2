"""OSV's interface on this machine's loopback, for the time of one run: so that a program reads advisories from a file as it would read them from a service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from prodready.checks.dependencies.advisories import Record
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS
from prodready.readers.resolved import Package

_LIMIT = 16 * 1024 * 1024
_SYSTEMS = {ecosystem.osv: system for system, ecosystem in ECOSYSTEMS.items()}


class Shelf(Protocol):
    """Advisories to hand out."""

    def matching(self, package: Package) -> list[Record]: ...

    def named(self, name: str) -> Record | None: ...


@contextmanager
def serving(shelf: Shelf) -> Iterator[str]:
    """The address of an endpoint that answers ``/v1/query``, ``/v1/querybatch`` and ``/v1/vulns/ID``; it is gone afterwards."""
    handler = type("Handler", (_Handler,), {"shelf": shelf})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    shelf: Shelf
    timeout = 10

    def do_POST(self) -> None:
        try:
            asked = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length", "0")), _LIMIT)))
            if self.path == "/v1/query":
                self._answer(200, {"vulns": found} if (found := self._matching(asked)) else {})
            elif self.path == "/v1/querybatch":
                self._answer(200, {"results": [_batched(self._matching(query)) for query in asked["queries"]]})
            else:
                self._answer(404, {"code": 5, "message": "not found"})
        except (ValueError, KeyError, TypeError, AttributeError):
            self._answer(400, {"code": 3, "message": "not a query"})

    def do_GET(self) -> None:
        record = self.shelf.named(self.path.removeprefix("/v1/vulns/"))
        self._answer(200 if record else 404, record or {"code": 5, "message": "not found"})

    def _matching(self, query: Mapping[str, Any]) -> list[Record]:
        package, system = query["package"], _SYSTEMS.get(query["package"]["ecosystem"])
        return self.shelf.matching(Package(system=system, name=package["name"], version=query["version"], path="")) if system else []

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: a request is no news."""


def _batched(records: list[Record]) -> dict[str, Any]:
    return {"vulns": [{"id": record["id"], "modified": record.get("modified", "")} for record in records]} if records else {}
