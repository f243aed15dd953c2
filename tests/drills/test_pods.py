"""A pod is deleted by the real kubectl. The API is played, a Deployment with it: who is deleted dies, and another one of another name comes."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import write

pytestmark = pytest.mark.integration
RESOURCE = {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list", "delete"], "shortNames": ["po"]}


class Api(BaseHTTPRequestHandler):
    """As much of the API as kubectl asks for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/api":
            return self.say({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            return self.say({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if path == "/api/v1":
            return self.say({"kind": "APIResourceList", "groupVersion": "v1", "resources": [RESOURCE]})
        if path == "/api/v1/namespaces/desk/pods":
            found = [self.pod()] if "app%3Dcache" in self.path else []
            return self.say({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": found})
        if path == f"/api/v1/namespaces/desk/pods/{self.name}":
            return self.say(self.pod())
        return self.say({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}, 404)

    def do_DELETE(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.partition("?")[0] != f"/api/v1/namespaces/desk/pods/{self.name}":
            return self.say({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"}, 404)
        gone = self.pod()
        self.server.number += 1
        os.kill(int(self.server.cache.pidfile.read_text()), signal.SIGKILL)
        return self.say(gone)

    @property
    def name(self):
        return f"cache-{self.server.number}"

    def pod(self):
        metadata = {"name": self.name, "namespace": "desk", "uid": f"uid-{self.server.number}", "labels": {"app": "cache"}}
        return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "status": {"phase": "Running"}, "spec": {"containers": []}}

    def say(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass


@pytest.fixture
def cluster(tmp_path):
    supervised.needs("kubectl")
    cache = supervised.redis(tmp_path, 0.5)
    api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    api.cache, api.number = cache, 1
    threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "staging", "users": [{"name": "me", "user": {}}],
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{api.server_port}"}}],
        "contexts": [{"name": "staging", "context": {"cluster": "here", "user": "me"}}],
    }  # fmt: skip
    write(tmp_path, {"kubeconfig": yaml.safe_dump(config), ".prodready.yml": "extends: starter\nsettings: {drill_targets: [staging]}\n"})
    try:
        cache.start()
        yield cache
    finally:
        cache.stop()
        api.shutdown()
        api.server_close()


def drill(cluster, folder, pod):
    environ = {"KUBECONFIG": str(folder / "kubeconfig"), "HOME": str(folder)}
    return drilled("chaos", folder, env=environ, target=cluster.target, pod=pod, limit=30, interval=0.1)


def test_a_pod_that_is_deleted_is_replaced(cluster, tmp_path):
    ended, record = drill(cluster, tmp_path, "desk/app=cache")
    assert Exit.READY == ended.code, ended.everything
    (true,) = cluster.outages()
    assert supervised.holds(record["interval"], true), ended.everything


def test_a_selector_that_finds_nobody_is_unknown(cluster, tmp_path):
    ended, record = drill(cluster, tmp_path, "desk/app=web")
    assert (Exit.UNKNOWN, True) == (ended.code, "no pod of desk with app=web runs" in record["reason"]), ended.everything


def test_a_context_that_nobody_named_is_left_alone(cluster, tmp_path):
    (tmp_path / ".prodready.yml").write_text("extends: starter\n")
    ended, _ = drill(cluster, tmp_path, "desk/app=cache")
    assert (Exit.USAGE, True) == (ended.code, "drill_targets: [staging]" in ended.err), ended.everything
