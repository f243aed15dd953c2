"""What the sensor printed -> facts. Whatever is missing, failed or misshapen becomes an unknown with its reason, never a good answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from prodready.names import shown
from prodready.tls import hsts
from prodready.tls.facts import VERSIONS, Certificate, Client, Deployment, Endpoint, Hsts, Path, Suite, Unknown
from prodready.tls.identity import ascii_name, is_address
from prodready.tools.classify import Malformed, each, json_of, want

_KEYS = {
    "RSAPublicKey": "RSA", "DSAPublicKey": "DSA", "ECPublicKey": "EC", "EllipticCurvePublicKey": "EC", "Ed25519PublicKey": "Ed25519",
    "Ed448PublicKey": "Ed448",
}  # fmt: skip
_ROBOT = {
    "NOT_VULNERABLE_NO_ORACLE": False, "NOT_VULNERABLE_RSA_NOT_SUPPORTED": False, "VULNERABLE_WEAK_ORACLE": True, "VULNERABLE_STRONG_ORACLE": True,
}  # fmt: skip
_WORST = {"http": "A-", "tls_compression": "C", "tls_1_3_cipher_suites": "A-", "certificate_info": "M"}
"""The letter that the worst answer leaves; F for the other questions."""
_SHA1 = ("sha1", "ecdsa-with-sha1", "dsawithsha1", "dsa_with_sha1")
_REASONS = {
    "CLIENT_CERTIFICATE_NEEDED": "the server wants a client certificate", "CONNECTIVITY_ISSUE": "the connection broke off, twice",
    "BUG_IN_SSLYZE": "sslyze does not understand the answer", "WRONG_USAGE": "sslyze was called wrongly",
}  # fmt: skip
LIMIT = 200
"""Characters of a server's own words that are kept."""


class Unreached(Struct, frozen=True, kw_only=True):
    """An address that gave no handshake, and why."""

    address: str
    why: str


class Seen(Struct, frozen=True, kw_only=True):
    """What the sensor saw of a target."""

    addresses: tuple[str, ...]
    """All that the name resolves to."""
    endpoints: tuple[Endpoint | Unreached, ...]
    """Those that were looked at, in the same order."""
    failure: str
    """Why the name did not resolve."""


def read(raw: bytes, *, name: str, now: datetime) -> Seen:
    """The facts in the sensor's output. Raises Malformed when it is not that."""
    data = json_of(raw)
    addresses = tuple(map(str, want(data, "addresses", list)))
    endpoints = tuple(_endpoint(one, name, now) for one in each(data, "endpoints"))
    if len(endpoints) > len(addresses) or (addresses and not endpoints):
        raise Malformed("it does not account for the addresses it names")
    return Seen(addresses=addresses, endpoints=endpoints, failure=_words(want(data, "resolution", str)))


def _endpoint(data: Mapping[str, object], name: str, now: datetime) -> Endpoint | Unreached:
    address = want(data, "address", str)
    if "unreachable" in data:
        return Unreached(address=address, why=_words(want(data, "unreachable", str)))
    scan = want(data, "scan", dict)
    if failure := want(scan, "failure", str):
        return Unreached(address=address, why=_no_handshake(data, _words(failure)))
    if lost := _lost(data):
        return Unreached(address=address, why=f"it answered, and no longer did when the scan was over ({lost}): what looks refused may only be dropped")
    return _Scan(data=data, scan=want(scan, "scan_result", dict)).endpoint(address, name, now, wants_certificate=_wants_certificate(scan))


def _no_handshake(data: Mapping[str, object], failure: str) -> str:
    """Why sslyze got nowhere; its libraries know no post-quantum groups, so our own handshake may have more to say."""
    if any(client.suite for client in _clients(data)):
        return f"a current client connects, but sslyze does not ({failure}): a server with post-quantum groups alone looks like that"
    return f"no TLS handshake succeeds: {failure}"


def _lost(data: Mapping[str, object]) -> str:
    """Why a client that connected before the scan no longer does. sslyze takes a connection that is hung up for a refusal, which is the good answer."""
    after = data.get("after")
    return _words(want(after, "failure", str)) if after is not None and _clients(data) and _clients(data)[0].suite else ""


def _wants_certificate(scan: Mapping[str, object]) -> bool:
    connectivity = scan.get("connectivity")
    return isinstance(connectivity, dict) and connectivity.get("client_auth_requirement") == "REQUIRED"


@dataclass(slots=True, kw_only=True)
class _Scan:
    """The account of one address, and what it does not tell."""

    data: Mapping[str, object]
    scan: Mapping[str, object]
    unknown: list[Unknown] = field(default_factory=list)

    def endpoint(self, address: str, name: str, now: datetime, *, wants_certificate: bool) -> Endpoint:
        deployments = self.part("certificate_info", self.deployments, ())
        protocols = {version: suites for version in VERSIONS if (suites := self.part(_command(version), _suites, None)) != ()}
        if not protocols:
            self.doubt("every version looks refused, although a handshake succeeded", "tls_1_2_cipher_suites")
        renegotiation = self.part("session_renegotiation", _renegotiation, (None, None))
        return Endpoint(
            address=address, name=name, seen=now, protocols=protocols, deployments=deployments,
            heartbleed=self.flag("heartbleed", "is_vulnerable_to_heartbleed"),
            ccs_injection=self.flag("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
            robot=self.part("robot", _robot, None), compression=self.flag("tls_compression", "supports_compression"),
            secure_renegotiation=renegotiation[0], client_renegotiation=renegotiation[1],
            hsts=self.hsts(name, wants_certificate=wants_certificate), clients=_clients(self.data), unknown=tuple(self.unknown),
        )  # fmt: skip

    def part(self, command: str, read: Any, unknown: Any) -> Any:
        """What a command saw, or ``unknown`` with the reason noted."""
        attempt: Any = self.scan.get(command)
        try:
            if want(attempt, "status", str) == "COMPLETED":
                return read(want(attempt, "result", dict))
            reason = str(attempt["error_reason"])
            self.doubt(f"{command}: {_REASONS.get(reason, _words(reason))}", command)
        except (Malformed, ValueError, KeyError) as error:
            self.doubt(f"{command}: {error}", command)
        return unknown

    def doubt(self, words: str, about: str) -> None:
        self.unknown.append(Unknown(about=about, words=words, effect=_WORST.get(about, "F")))

    def flag(self, command: str, key: str) -> bool | None:
        found: bool | None = self.part(command, lambda result: want(result, key, bool), None)
        return found

    def deployments(self, result: Mapping[str, object]) -> tuple[Deployment, ...]:
        found, paths = list(each(result, "certificate_deployments")), list(each(self.data, "paths"))
        if not found or len(found) != len(paths):
            raise Malformed("certificates and their verdicts do not match")
        return tuple(_deployment(one, path) for one, path in zip(found, paths, strict=True))

    def hsts(self, name: str, *, wants_certificate: bool) -> Hsts:
        http = self.data.get("http")
        if http is None:
            return Hsts(status="not asked", words="this is no HTTPS service, so there is no HSTS")
        answers = list(each(http, "answers"))
        if not answers:
            why = _REASONS["CLIENT_CERTIFICATE_NEEDED"] if wants_certificate else _words(want(http, "failure", str)) or "no answer"
            self.doubt(f"HSTS: {why}; for a service without HTTP pass 'http: false'", "http")
            return Hsts(status="unknown", words=why)
        if is_address(name):
            return Hsts(status="absent", words=f"browsers keep no HSTS policy for an address such as {name} (RFC 6797, 8.1.1); pass 'sni'")
        fields = [[str(value) for value in want(answer, "hsts", list)] for answer in answers]
        return hsts.read(next((field for field in reversed(fields) if field), []))


def _command(version: str) -> str:
    kind, number = version.split()
    return f"{kind.lower()}_{number.replace('.', '_') if '.' in number else number + '_0'}_cipher_suites"


def _suites(result: Mapping[str, object]) -> tuple[Suite, ...] | None:
    """Accepted suites; an empty tuple is a version that is refused."""
    accepted = tuple(_suite(one) for one in each(result, "accepted_cipher_suites"))
    if want(result, "is_tls_version_supported", bool) is not bool(accepted):
        raise Malformed("a version is offered, and no suite of it accepted")
    return accepted


def _suite(data: Mapping[str, object]) -> Suite:
    suite, key = want(data, "cipher_suite", dict), data.get("ephemeral_key")
    exchange = (want(key, "type_name", str), want(key, "size", int)) if key is not None else ("", 0)
    return Suite(
        name=_words(want(suite, "name", str)), bits=want(suite, "key_size", int), anonymous=want(suite, "is_anonymous", bool),
        exchange=exchange[0], exchange_bits=exchange[1],
    )  # fmt: skip


def _renegotiation(result: Mapping[str, object]) -> tuple[bool, bool]:
    return want(result, "supports_secure_renegotiation", bool), want(result, "client_renegotiations_success_count", int) > 0


def _robot(result: Mapping[str, object]) -> bool:
    answer = want(result, "robot_result", str)
    if answer not in _ROBOT:
        raise Malformed(f"the answers were not consistent ({_words(answer)})")
    return _ROBOT[answer]


def _deployment(data: Mapping[str, object], path: Mapping[str, object]) -> Deployment:
    chain = tuple(_certificate(one) for one in each(data, "received_certificate_chain"))
    if not chain:
        raise Malformed("the server sent no certificate")
    staple = data.get("ocsp_response")
    trusted = data.get("ocsp_response_is_trusted") is True
    revoked = isinstance(staple, dict) and trusted and staple.get("certificate_status") == "REVOKED"
    return Deployment(
        chain=chain, alone=_path(want(path, "alone", dict)), completed=_path(want(path, "completed", dict)), public=_path(want(path, "public", dict)),
        revoked=revoked,
    )  # fmt: skip


def _path(data: Mapping[str, object]) -> Path:
    sha1 = any(str(name).lower().startswith(_SHA1) for name in want(data, "signatures", list))
    return Path(code=want(data, "code", int), depth=want(data, "depth", int), words=_words(want(data, "words", str)), sha1=sha1)


def _certificate(data: Mapping[str, object]) -> Certificate:
    key, names = want(data, "public_key", dict), want(data, "subject_alternative_name", dict)
    digest = data.get("signature_hash_algorithm")
    kind = _KEYS.get(want(key, "algorithm", str).strip("_"), "")
    if not kind:
        raise Malformed(f"a key of the kind {_words(want(key, 'algorithm', str))}")
    exponent = key.get("rsa_e")
    return Certificate(
        subject=_name(want(data, "subject", dict)), issuer=_name(want(data, "issuer", dict)), not_before=_time(data, "not_valid_before"),
        not_after=_time(data, "not_valid_after"), dns_names=tuple(ascii_name(str(one)) for one in want(names, "dns_names", list)),
        addresses=tuple(str(ipaddress.ip_address(str(one))) for one in want(names, "ip_addresses", list)),
        key=kind, key_bits=_size(key, kind), exponent=exponent if isinstance(exponent, int) else 0,
        digest=str(digest["name"]) if isinstance(digest, dict) else "", sha256=want(data, "fingerprint_sha256", str),
    )  # fmt: skip


def _size(key: Mapping[str, object], kind: str) -> int:
    return {"Ed25519": 256, "Ed448": 448}.get(kind) or want(key, "key_size", int)


def _name(data: Mapping[str, object]) -> str:
    return _words(want(data, "rfc4514_string", str)) or "(no name)"


def _time(data: Mapping[str, object], key: str) -> datetime:
    moment = datetime.fromisoformat(want(data, key, str))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clients(data: Mapping[str, object]) -> tuple[Client, ...]:
    return tuple(Client(suite=want(one, "suite", str), version=want(one, "version", str)) for one in each(data, "clients"))


def _words(text: str) -> str:
    """A server's words, safe to show."""
    return shown(text.strip())[:LIMIT]
