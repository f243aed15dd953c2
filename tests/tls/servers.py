"""Real TLS servers on loopback, good and bad, with certificates made for them: OpenSSL, GnuTLS, tlslite-ng, nginx and Caddy."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ports import free as free_port

NAME = "desk.example.org"
PATIENCE = 30.0
"""Seconds a server may take to listen."""
ALL = "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate with its key, and the chain a server sends."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: Path
    key_file: Path


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """A private authority: a root, an intermediate below it, and what they issue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self._issue("Test Root", None, authority=True)
        self.middle = self._issue("Test Intermediate", self.root, authority=True)
        self.ca_file = self._write("ca.pem", self.root.certificate)
        self.intermediates = self._write("intermediate.pem", self.middle.certificate)

    def leaf(self, *names: str, kind: str = "rsa", days: tuple[int, int] = (-1, 90), chain: bool = True, self_signed: bool = False, san: bool = True) -> Pair:
        """A server's certificate for these names (NAME without), valid between two days from now."""
        return self._issue("desk", None if self_signed else self.middle, names=names or (NAME, "127.0.0.1"), kind=kind, days=days, chain=chain, san=san)

    def weak(self, bits: int = 2048, digest: str = "sha256") -> Pair:
        """What only the openssl program still makes: short keys and old digests."""
        base = self.folder / f"weak-{bits}-{digest}"
        key, request, ext = base.with_suffix(".key"), base.with_suffix(".csr"), base.with_suffix(".ext")
        ext.write_text(f"subjectAltName=DNS:{NAME},IP:127.0.0.1\n")
        openssl("genrsa", "-out", str(key), str(bits))
        openssl("req", "-new", "-key", str(key), "-subj", "/CN=desk", f"-{'sha256' if bits >= 1024 else 'sha1'}", "-out", str(request))
        signed = ("-CA", str(self.folder / "Test Intermediate.pem"), "-CAkey", str(self.folder / "Test Intermediate.key"), "-CAcreateserial")
        openssl("x509", "-req", "-in", str(request), *signed, "-days", "90", f"-{digest}", "-extfile", str(ext), "-out", str(base.with_suffix(".pem")))
        chain = base.with_suffix(".chain")
        chain.write_bytes(base.with_suffix(".pem").read_bytes() + (self.folder / "Test Intermediate.pem").read_bytes())
        return Pair(certificate=self.middle.certificate, key=self.middle.key, chain=chain, key_file=key)

    def _issue(
        self, common: str, issuer: Pair | None, *, authority: bool = False, names: Sequence[str] = (), kind: str = "ec",
        days: tuple[int, int] = (-1, 90), chain: bool = False, san: bool = True,
    ) -> Pair:  # fmt: skip
        key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder().subject_name(_name(common)).issuer_name(issuer.certificate.subject if issuer else _name(common))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now + dt.timedelta(days=days[0])).not_valid_after(now + dt.timedelta(days=days[1]))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        if authority:
            usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
            builder = builder.add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), critical=True)
        if issuer:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        if names and san:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
        unique = common if authority else f"{common}-{certificate.serial_number % 10**9}"
        sent = [certificate, issuer.certificate] if chain and issuer else [certificate]
        key_file = self.folder / f"{unique}.key"
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        return Pair(certificate=certificate, key=key, chain=self._write(f"{unique}.pem", *sent), key_file=key_file)

    def _write(self, name: str, *certificates: x509.Certificate) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates))
        return path


def oakley_group_2(path: Path) -> Path:
    """Writes the Diffie-Hellman parameters of RFC 2409, section 6.2: 1024 bits."""
    prime = bytes.fromhex(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
        "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
    )
    der = b"\x30\x81\x87" + b"\x02\x81\x81\x00" + prime + b"\x02\x01\x02"  # SEQUENCE of the prime and the generator 2
    path.write_text(f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n")
    return path


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def openssl(*args: str) -> None:
    """Runs the openssl program."""
    subprocess.run([program("openssl"), *args], check=True, capture_output=True, timeout=60)


def program(name: str) -> str:
    """Where a program is; the test is skipped by name where it is not."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(argv: Sequence[str], port: int, *, host: str = "127.0.0.1", cwd: Path | None = None, env: dict[str, str] | None = None) -> Iterator[int]:
    """A server while the block runs, from the moment that its port answers."""
    process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(host, port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the port answers. Raises when the process ends before, or nothing comes within PATIENCE."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on {host}:{port}")


def s_server(pair: Pair, *options: str, host: str = "127.0.0.1") -> tuple[list[str], int]:
    """OpenSSL's server, which answers every GET with a page without HSTS. It serves one connection at a time."""
    port = free_port(host)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    files = ("-cert", str(pair.chain), "-cert_chain", str(pair.chain), "-key", str(pair.key_file))
    return [program("openssl"), "s_server", "-accept", place, *files, "-www", "-quiet", *options], port


def caddy(program: Path, folder: Path, pair: Pair, *lines: str, tls: str = "") -> tuple[list[str], int]:
    """Caddy as it is without a word about TLS, but for the certificate; with these lines in its site."""
    port = free_port()
    folder.mkdir()
    site = "\n".join([f"https://{NAME}:{port} {{", "bind 127.0.0.1", f"tls {pair.chain} {pair.key_file} {tls}".strip(), *lines, 'respond "ok"', "}"])
    (folder / "Caddyfile").write_text(f"{{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}}\n{site}\n")
    return [str(program), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port


def gnutls(pair: Pair, priority: str) -> tuple[list[str], int]:
    """GnuTLS' server: RC4, triple DES and others that OpenSSL 3 has forgotten."""
    port = free_port()
    files = (f"--x509certfile={pair.chain}", f"--x509keyfile={pair.key_file}")
    return [program("gnutls-serv"), "--http", "--quiet", f"--port={port}", *files, f"--priority={priority}"], port


def tlslite(pair: Pair, oldest: str, newest: str) -> tuple[list[str], int]:
    """tlslite-ng, which still speaks SSL 3: versions as ``3,0`` (SSL 3) to ``3,3`` (TLS 1.2)."""
    port = free_port()
    script = Path(__file__).with_name("tlslite_server.py")
    return [sys.executable, "-W", "ignore", str(script), str(port), str(pair.chain), str(pair.key_file), oldest, newest], port


def nginx(folder: Path, pair: Pair, *lines: str, protocols: str = "TLSv1.2 TLSv1.3") -> tuple[list[str], int]:
    """nginx with these lines in its server block."""
    port = free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n"
        f"scgi_temp_path {folder}/s; server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pair.chain}; ssl_certificate_key {pair.key_file};\n"
        f"ssl_protocols {protocols}; {' '.join(lines)} location / {{ return 200 ok; }} }} }}\n"
    )
    return [program("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port
