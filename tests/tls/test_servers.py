"""Grades of real servers: what an operator gets wrong, and what can be had of it on loopback."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prodready.model import Measured, Status
from tls import servers, worlds
from tls.servers import ALL, NAME, Authority

pytestmark = pytest.mark.integration


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A server, how it is looked at, and what must come out."""

    start: Callable[[Authority, Path], tuple[list[str], int]]
    letter: str
    rules: tuple[str, ...] = ()
    params: dict[str, object] = field(default_factory=dict)
    trust_ignored: str = ""
    unknown: bool = False


def openssl(*options, **certificate):
    return lambda ca, folder: servers.s_server(ca.leaf(**certificate), *options)


def weak(*options, **certificate):
    return lambda ca, folder: servers.s_server(ca.weak(**certificate), *options)


def named(*names, **certificate):
    return lambda ca, folder: servers.s_server(ca.leaf(*names, **certificate))


def gnutls(priority):
    return lambda ca, folder: servers.gnutls(ca.leaf(), priority)


def hsts(value):
    return lambda ca, folder: servers.nginx(folder, ca.leaf(kind="ec"), f"add_header Strict-Transport-Security '{value}' always;")


def nginx(*lines, protocols="TLSv1.2 TLSv1.3"):
    return lambda ca, folder: servers.nginx(folder, ca.leaf(kind="ec"), *lines, protocols=protocols)


def caddy(*lines, **options):
    def start(ca, folder):
        program = Path(worlds.PROCESSES.toolbox.ensure("caddy").argv[0]).with_name("caddy")
        return servers.caddy(program, folder, ca.leaf(kind="ec"), *lines, **options)

    return start


NO_CA = {"ca_file": ""}
FS = "ECDHE+AESGCM:@SECLEVEL=0"
EVERY = {
    # HSTS, by the letter of RFC 6797
    "hsts one year": Bad(start=hsts("max-age=31536000; includeSubDomains; preload"), letter="A+"),
    "hsts quoted": Bad(start=hsts('max-age="31536000"'), letter="A+"),
    "hsts in capitals": Bad(start=hsts("Max-Age=31536000"), letter="A+"),
    "hsts short": Bad(start=hsts("max-age=86400"), letter="A", rules=("hsts-too-little",)),
    "hsts zero": Bad(start=hsts("max-age=0"), letter="A-", rules=("hsts-invalid",)),
    "hsts twice the same directive": Bad(start=hsts("max-age=31536000; max-age=1"), letter="A-", rules=("hsts-invalid",)),
    "hsts without age": Bad(start=hsts("includeSubDomains"), letter="A-", rules=("hsts-invalid",)),
    "hsts absent": Bad(start=nginx(), letter="A", rules=("hsts-too-little",)),
    "a private authority nobody knows": Bad(start=hsts("max-age=31536000"), letter="T", trust_ignored="A+", params=NO_CA),
    # Caddy, as it comes
    "caddy": Bad(start=caddy(), letter="A", rules=("hsts-too-little",)),
    "caddy with hsts": Bad(start=caddy("header Strict-Transport-Security max-age=31536000"), letter="A+"),
    "caddy, tls 1.2 only": Bad(start=caddy(tls="{\nprotocols tls1.2 tls1.2\n}"), letter="A-", rules=("hsts-too-little", "no-tls13")),
    # versions
    "rsa default": Bad(start=openssl(), letter="A", rules=("hsts-too-little",)),
    "ec default": Bad(start=openssl(kind="ec"), letter="A", rules=("hsts-too-little",)),
    "tls 1.3 only": Bad(start=openssl("-tls1_3"), letter="A", rules=("hsts-too-little",)),
    "tls 1.2 only": Bad(start=nginx(protocols="TLSv1.2"), letter="A-", rules=("hsts-too-little", "no-tls13")),
    "tls 1.0 with everything": Bad(start=openssl("-tls1", "-cipher", ALL), letter="F", rules=("insecure-suite", "no-tls12", "tls10")),
    "tls 1.1 with everything": Bad(start=openssl("-tls1_1", "-cipher", ALL), letter="F", rules=("insecure-suite", "no-tls12", "tls11")),
    "tls 1.0 to 1.3": Bad(start=openssl("-min_protocol", "TLSv1", "-cipher", "ECDHE:!aNULL:!eNULL:@SECLEVEL=0"), letter="B", rules=("tls10", "tls11")),
    # suites
    "no forward secrecy": Bad(start=openssl("-tls1_2", "-cipher", "AES256-GCM-SHA384"), letter="B", rules=("no-forward-secrecy",)),
    "no aead": Bad(start=openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"), letter="B", rules=("no-aead",)),
    "rc4 only": Bad(start=gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128"), letter="F", rules=("rc4-only",)),
    "rc4 and 3des": Bad(start=gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128:+3DES-CBC"), letter="C", rules=("rc4-modern", "sweet32")),
    "3des beside good ones": Bad(start=gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:+3DES-CBC"), letter="C", rules=("sweet32",)),
    "3des beside good ones, to a browser": Bad(start=gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3:+3DES-CBC"), letter="A", params={"mode": "ssllabs"}),
    "ssl 3 only": Bad(start=lambda ca, folder: servers.tlslite(ca.leaf(), "3,0", "3,0"), letter="F", rules=("ssl3-only", "poodle")),
    "ssl 3 to tls 1.2": Bad(start=lambda ca, folder: servers.tlslite(ca.leaf(), "3,0", "3,3"), letter="C", rules=("ssl3", "poodle", "sweet32")),
    # keys
    "rsa 1024": Bad(start=weak("-cipher", FS, bits=1024), letter="B", rules=("key-below-2048",)),
    "dhe 1024": Bad(start=openssl("-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0", "-dhparam", "{dh1024}"), letter="B", rules=("dh-below-2048",)),
    "rsa 512 with everything": Bad(start=weak("-cipher", ALL, bits=512), letter="F", rules=("key-below-1024", "insecure-suite")),
    "sha-1 signature": Bad(start=weak("-cipher", FS, digest="sha1"), letter="T", rules=("sha1-signature",)),
    # certificates
    "expired": Bad(start=openssl(days=(-90, -1)), letter="T", trust_ignored="A", rules=("not-trusted",)),
    "not yet valid": Bad(start=openssl(days=(1, 90)), letter="T", trust_ignored="A", rules=("not-trusted",)),
    "self-signed": Bad(start=openssl(self_signed=True), letter="T", trust_ignored="A", rules=("not-trusted",)),
    "another host": Bad(start=named("other.example.org"), letter="M", trust_ignored="A", rules=("name-mismatch",)),
    "without a name": Bad(start=named(NAME, san=False), letter="M", trust_ignored="A", rules=("name-mismatch",)),
    "no intermediate": Bad(start=openssl(chain=False), letter="T", trust_ignored="A", rules=("not-trusted",)),
    "no intermediate, but it is given": Bad(start=openssl(chain=False), letter="B", rules=("chain-incomplete",), params={"intermediates": "{intermediates}"}),
    # what stays open
    "a client certificate is wanted": Bad(start=openssl("-Verify", "1", kind="ec"), letter="A", unknown=True),
    "legacy renegotiation": Bad(start=openssl("-tls1_2", "-legacy_renegotiation"), letter="A-", rules=("no-tls13",)),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def observed(authority, tmp_path_factory):
    """What the check says of every server: all are looked at beside each other, since most of a scan is waiting."""
    folder = tmp_path_factory.mktemp("servers")
    dh = servers.oakley_group_2(folder / "dh1024.pem")
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        futures = {}
        for name, bad in EVERY.items():
            argv, port = bad.start(authority, folder / name.replace(" ", "-"))
            stack.enter_context(servers.running([word.format(dh1024=dh) if word == "{dh1024}" else word for word in argv], port))
            given = {key: str(value).format(intermediates=authority.intermediates) if key == "intermediates" else value for key, value in bad.params.items()}
            futures[name] = pool.submit(worlds.seen, target=f"127.0.0.1:{port}", sni=NAME, **{"ca_file": str(authority.ca_file), **given})
        yield {name: future.result() for name, future in futures.items()}


@pytest.mark.parametrize("name", EVERY)
def test_a_server_earns(name, observed):
    bad, outcome = EVERY[name], observed[name]
    seen = outcome.observation
    assert isinstance(seen, Measured), outcome
    told = {finding.rule for finding in seen.findings}
    assert (bad.letter, bad.unknown, set(bad.rules) - told) == (seen.value, bool(seen.gaps), set()), (told, seen.gaps)
    if bad.trust_ignored:
        assert f"; {bad.trust_ignored} if trust is ignored" in seen.notes[0]


def test_only_a_plus_passes_by_itself(observed):
    assert {name for name, bad in EVERY.items() if bad.letter == "A+"} == {name for name, outcome in observed.items() if outcome.status is Status.PASSED}
