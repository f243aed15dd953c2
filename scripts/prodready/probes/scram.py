"""How PostgreSQL is given a password: MD5, and SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from prodready.engine.watch import Down

MOST = 1_000_000
"""Rounds of hashing that a server may ask for; more would hold up the probe."""


def md5(user: str, password: str, salt: bytes) -> bytes:
    """PostgreSQL's old answer to a challenge; the protocol names the hash."""
    inner = hashlib.md5(f"{password}{user}".encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


class Scram:
    """One log-in."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._nonce = base64.b64encode(os.urandom(18)).decode()
        self._signature = b""

    @property
    def first(self) -> bytes:
        """The client's first message; the user is the one of the startup message."""
        return f"n,,n=,r={self._nonce}".encode()

    def final(self, challenge: bytes) -> bytes:
        """The proof. Raises Down for a challenge that is none of ours."""
        given = dict(part.split("=", 1) for part in challenge.decode().split(","))
        rounds = int(given["i"])
        if not given["r"].startswith(self._nonce) or not 0 < rounds <= MOST:
            raise Down("its log-in challenge is not the answer to ours")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(given["s"]), rounds)
        key = _mac(salted, b"Client Key")
        plain = f"c=biws,r={given['r']}"
        message = f"n=,r={self._nonce},{challenge.decode()},{plain}".encode()
        proof = bytes(a ^ b for a, b in zip(key, _mac(hashlib.sha256(key).digest(), message), strict=True))
        self._signature = _mac(_mac(salted, b"Server Key"), message)
        return f"{plain},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, answer: bytes) -> None:
        """That the server knows the password too. Raises Down."""
        if not hmac.compare_digest(answer, b"v=" + base64.b64encode(self._signature)):
            raise Down("the server does not know the password: it is not the one it pretends to be")


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()
