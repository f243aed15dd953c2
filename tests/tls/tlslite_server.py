"""A TLS server of tlslite-ng: ``tlslite_server.py PORT CERTIFICATE KEY OLDEST NEWEST``. Versions are ``3,0`` (SSL 3) to ``3,3`` (TLS 1.2)."""

import socketserver
import sys
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

PORT, CERTIFICATE, KEY, OLDEST, NEWEST = sys.argv[1:]
CHAIN, SETTINGS = X509CertChain(), HandshakeSettings()
CHAIN.parsePemList(Path(CERTIFICATE).read_text())
PRIVATE = parsePEMKey(Path(KEY).read_text(), private=True)
SETTINGS.minVersion, SETTINGS.maxVersion = (tuple(map(int, version.split(","))) for version in (OLDEST, NEWEST))
SETTINGS.cipherNames = ["aes128", "aes256", "3des"]


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        connection = TLSConnection(self.request)
        try:
            connection.handshakeServer(certChain=CHAIN, privateKey=PRIVATE, settings=SETTINGS)
            connection.read(max=4096)
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()
        except Exception:  # noqa: BLE001 - whatever a scanner sends must not end the server
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


Server(("127.0.0.1", int(PORT)), Handler).serve_forever()
