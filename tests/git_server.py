"""A git server on loopback, as GitHub has one beside its API: the real ``git http-backend`` behind a small HTTP server."""

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class GitServer:
    """Serves the repositories below a folder, read only. Use as a context manager; ``url`` is its address."""

    def __init__(self, folder):
        self.folder, self.authorizations = folder, []

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"server_of": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def cgi(self, method, path, query, headers, body):
        environ = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": method, "CONTENT_TYPE": headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)), "GIT_CONFIG_NOSYSTEM": "1",
            "HTTP_GIT_PROTOCOL": headers.get("Git-Protocol", ""), "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        return subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=True).stdout


class _Handler(BaseHTTPRequestHandler):
    server_of: GitServer

    def _serve(self):
        parts = urlsplit(self.path)
        body = self._body()
        self.server_of.authorizations.append(self.headers.get("Authorization", ""))
        head, _, content = self.server_of.cgi(self.command, parts.path, parts.query, self.headers, body).partition(b"\r\n\r\n")
        rows = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(rows.pop("Status", "200 OK").split()[0]))
        for name, text in {**rows, "Content-Length": str(len(content))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def _body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        return b"".join(parts)

    do_GET = do_POST = _serve  # noqa: N815 - names of the standard library

    def log_message(self, *args):
        """Quiet."""
