"""The rules of the SSL Labs rating guide, version 2009r (16 May 2025): each looks at one endpoint and says in words what it saw.

``since`` is the version of the guide that brought the rule (2009c to 2009r). Rules that the guide dropped (BEAST, TLS_FALLBACK_SCSV) are not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from prodready.tls.facts import Certificate, Deployment, Endpoint, Suite
from prodready.tls.hsts import ENOUGH
from prodready.tls.identity import covers

Effect = Literal["A-", "B", "C", "F", "T", "M", "A"]
MODERN = ("TLS 1.2", "TLS 1.3")
_ABOVE_SSL = ("TLS 1.1", "TLS 1.2", "TLS 1.3")
_TRUST = {
    9: "is not valid yet", 10: "has expired", 18: "is self-signed and in no trust store", 19: "ends at a root that is in no trust store",
    2: "ends at an issuer that is in no trust store", 20: "ends at an issuer that is in no trust store", 21: "ends at an issuer that is in no trust store",
    23: "is revoked", 24: "was issued by a certificate that is no authority", 79: "was issued by a certificate that is no authority",
}  # fmt: skip
"""OpenSSL's X509_V_ERR numbers in words (openssl-verify(1)); the rest keep OpenSSL's own."""


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of the guide."""

    id: str
    effect: Effect
    """The best letter that is left; T and M replace the letter; A takes only the plus."""
    since: str
    look: Callable[[Endpoint], str]
    """What was seen that the rule is about; empty when there is nothing."""
    remedy: str
    forgiven: bool = False
    """Whether SSL Labs holds it to what browsers negotiate and not to what is offered: a note in the mode ``ssllabs`` when a modern client fares well."""


def _names(suites: Iterable[Suite], wanted: Callable[[Suite], bool], what: str) -> str:
    found = sorted({suite.name for suite in suites if wanted(suite)})
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{what}: {', '.join(found[:3])}{more}" if found else ""


def _accepted(what: str, wanted: Callable[[Suite], bool], *versions: str) -> Callable[[Endpoint], str]:
    return lambda endpoint: _names(endpoint.suites(*versions), wanted, what)


def _offers(version: str) -> Callable[[Endpoint], str]:
    return lambda endpoint: f"{version} is offered" if version in endpoint.offered else ""


def _flag(value: Callable[[Endpoint], bool | None], words: str) -> Callable[[Endpoint], str]:
    return lambda endpoint: words if value(endpoint) else ""


def _certificates(words: Callable[[Deployment], str]) -> Callable[[Endpoint], str]:
    return lambda endpoint: next(filter(None, map(words, endpoint.deployments)), "")


def _each(wanted: Callable[[Certificate], bool], words: str) -> Callable[[Endpoint], str]:
    """About a certificate below the root: what a server sends beyond its chain's top signs nothing."""

    def look(deployment: Deployment) -> str:
        found = next((one for one in deployment.chain if wanted(one) and (one is deployment.leaf or not one.self_issued)), None)
        return f"the certificate of {found.subject} {words}" if found else ""

    return _certificates(look)


def _untrusted(deployment: Deployment) -> str:
    path = deployment.completed
    if path.code == 0:
        return ""
    at = deployment.chain[min(path.depth, len(deployment.chain) - 1)]
    return f"the certificate of {at.subject} {_TRUST.get(path.code, f'is not trusted: {path.words}')}"


def _mismatch(endpoint: Endpoint) -> str:
    for deployment in endpoint.deployments:
        leaf = deployment.leaf
        if not covers(leaf, endpoint.name):
            listed = ", ".join((*leaf.dns_names, *leaf.addresses)[:5])
            has = f"is for {listed}" if listed else "has no subjectAltName, and clients look at nothing else"
            return f"the certificate {has}, not for {endpoint.name}"
    return ""


def _incomplete(deployment: Deployment) -> str:
    if deployment.alone.code and not deployment.completed.code:
        return f"the server sends {len(deployment.chain)} of its chain's certificates, and only the given intermediates complete it"
    return ""


def _short_exchange(least: int, most: int) -> Callable[[Endpoint], str]:
    def look(endpoint: Endpoint) -> str:
        sizes = sorted({suite.exchange_bits for suite in endpoint.suites() if suite.exchange == "DH" and least <= suite.exchange_bits < most})
        return f"Diffie-Hellman with {sizes[0]} bits" if sizes else ""

    return look


def _short_key(least: int, most: int) -> Callable[[Endpoint], str]:
    return _certificates(lambda one: f"the certificate's {one.leaf.key} key has {one.leaf.key_bits} bits" if least <= one.leaf.strength < most else "")


def _no_forward_secrecy(endpoint: Endpoint) -> str:
    """A version without a single such suite leaves the clients that know no better one without."""
    bare = [version for version in endpoint.offered if endpoint.suites(version) and not any(suite.forward_secret for suite in endpoint.suites(version))]
    return f"{bare[0]} without forward secrecy" if bare else ""


def _no_aead(endpoint: Endpoint) -> str:
    suites = endpoint.suites()
    return "no suite with authenticated encryption (GCM, CCM, ChaCha20)" if suites and not any(suite.aead for suite in suites) else ""


def _only_rc4(endpoint: Endpoint) -> str:
    suites = endpoint.suites()
    return "every suite uses RC4" if suites and all(suite.rc4 for suite in suites) else ""


def _only_old(endpoint: Endpoint) -> str:
    return "neither TLS 1.2 nor TLS 1.3 is offered" if endpoint.offered and not set(MODERN) & set(endpoint.offered) else ""


def _no_tls13(endpoint: Endpoint) -> str:
    return "" if "TLS 1.3" in endpoint.protocols else "TLS 1.3 is not offered"


def _best_is_ssl3(endpoint: Endpoint) -> str:
    return "SSL 3 is the best version offered" if endpoint.offered[-1:] == ("SSL 3",) else ""


def _no_plus(endpoint: Endpoint) -> str:
    policy = endpoint.hsts
    if policy.status in ("absent", "not asked"):
        return policy.words
    short = policy.status == "present" and policy.max_age < ENOUGH
    return f"HSTS holds for {policy.max_age:,} s, less than the {ENOUGH:,} s of 180 days" if short else ""


_REISSUE = "have the certificate issued anew"
_OLD = "offer TLS 1.2 and TLS 1.3 only (nginx: ssl_protocols TLSv1.2 TLSv1.3; Caddy does so by itself)"
_SUITES = "offer ECDHE with AES-GCM or ChaCha20-Poly1305 only"
_UPDATE = "update the TLS library and restart the server; then replace key and certificate"
_HSTS = "send 'Strict-Transport-Security: max-age=31536000' on every HTTPS answer"

RULES = (
    Rule(id="name-mismatch", effect="M", since="2009c", look=_mismatch, remedy=f"{_REISSUE} with this name in subjectAltName, or pass 'sni' as clients do"),
    Rule(
        id="not-trusted", effect="T", since="2009c", look=_certificates(_untrusted),
        remedy="serve a valid certificate of a public authority; for your own authority pass 'ca_file', for what the server does not send 'intermediates'",
    ),
    Rule(
        id="sha1-signature", effect="T", since="2009p", remedy=f"{_REISSUE} with SHA-256",
        look=_certificates(lambda one: "SHA-1 signs a certificate of the chain" if one.completed.sha1 else ""),
    ),
    Rule(
        id="revoked", effect="T", since="2009c", remedy=f"{_REISSUE} with a new key",
        look=_certificates(lambda one: "the stapled OCSP answer says that the certificate is revoked" if one.revoked else ""),
    ),
    Rule(id="md5-signature", effect="F", since="2009c", look=_each(lambda one: one.digest in ("md2", "md4", "md5"), "is signed with MD5"), remedy=_REISSUE),
    Rule(id="exponent-1", effect="F", since="2009l", look=_each(lambda one: one.exponent == 1, "has the RSA exponent 1"), remedy=f"{_REISSUE} with a new key"),
    Rule(id="key-below-1024", effect="F", since="2009e", look=_short_key(0, 1024), remedy=f"{_REISSUE} with a key of 2048 bits or P-256"),
    Rule(id="key-below-2048", effect="B", since="2009e", look=_short_key(1024, 2048), remedy=f"{_REISSUE} with a key of 2048 bits or P-256"),
    Rule(
        id="chain-incomplete", effect="B", since="2009i", look=_certificates(_incomplete),
        remedy="let the server send its intermediates too (nginx: ssl_certificate takes the full chain)",
    ),
    Rule(id="ssl2", effect="F", since="2009c", look=_offers("SSL 2"), remedy=_OLD),
    Rule(id="ssl3-only", effect="F", since="2009i", look=_best_is_ssl3, remedy=_OLD),
    Rule(id="ssl3", effect="B", since="2009h", look=_offers("SSL 3"), remedy=_OLD),
    Rule(id="poodle", effect="C", since="2009g", look=_accepted("SSL 3 with CBC", lambda suite: suite.cbc, "SSL 3"), remedy=_OLD),
    Rule(id="tls10", effect="B", since="2009q", look=_offers("TLS 1.0"), remedy=_OLD),
    Rule(id="tls11", effect="B", since="2009q", look=_offers("TLS 1.1"), remedy=_OLD),
    Rule(id="no-tls12", effect="C", since="2009j", look=_only_old, remedy=_OLD),
    Rule(id="no-tls13", effect="A-", since="2009r", look=_no_tls13, remedy="offer TLS 1.3 as well"),
    Rule(
        id="insecure-suite", effect="F", since="2009c", remedy=_SUITES,
        look=_accepted("suites that hide nothing", lambda suite: suite.anonymous or suite.bits < 112 or "EXPORT" in suite.name),
    ),
    Rule(id="rc4-only", effect="F", since="2009k", look=_only_rc4, remedy=_SUITES),
    Rule(id="rc4-modern", effect="C", since="2009j", look=_accepted("RC4", lambda suite: suite.rc4, *_ABOVE_SSL), remedy=_SUITES, forgiven=True),
    Rule(id="rc4", effect="B", since="2009i", look=_accepted("RC4", lambda suite: suite.rc4), remedy=_SUITES),
    Rule(
        id="sweet32", effect="C", since="2009n", remedy=_SUITES, forgiven=True,
        look=_accepted("64-bit blocks", lambda suite: suite.small_blocks, *_ABOVE_SSL),
    ),
    Rule(id="no-forward-secrecy", effect="B", since="2009o", look=_no_forward_secrecy, remedy=_SUITES, forgiven=True),
    Rule(id="no-aead", effect="B", since="2009o", look=_no_aead, remedy=_SUITES),
    Rule(id="dh-below-1024", effect="F", since="2009j", look=_short_exchange(0, 1024), remedy="use ECDHE, or a group of 2048 bits or more"),
    Rule(id="dh-below-2048", effect="B", since="2009j", look=_short_exchange(1024, 2048), remedy="use ECDHE, or a group of 2048 bits or more"),
    Rule(
        id="insecure-renegotiation", effect="F", since="2009c", remedy="update the TLS library, or switch client-initiated renegotiation off",
        look=lambda one: "clients can renegotiate without RFC 5746" if one.secure_renegotiation is False and one.client_renegotiation else "",
    ),
    Rule(
        id="no-secure-renegotiation", effect="A-", since="2009e", remedy="update the TLS library: RFC 5746 is from 2010",
        look=_flag(lambda one: one.secure_renegotiation is False, "secure renegotiation (RFC 5746) is not supported"),
    ),
    Rule(id="crime", effect="C", since="2009j", look=_flag(lambda one: one.compression, "TLS compression is on (CRIME)"), remedy="switch TLS compression off"),
    Rule(id="heartbleed", effect="F", since="2009h", look=_flag(lambda one: one.heartbleed, "Heartbleed (CVE-2014-0160)"), remedy=_UPDATE),
    Rule(id="ccs-injection", effect="F", since="2009h", look=_flag(lambda one: one.ccs_injection, "OpenSSL CCS injection (CVE-2014-0224)"), remedy=_UPDATE),
    Rule(
        id="robot", effect="F", since="2009o", look=_flag(lambda one: one.robot, "ROBOT: an oracle for RSA key exchange"),
        remedy="switch RSA key exchange off (suites that begin with TLS_RSA_WITH), and update the TLS library",
    ),
    Rule(
        id="hsts-invalid", effect="A-", since="2009r", remedy=_HSTS,
        look=lambda one: one.hsts.words if one.hsts.status in ("invalid", "disabled") else "",
    ),
    Rule(id="hsts-too-little", effect="A", since="2009c", look=_no_plus, remedy=_HSTS),
)  # fmt: skip

NOT_ASSESSED = (
    "POODLE over TLS", "Zombie POODLE, GOLDENDOODLE, Sleeping POODLE and the 0-length oracle", "Ticketbleed", "CVE-2016-2107",
    "DROWN by a key shared with another host", "revocation without a stapled answer", "the handshakes of SSL Labs' simulated browsers",
    "order of preference of the suites", "HSTS preload lists", "the redirect from port 80",
)  # fmt: skip
"""What the guide looks at, or people expect of it, and the sensor cannot see."""
