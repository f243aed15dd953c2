"""What was seen of one address of a TLS server, frozen. A fact that could not be had is None and named in ``Endpoint.unknown``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

VERSIONS = ("SSL 2", "SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")
"""Protocol versions, oldest first."""
_EC_AS_RSA = ((521, 15360), (384, 7680), (253, 3072), (224, 2048), (192, 1536), (160, 1024))
"""Bits of an elliptic curve -> bits of an RSA key of that strength (SP 800-57 part 1, table 2; X25519 counts 253 bits)."""
_SMALL_BLOCKS = ("3DES", "_DES_", "DES40", "IDEA", "RC2", "GOST28147")
_AEAD = ("_GCM_", "_CCM", "POLY1305")


def as_rsa(kind: str, bits: int) -> int:
    """The RSA key size in bits that is as strong as this key."""
    if kind in ("RSA", "DSA", "DH"):
        return bits
    return next((rsa for curve, rsa in _EC_AS_RSA if bits >= curve), 512)


class Suite(Struct, frozen=True, kw_only=True):
    """A cipher suite that the server accepted."""

    name: str
    """IANA's name."""
    bits: int
    """Of the bulk cipher's key; 0 without encryption, 168 for triple DES."""
    anonymous: bool = False
    exchange: str = ""
    """``ECDH`` or ``DH`` for an ephemeral key, empty without one."""
    exchange_bits: int = 0
    """Size of that ephemeral key."""

    @property
    def forward_secret(self) -> bool:
        """Whether a key that leaks later does not open what was recorded."""
        return not self.anonymous and ("_WITH_" not in self.name or self.name.startswith(("TLS_ECDHE_", "TLS_DHE_")))

    @property
    def aead(self) -> bool:
        """Whether encryption and integrity are one."""
        return any(mark in self.name for mark in _AEAD)

    @property
    def rc4(self) -> bool:
        """Whether RC4 encrypts."""
        return "RC4" in self.name

    @property
    def cbc(self) -> bool:
        """Whether a block cipher is chained."""
        return "_CBC" in self.name

    @property
    def small_blocks(self) -> bool:
        """Whether the cipher's blocks have 64 bits."""
        return any(mark in self.name for mark in _SMALL_BLOCKS)


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate as the server sent it."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    key: str
    """``RSA``, ``EC``, ``DSA``, ``Ed25519`` or ``Ed448``."""
    key_bits: int
    exponent: int
    """Of an RSA key, 0 otherwise."""
    digest: str
    """Hash of its signature, for example ``sha256``; empty where the algorithm has none of its own."""
    sha256: str

    @property
    def self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.subject == self.issuer

    @property
    def strength(self) -> int:
        """Of its key, in bits of an RSA key."""
        return as_rsa(self.key, self.key_bits)


class Path(Struct, frozen=True, kw_only=True):
    """OpenSSL's verdict on a chain."""

    code: int
    """0: trusted; otherwise OpenSSL's X509_V_ERR number of the first fault."""
    depth: int = 0
    """Which certificate is at fault, 0 is the server's own."""
    words: str = ""
    sha1: bool = False
    """Whether SHA-1 signs a certificate below the root."""


class Deployment(Struct, frozen=True, kw_only=True):
    """One certificate the server presents, with its chain: RSA and ECDSA ones are separate."""

    chain: tuple[Certificate, ...]
    alone: Path
    """Of the chain as sent."""
    completed: Path
    """With the intermediates that were given."""
    public: Path
    """Without the private CA that was given."""
    revoked: bool = False

    @property
    def leaf(self) -> Certificate:
        """The server's own certificate."""
        return self.chain[0]


class Client(Struct, frozen=True, kw_only=True):
    """What a modern client negotiated; empty words where it could not."""

    suite: str
    version: str


class Hsts(Struct, frozen=True, kw_only=True):
    """The HSTS policy of a host, as RFC 6797 reads it."""

    status: Literal["present", "absent", "invalid", "disabled", "unknown", "not asked"]
    max_age: int = 0
    """Seconds."""
    include_subdomains: bool = False
    words: str = ""
    """Why it is not present."""


class Unknown(Struct, frozen=True, kw_only=True):
    """A question that stayed open."""

    about: str
    """The sensor's name for it: ``robot``, ``tls_1_0_cipher_suites``, ``certificate_info``, ``http``."""
    words: str
    """Which, and why."""
    effect: str
    """The letter that the worst answer would leave."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """Everything that was seen of one address."""

    address: str
    name: str
    """What the client asked for, which the certificate must cover."""
    seen: datetime
    """The clock that dates are held to."""
    protocols: Mapping[str, tuple[Suite, ...] | None]
    """Version -> accepted suites, for every version that is offered; None where that could not be told. A version that is not here is refused."""
    deployments: tuple[Deployment, ...]
    heartbleed: bool | None
    ccs_injection: bool | None
    robot: bool | None
    compression: bool | None
    secure_renegotiation: bool | None
    client_renegotiation: bool | None
    """Whether the server lets a client renegotiate."""
    hsts: Hsts
    clients: tuple[Client, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """The versions that are offered, oldest first."""
        return tuple(version for version in VERSIONS if self.protocols.get(version) is not None)

    def suites(self, *versions: str) -> tuple[Suite, ...]:
        """Suites accepted with any of these versions (of all without), each once, sorted by name."""
        found = {suite for version in versions or VERSIONS for suite in self.protocols.get(version) or ()}
        return tuple(sorted(found, key=lambda suite: (suite.name, suite.exchange, suite.exchange_bits, suite.bits)))
