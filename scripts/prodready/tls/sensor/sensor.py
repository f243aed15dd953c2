"""Looks at every address of a TLS server and prints what it saw as JSON: ``sensor.py '{"host": …}'``. Runs in the environment of ``tool.toml``.

It starts sslyze as a program (old C libraries read hostile input there, and a crash of theirs ends only that child), verifies each chain with OpenSSL,
makes the handshakes of a modern client, one more when the scan is over, and asks for ``/``. It judges nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import ipaddress
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

FLAGS = {
    "ssl_2_0_cipher_suites": "--sslv2", "ssl_3_0_cipher_suites": "--sslv3", "tls_1_0_cipher_suites": "--tlsv1", "tls_1_1_cipher_suites": "--tlsv1_1",
    "tls_1_2_cipher_suites": "--tlsv1_2", "tls_1_3_cipher_suites": "--tlsv1_3", "certificate_info": "--certinfo", "heartbleed": "--heartbleed",
    "openssl_ccs_injection": "--openssl_ccs", "robot": "--robot", "tls_compression": "--compression", "session_renegotiation": "--reneg",
}  # fmt: skip
"""What is asked of sslyze: its name in the output, and its option."""
TRANSIENT = ("CONNECTIVITY_ISSUE", "BUG_IN_SSLYZE")  # what a second, slower attempt can mend: mostly a server that serves one connection at a time
ROOTS = "plugins/certificate_info/trust_stores/pem_files/mozilla_nss.pem"  # Mozilla's, which sslyze brings along
AT_ONCE = 4
PATIENCE, SCAN_SECONDS = 5.0, 75.0  # that a connection of our own may wait for an answer, and that sslyze may take
SILENT = "timed out"
REDIRECTS = 4


def main(words: str) -> None:
    """Prints the version, or what was seen of the target that ``words`` describe."""
    if words == "--version":
        sys.stdout.write(f"sslyze {importlib.metadata.version('sslyze')}\n")
        return
    asked = json.loads(words)
    asked["server_name"] = _server_name(asked["name"])
    asked["extra"], _ = _certificates(asked["intermediates"]), _certificates(asked["ca_file"])
    addresses, failure = (asked["addresses"], "") if asked["addresses"] else _resolve(asked["host"], asked["port"])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        endpoints = list(pool.map(lambda address: _endpoint(asked, address), addresses[: asked["most"]]))
    sys.stdout.write(json.dumps({"resolution": failure, "addresses": addresses, "endpoints": endpoints}))
    sys.stdout.flush()
    os._exit(0)  # without waiting for a scan that nobody needs any more: whoever started us ends it


def _resolve(host: str, port: int) -> tuple[list[str], str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return [], getattr(error, "strerror", None) or str(error)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found)), ""


def _endpoint(asked: dict[str, Any], address: str) -> dict[str, Any]:
    """Everything about one address. Our own connections are over before sslyze has loaded: some servers serve only one at a time."""
    try:
        socket.create_connection((address, asked["port"]), PATIENCE).close()
    except OSError as error:
        return {"address": address, "unreachable": error.strerror or str(error)}
    scan = ThreadPoolExecutor(1).submit(_sslyze, asked, address)
    plain = bool(asked["starttls"])
    clients = [] if plain else [_handshake(asked, address, newest) for newest in (None, ssl.TLSVersion.TLSv1_2)]
    if clients and {client["failure"] for client in clients} == {SILENT}:
        return {"address": address, "unreachable": f"it takes the connection and says nothing within {PATIENCE:.0f} s"}
    seen = {"address": address, "clients": clients, "http": None if plain or not asked["http"] else _http(asked, address)}
    importlib.import_module("OpenSSL.crypto")  # beside the scan
    seen |= {"scan": (found := scan.result()), "paths": _paths(asked, found)}
    return {**seen, "after": None if plain else _handshake(asked, address, None)}


def _handshake(asked: dict[str, Any], address: str, newest: ssl.TLSVersion | None) -> dict[str, str]:
    """What a modern client negotiates, or why it cannot."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest or ssl.TLSVersion.MAXIMUM_SUPPORTED
    try:
        with _connected(asked, address, context) as connection:
            suite, version = (connection.cipher() or ("",))[0], connection.version() or ""
            return {"suite": suite, "version": version, "failure": ""}
    except (OSError, ValueError) as error:
        return {"suite": "", "version": "", "failure": _why(error)}


def _connected(asked: dict[str, Any], address: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((address, asked["port"]), PATIENCE)
    try:
        return context.wrap_socket(plain, server_hostname=asked["server_name"] or None)
    except BaseException:
        plain.close()
        raise


def _http(asked: dict[str, Any], address: str) -> dict[str, Any]:
    """Status and HSTS header fields of each answer to ``GET /``, redirects followed as long as they stay on this host and port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    with contextlib.suppress(ssl.SSLError, ValueError):  # an old server is graded, not refused
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    answers, path, failure = list[dict[str, Any]](), "/", ""
    try:
        while path and len(answers) <= REDIRECTS:
            answers.append(_get(asked, address, context, path))
            path = _same_host(asked, answers[-1]["location"], [answer["path"] for answer in answers])
    except (OSError, ValueError, HTTPException) as error:
        failure = _why(error)
    return {"answers": answers, "failure": failure}


def _get(asked: dict[str, Any], address: str, context: ssl.SSLContext, path: str) -> dict[str, Any]:
    host = asked["server_name"] or asked["name"]
    port = "" if asked["port"] == 443 else f":{asked['port']}"
    host = f"[{host}]" if ":" in host else host
    with _connected(asked, address, context) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: prodready\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = HTTPResponse(connection, method="GET")
        answer.begin()
        return {
            "path": path, "status": answer.status, "location": answer.headers.get("Location", ""),
            "hsts": answer.headers.get_all("Strict-Transport-Security", []),
        }  # fmt: skip


def _same_host(asked: dict[str, Any], location: str, been: list[str]) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(location)
    here = parts.scheme in ("", "https") and (not parts.netloc or (parts.hostname == asked["name"].lower() and (parts.port or 443) == asked["port"]))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fit = path.startswith("/") and path.isascii() and path.isprintable() and " " not in path
    return path if location and here and fit and path not in been else ""


def _sslyze(asked: dict[str, Any], address: str) -> dict[str, Any]:
    """Sslyze's account; what failed for a reason that may pass is asked once more, with fewer connections at a time."""
    first = _run_sslyze(asked, address, list(FLAGS.values()))
    results = first.get("scan_result") or {}
    again = [name for name, one in results.items() if name in FLAGS and one["error_reason"] in TRANSIENT]
    if again:
        second = _run_sslyze(asked, address, [*(FLAGS[name] for name in again), "--slow_connection"])
        repeated = second.get("scan_result") or {}
        results.update({name: repeated[name] for name in again if repeated.get(name, {}).get("status") == "COMPLETED"})
    return first


def _run_sslyze(asked: dict[str, Any], address: str, flags: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        place = f"[{address}]:{asked['port']}" if ":" in address else f"{address}:{asked['port']}"
        argv = [sys.executable, "-I", "-B", "-W", "ignore", "-m", "sslyze", "--mozilla_config=disable", "--quiet", "--json_out", str(out), *flags]
        argv += ["--sni", asked["server_name"]] if asked["server_name"] else []
        argv += ["--starttls", asked["starttls"]] if asked["starttls"] else []
        try:
            ended = subprocess.run([*argv, place], stdin=subprocess.DEVNULL, capture_output=True, timeout=SCAN_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return {"failure": f"sslyze was stopped after {SCAN_SECONDS:.0f} s"}
        told = json.loads(out.read_bytes()) if out.is_file() else None
    if not told:
        return {"failure": f"sslyze ended with code {ended.returncode} and left no account"}
    if told["invalid_server_strings"]:
        return {"failure": str(told["invalid_server_strings"][0].get("error_message", "sslyze refused the target"))}
    return _trimmed(told["server_scan_results"][0])


def _trimmed(result: dict[str, Any]) -> dict[str, Any]:
    """Without what nobody reads: rejected suites, and the verdicts of a dozen trust stores."""
    scan = result["scan_result"] or {}
    for name, one in scan.items():
        del one["error_trace"]
        if name.endswith("_cipher_suites") and one["result"]:
            del one["result"]["rejected_cipher_suites"]
        if name == "certificate_info" and one["result"]:
            one["result"].pop("certificate_deployment_with_sni_disabled", None)
            for deployment in one["result"]["certificate_deployments"]:
                del deployment["path_validation_results"], deployment["verified_certificate_chain"]
    kept = {name: scan[name] for name in FLAGS if name in scan}
    trace = (result["connectivity_error_trace"] or "").strip().rpartition("\n")[2][:200]
    return {"failure": "" if scan else trace or "no handshake succeeded", "connectivity": result["connectivity_result"], "scan_result": kept}


def _paths(asked: dict[str, Any], scan: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each certificate the server presents: OpenSSL's verdict on its chain, alone and with the given intermediates."""
    found = ((scan.get("scan_result") or {}).get("certificate_info") or {}).get("result") or {}
    return [_path(asked, [one["as_pem"] for one in deployment["received_certificate_chain"]]) for deployment in found.get("certificate_deployments", ())]


def _path(asked: dict[str, Any], chain: list[str]) -> dict[str, Any]:
    alone = _verify(asked, chain, asked["ca_file"])
    completed = _verify(asked, [*chain, *asked["extra"]], asked["ca_file"]) if asked["extra"] and alone["code"] else alone
    return {"alone": alone, "completed": completed, "public": _verify(asked, [*chain, *asked["extra"]], "") if asked["ca_file"] else completed}


def _verify(asked: dict[str, Any], chain: list[str], ca_file: str) -> dict[str, Any]:
    """OpenSSL's code for the first thing wrong with a chain (0: nothing), and the signatures below the root."""
    from OpenSSL import crypto  # type: ignore[import-not-found]  # lives in the environment of tool.toml

    store = crypto.X509Store()
    store.load_locations(importlib.metadata.distribution("sslyze").locate_file(f"sslyze/{ROOTS}"))
    if ca_file:
        store.load_locations(ca_file)
    store.set_time(datetime.fromisoformat(asked["now"]))
    leaf, *others = [crypto.load_certificate(crypto.FILETYPE_PEM, pem.encode()) for pem in chain]
    context = crypto.X509StoreContext(store, leaf, others)
    try:
        path = context.get_verified_chain()
    except crypto.X509StoreContextError as error:
        return {"code": error.errors[0], "depth": error.errors[1], "words": str(error.errors[2]), "signatures": [], "length": 0}
    return {"code": 0, "depth": 0, "words": "", "signatures": [one.get_signature_algorithm().decode() for one in path[:-1]], "length": len(path)}


def _certificates(path: str) -> list[str]:
    """The certificates of a PEM file; none without a file."""
    if not path:
        return []
    text = Path(path).read_text("ascii", "replace")
    if "-----BEGIN CERTIFICATE-----" not in text or "PRIVATE KEY" in text:
        raise SystemExit(f"{Path(path).name} must hold certificates in PEM, and nothing else")
    return re.findall(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", text)


def _server_name(name: str) -> str:
    """What is sent as SNI: the name in ASCII, and nothing for an address (RFC 6066)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        with contextlib.suppress(UnicodeError):
            return name.encode("idna").decode("ascii").rstrip(".")
        return name
    return ""


def _why(error: Exception) -> str:
    words = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    return SILENT if isinstance(error, TimeoutError) else str(words)[:200]


if __name__ == "__main__":
    main(sys.argv[1])
