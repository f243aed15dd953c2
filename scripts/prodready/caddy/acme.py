"""A certificate authority for a rehearsal: pebble, a real ACME server, on loopback and with a resolver of its own."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Start = Callable[..., "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A running pebble."""

    directory: str
    root: Path
    """The certificate of its API, which Caddy must trust to talk to it."""
    log: Path

    def orders(self) -> int:
        """How many certificates were ordered so far."""
        return self.log.read_bytes().count(b"POST /order-plz")


def here() -> bool:
    """Whether pebble and its resolver are installed."""
    return bool(shutil.which("pebble") and shutil.which("pebble-challtestsrv"))


def start(folder: Path, launch: Start, port: Callable[[], int], *, http_port: int, tls_port: int) -> Authority:
    """Starts both; ``launch(argv, log, env, port)`` returns when the port answers. Raises OSError or TimeoutError."""
    dns, control, api, management = port(), port(), port(), port()
    root = _api_certificate(folder)
    options = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{control}"]
    launch(["pebble-challtestsrv", *options, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""], folder / "resolver.log", {}, control)
    config = {
        "listenAddress": f"127.0.0.1:{api}", "managementListenAddress": f"127.0.0.1:{management}", "certificate": str(folder / "api.pem"),
        "privateKey": str(folder / "api.key"), "httpPort": http_port, "tlsPort": tls_port, "ocspResponderURL": "", "externalAccountBindingRequired": False,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}), "utf-8")
    hurry = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    launch(["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"], folder / "pebble.log", hurry, api)
    return Authority(directory=f"https://127.0.0.1:{api}/dir", root=root, log=folder / "pebble.log")


def _api_certificate(folder: Path) -> Path:
    """A certificate for pebble's API that signs itself; returns its path."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rehearsal")]), dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1)).add_extension(names, critical=False)
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    (folder / "api.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    (folder / "api.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return folder / "api.pem"
