"""The check of labels against a Loki that takes the push API, as an agent fills it; and the reader of Alloy's syntax against broken text."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from live import seen
from prodready.checks.log_pipeline.alloy_syntax import parse


class Loki(ThreadingHTTPServer):
    """Push, series and ready as Loki has them, for one tenant. A protocol fake: no registry ships Loki itself."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.entries = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def series(self, start, end):
        return [dict(labels) for labels in {tuple(sorted(labels.items())) for at, labels in self.entries if start <= at <= end}]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.entries += [(int(at), one["stream"]) for one in body["streams"] for at, _ in one["values"]]
        self.reply(204, b"")

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        if self.headers.get("X-Scope-OrgID") != "desk":
            return self.reply(401, b"no org id")
        found = self.server.series(int(query["start"][0]), int(query["end"][0]))
        return self.reply(200, json.dumps({"status": "success", "data": found}).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def loki():
    server = Loki()
    yield server
    server.shutdown()
    server.server_close()


def push(loki, labels, *, ago=0.0):
    stream = {"stream": labels, "values": [[str(int((time.time() - ago) * 1e9)), "a line"]]}
    body = json.dumps({"streams": [stream]}).encode()
    request = urllib.request.Request(f"{loki.url}/loki/api/v1/push", data=body, headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def look(loki, tmp_path, **params):
    return seen("loki_labels", tmp_path, targets={"loki": {"url": loki.url, "tenant": "desk"}}, **{"window": "24h", **params})


def test_streams_of_the_whole_day_are_joined(loki, tmp_path):
    for number in range(26):
        push(loki, {"app": "desk", "order": str(number)}, ago=number * 3000)
    outcome = look(loki, tmp_path)
    assert ("failed", ["label-cardinality"]) == (outcome.status, [finding.rule for finding in outcome.observation.findings])
    assert "passed" == look(loki, tmp_path, window="12h").status


def test_each_service_counts_for_itself(loki, tmp_path):
    for service in ("desk", "risk"):
        for number in range(20):
            push(loki, {"app": service, "pod": f"{service}-{number}"})
    assert "passed" == look(loki, tmp_path).status


def test_the_wrong_tenant_and_an_empty_one_are_unknown(loki, tmp_path):
    assert "unknown" == look(loki, tmp_path).status
    assert "unknown" == seen("loki_labels", tmp_path, url=loki.url, window="1h").status


@given(text=some.text(alphabet='ab.{}[]()="\\`,\n /*#0', max_size=60))
def test_the_reader_of_alloy_ends_with_blocks_or_a_reason(text):
    with contextlib.suppress(ValueError):
        assert isinstance(parse(text), list)
