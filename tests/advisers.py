"""Services that audit packages for programs with protocols of their own: npm's registry, Snyk and Safety, as far as their clients ask."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from listening import listening

Answers = Callable[[str, Any], Any]
"""From the path and what was posted to the answer; None is 404, a number that status."""
FLAWS = {
    "lodash": ("CVE-2019-10744", "GHSA-jf85-cpcp-j695", ("4.17.4", "4.17.10"), "4.17.12"),
    "minimist": ("CVE-2020-7598", "GHSA-vh95-rmgr-6w4m", ("0.0.8",), "0.2.1"),
    "axios": ("CVE-2019-10742", "GHSA-42xw-2xvc-qx8m", ("0.18.0",), "0.18.1"),
    "jinja2": ("CVE-2019-10906", "GHSA-462w-v97r-4m45", ("2.10",), "2.10.1"),
    "pyyaml": ("CVE-2020-14343", "GHSA-8q59-q68h-6hv4", ("5.3", "5.3.1"), "5.4"),
    "requests": ("CVE-2018-18074", "GHSA-x84v-xcm2-53pg", ("2.19.0",), "2.20.0"),
}
"""What all of them know."""


@contextmanager
def answering(answers: Answers) -> Iterator[tuple[str, list[tuple[str, Mapping[str, str]]]]]:
    """The address of such a service, and what it was asked: paths with headers."""
    asked: list[tuple[str, Mapping[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            path = self.path.partition("?")[0]
            asked.append((path, {name.lower(): value for name, value in self.headers.items()}))
            told = answers(path, json.loads(body) if body else None)
            text = told if isinstance(told, bytes) else json.dumps({} if told is None or isinstance(told, int) else told).encode()
            self.send_response(404 if told is None else told if isinstance(told, int) else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text if self.command != "HEAD" else b"")

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - the base class looks for these names

        def log_message(self, *args: object) -> None:
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://localhost:{server.server_address[1]}", asked


def npm(path: str, posted: Any) -> Any:
    """The registry's advisories in bulk (docs: github.com/npm/registry)."""
    if not path.endswith("/security/advisories/bulk"):
        return None
    return {name: [_npm(name)] for name, versions in posted.items() if name in FLAWS and set(versions) & set(FLAWS[name][2])}


def _npm(name: str) -> Mapping[str, Any]:
    _, ghsa, _, fixed = FLAWS[name]
    address = f"https://github.com/advisories/{ghsa}"
    return {
        "id": 1, "url": address, "title": f"a flaw of {name}", "severity": "moderate", "vulnerable_versions": f"<{fixed}", "cwe": [],
        "cvss": {"score": 9.8, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
    }  # fmt: skip


def snyk(path: str, posted: Any) -> Any:
    """Snyk's test of a graph of dependencies (API v1, ``/test/dep-graph``, as its CLI asks it)."""
    if path != "/v1/test-dep-graph":
        return None
    packages = [one["info"] for one in posted["depGraph"]["pkgs"]]
    hit = [one for one in packages if one["name"] in FLAWS and one["version"] in FLAWS[one["name"]][2]]
    fix = {"upgradePaths": [], "isPatchable": False}
    found = {one["name"]: {"issueId": f"SNYK-{one['name']}", "fixInfo": fix} for one in hit}
    issues = [{"pkgName": one["name"], "pkgVersion": one["version"], **found[one["name"]]} for one in hit]
    affected = {f"{one['name']}@{one['version']}": {"pkg": one, "issues": {f"SNYK-{one['name']}": found[one["name"]]}} for one in hit}
    data = {f"SNYK-{one['name']}": _snyk(one["name"], posted["depGraph"]["pkgManager"]["name"]) for one in hit}
    result = {"affectedPkgs": affected, "issues": issues, "issuesData": data}
    return {"result": result, "meta": {"isPrivate": True, "isLicensesEnabled": False, "org": "acme", "policy": "", "ignoreSettings": None}}


def _snyk(name: str, manager: str) -> Mapping[str, Any]:
    cve, ghsa, versions, fixed = FLAWS[name]
    return {
        "id": f"SNYK-{name}", "title": f"a flaw of {name}", "severity": "high", "packageName": name, "packageManager": manager, "fixedIn": [fixed],
        "identifiers": {"CVE": [cve], "GHSA": [ghsa], "CWE": []}, "semver": {"vulnerable": list(versions)}, "description": "", "language": "", "cvssScore": 7.5,
    }  # fmt: skip


def safety(path: str, posted: Any, *, root: str = "http://localhost") -> Any:
    """Safety's platform, as far as ``safety check`` with a key asks it."""
    meta = {"schema_version": "2.0.0", "timestamp": 1764000000, "last_updated": "2026-01-30", "base_domain": "https://data.example"}
    known = {name: [_safety(name)] for name in FLAWS}
    places = {name: f"{root}/{name}" for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")}
    return {
        "/auth/.well-known/openid-configuration": {"issuer": root, **places},
        "/jwks_uri": {"keys": []},
        "/platform/initialize": {"organization": "acme", "plan": "team"},
        "/data/insecure.json": {"meta": meta, "vulnerable_packages": {name: some[0]["specs"] for name, some in known.items()}},
        "/data/insecure_full.json": {"meta": meta, "vulnerable_packages": known},
    }.get(path)


def _safety(name: str) -> Mapping[str, Any]:
    cve, _, versions, fixed = FLAWS[name]
    number = str(37000 + len(name))
    return {
        "id": number, "ids": [{"type": "pyup", "id": number}, {"type": "cve", "id": cve}], "specs": [f"<{fixed}"], "advisory": f"a flaw of {name}",
        "transitive": False, "more_info_path": f"/v/{number}", "fixed_versions": [fixed], "affected_versions": list(versions),
    }  # fmt: skip
