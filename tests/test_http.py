"""The world's HTTP: an answer within bounds, or CannotTell; never a hang, never a header taken elsewhere."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prodready.check import CannotTell
from prodready.world.http import RealHttp


class Server(ThreadingHTTPServer):
    """A server on loopback whose answers the test writes."""

    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.seen = answer, []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that leaves early is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        self.server.answer(self)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(answer):
        server = Server(answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def says(status, body=b"", headers=()):
    def answer(handler):
        handler.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_of_any_status_is_an_answer(serve, status):
    answer = RealHttp().get(serve(says(status, b"words", [("X-Kind", "a")])).url)
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (status, b"words", "a")


def test_a_closed_port_cannot_be_told():
    with pytest.raises(CannotTell, match=r"http://127\.0\.0\.1:1/x did not answer"):
        RealHttp().get("http://127.0.0.1:1/x?token=hidden")


def test_a_server_that_never_answers_is_left_at_the_deadline(serve):
    held = threading.Event()
    server = serve(lambda handler: held.wait(60))
    begin = time.monotonic()
    with pytest.raises(CannotTell, match="did not answer"):
        RealHttp().get(server.url, deadline=0.2)
    held.set()
    assert time.monotonic() - begin < 30


def test_a_body_beyond_the_limit_cannot_be_told(serve):
    with pytest.raises(CannotTell, match="larger than 10 bytes"):
        RealHttp().get(serve(says(200, b"x" * 11)).url, limit=10)


def test_a_body_that_ends_early_cannot_be_told(serve):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with pytest.raises(CannotTell, match="did not answer"):
        RealHttp().get(serve(short).url)


def test_a_redirect_takes_no_token_to_another_origin(serve):
    there = serve(says(200, b"there"))
    here = serve(says(302, headers=[("Location", there.url)]))
    assert RealHttp().get(here.url, headers={"Authorization": "Bearer x"}).body == b"there"
    assert here.seen[0]["Authorization"] == "Bearer x"
    assert "Authorization" not in there.seen[0]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/again"])
def test_a_redirect_to_a_file_or_in_circles_cannot_be_told(serve, location):
    server = serve(says(302, headers=[("Location", location)]))
    try:
        answer = RealHttp().get(server.url)
    except CannotTell:
        return
    assert answer.status == 302


@pytest.mark.parametrize("url", ["file:///etc/passwd", "localhost:9090", "", "http://", "ftp://x/y", "http://x:notaport/"])
def test_other_addresses_are_refused(url):
    with pytest.raises(CannotTell):
        RealHttp().get(url)


def test_offline_asks_nobody(serve):
    server = serve(says(200))
    with pytest.raises(CannotTell, match="this run is offline"):
        RealHttp(offline=True).get(server.url)
    assert server.seen == []
