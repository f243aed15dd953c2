"""The API of Vault, as far as a store that is looked at goes: seal, audit devices, tokens with policies, KV version 2. hvac fills it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from listening import listening


class Vault(ThreadingHTTPServer):
    """Two tokens: ``root`` may do all, ``gate`` sees what ``seen`` lists (``audit``, ``metadata``)."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seal = {
            "type": "shamir", "initialized": True, "sealed": False, "t": 3, "n": 5, "progress": 0, "nonce": "", "version": "1.18.0",
            "migration": False, "recovery_seal": False, "storage_type": "raft",
        }  # fmt: skip
        self.ha, self.devices, self.secrets, self.seen = True, {}, {}, {"audit", "metadata"}
        self.asked, self.odd = [], ""


class Handler(BaseHTTPRequestHandler):
    server: Vault

    def do_GET(self):
        self.serve({})

    def do_POST(self):
        self.serve(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))

    do_PUT = do_POST  # noqa: N815 - a name of the base class

    def serve(self, body):
        vault, path, token = self.server, urlsplit(self.path).path.removeprefix("/v1/"), self.headers.get("X-Vault-Token")
        vault.asked.append((self.command, path))
        if vault.odd:
            return self.answer(int(vault.odd), {"errors": ["no"]})
        if path == "sys/seal-status":
            return self.answer(200, vault.seal)
        if path == "sys/init":
            return self.answer(200, {"initialized": vault.seal["initialized"]})
        if path == "sys/leader":
            return self.answer(200, {"ha_enabled": vault.ha, "is_self": True})
        if token not in ("root", "gate"):
            return self.answer(403, {"errors": ["permission denied"]})
        return self.answer(*self.inside(path, body, token))

    def inside(self, path, body, token):
        vault, kind = self.server, "audit" if path.startswith("sys/audit") else "metadata"
        if path == "auth/token/lookup-self":
            return 200, {"data": {"policies": [token], "ttl": 3600}}
        if token == "gate" and (self.command != "GET" or kind not in vault.seen):
            return 403, {"errors": ["permission denied"]}
        if kind == "audit":
            if self.command == "GET":
                return 200, {"data": vault.devices, **vault.devices}
            vault.devices[f"{path.removeprefix('sys/audit/')}/"] = body
            return 204, None
        mount, part, name = path.split("/", 2)
        versions = vault.secrets.setdefault((mount, name), {}) if self.command != "GET" else vault.secrets.get((mount, name))
        if versions is None:
            return 404, {"errors": []}
        if part == "data" and self.command != "GET":
            now = datetime.now(UTC).isoformat().replace("+00:00", "123Z")  # nanoseconds, as Go writes them
            versions[str(len(versions) + 1)] = {"created_time": now, "deletion_time": "", "destroyed": False}
            return 200, {"data": {"version": len(versions)}}
        if part == "delete":
            for number in body["versions"]:
                versions[str(number)]["deletion_time"] = datetime.now(UTC).isoformat()
            return 204, None
        return 200, {"data": {"current_version": len(versions), "versions": versions}}

    def answer(self, status, body):
        raw = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args):
        pass


@contextmanager
def serving():
    """The store, until the end of the block."""
    with listening(Vault()) as server:
        yield server
