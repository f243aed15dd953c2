"""The grader alone, on a recorded scan that earns an A+: one field changed, one letter; and laws that hold for any scan."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodready.tls import hsts, rating
from prodready.tls.facts import Certificate, Endpoint, Suite, Unknown
from prodready.tls.identity import covers
from prodready.tls.rating import LETTERS, grade
from prodready.tls.reading import Unreached, read
from prodready.tls.rules import RULES
from prodready.tools.classify import Malformed

NAME = "desk.example.org"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
RECORDED = json.loads(Path(__file__).with_name("a_plus.json").read_text("utf-8"))
SUITE = {"name": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "is_anonymous": False, "key_size": 128, "openssl_name": ""}
EPHEMERAL = {"type_name": "ECDH", "size": 253, "curve_name": "X25519"}


def endpoint_of(data) -> Endpoint:
    (endpoint,) = read(json.dumps(data).encode(), name=NAME, now=NOW).endpoints
    assert isinstance(endpoint, Endpoint), endpoint
    return endpoint


def scan(data):
    return data["endpoints"][0]["scan"]["scan_result"]


def result(data, command):
    return scan(data)[command]["result"]


def accept(version, ephemeral=None, **suite):
    def change(data):
        found = result(data, f"{version}_cipher_suites")
        found["is_tls_version_supported"] = True
        found["accepted_cipher_suites"].append({"cipher_suite": {**SUITE, **suite}, "ephemeral_key": ephemeral})

    return change


def only(version, ephemeral=None, **suite):
    def change(data):
        result(data, f"{version}_cipher_suites")["accepted_cipher_suites"] = [{"cipher_suite": {**SUITE, **suite}, "ephemeral_key": ephemeral}]

    return change


def refuse(version):
    def change(data):
        result(data, f"{version}_cipher_suites").update(is_tls_version_supported=False, accepted_cipher_suites=[])

    return change


def sets(command, **values):
    return lambda data: result(data, command).update(values)


def leaf(**values):
    return lambda data: result(data, "certificate_info")["certificate_deployments"][0]["received_certificate_chain"][0].update(values)


def key(**values):
    return lambda data: result(data, "certificate_info")["certificate_deployments"][0]["received_certificate_chain"][0]["public_key"].update(values)


def path(**values):
    def change(data):
        for which in ("alone", "completed"):
            data["endpoints"][0]["paths"][0][which].update(values)

    return change


def staple(status):
    stapled = {"ocsp_response": {"certificate_status": status}, "ocsp_response_is_trusted": True}
    return lambda data: result(data, "certificate_info")["certificate_deployments"][0].update(stapled)


def completable(data):
    data["endpoints"][0]["paths"][0]["alone"].update(code=20, signatures=[])


def header(*values):
    return lambda data: data["endpoints"][0]["http"]["answers"][0].update(hsts=list(values))


def second_certificate(data):
    """An RSA certificate beside the ECDSA one: the worse of the two counts."""
    deployments, paths = result(data, "certificate_info")["certificate_deployments"], data["endpoints"][0]["paths"]
    deployments.append(copy.deepcopy(deployments[0]))
    paths.append(copy.deepcopy(paths[0]))
    deployments[1]["received_certificate_chain"][0]["public_key"].update(algorithm="RSAPublicKey", key_size=1024, rsa_e=65537)


RSA = {"algorithm": "RSAPublicKey", "rsa_e": 65537}
MUTATIONS = {
    "name-mismatch": (leaf(subject_alternative_name={"dns_names": ["other.example.org"], "ip_addresses": []}), "M"),
    "not-trusted": (path(code=10), "T"),
    "sha1-signature": (path(signatures=["sha1WithRSAEncryption"]), "T"),
    "revoked": (staple("REVOKED"), "T"),
    "md5-signature": (leaf(signature_hash_algorithm={"name": "md5", "digest_size": 16}), "F"),
    "exponent-1": (key(**{**RSA, "key_size": 2048, "rsa_e": 1}), "F"),
    "key-below-1024": (key(**RSA, key_size=1023), "F"),
    "key-below-2048": (key(**RSA, key_size=2047), "B"),
    "key-below-2048 of a second certificate": (second_certificate, "B"),
    "chain-incomplete": (completable, "B"),
    "ssl2": (accept("ssl_2_0", EPHEMERAL), "F"),
    "ssl3": (accept("ssl_3_0", EPHEMERAL), "B"),
    "poodle": (accept("ssl_3_0", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "C"),
    "tls10": (accept("tls_1_0", EPHEMERAL), "B"),
    "tls11": (accept("tls_1_1", EPHEMERAL), "B"),
    "no-tls13": (refuse("tls_1_3"), "A-"),
    "insecure-suite by being anonymous": (accept("tls_1_2", EPHEMERAL, name="TLS_ECDH_anon_WITH_AES_128_CBC_SHA", is_anonymous=True), "F"),
    "insecure-suite by encrypting nothing": (accept("tls_1_2", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_NULL_SHA", key_size=0), "F"),
    "insecure-suite by a short key": (accept("tls_1_2", name="TLS_RSA_WITH_DES_CBC_SHA", key_size=56), "F"),
    "insecure-suite by export": (accept("tls_1_2", name="TLS_RSA_EXPORT_WITH_RC4_40_MD5", key_size=128), "F"),
    "rc4-modern": (accept("tls_1_2", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_RC4_128_SHA"), "C"),
    "sweet32": (accept("tls_1_2", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", key_size=168), "C"),
    "no-forward-secrecy": (only("tls_1_2", name="TLS_RSA_WITH_AES_128_GCM_SHA256"), "B"),
    "dh-below-1024": (accept("tls_1_2", {"type_name": "DH", "size": 1023}, name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), "F"),
    "dh-below-2048": (accept("tls_1_2", {"type_name": "DH", "size": 2047}, name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), "B"),
    "insecure-renegotiation": (sets("session_renegotiation", supports_secure_renegotiation=False, client_renegotiations_success_count=3), "F"),
    "no-secure-renegotiation": (sets("session_renegotiation", supports_secure_renegotiation=False), "A-"),
    "crime": (sets("tls_compression", supports_compression=True), "C"),
    "heartbleed": (sets("heartbleed", is_vulnerable_to_heartbleed=True), "F"),
    "ccs-injection": (sets("openssl_ccs_injection", is_vulnerable_to_ccs_injection=True), "F"),
    "robot": (sets("robot", robot_result="VULNERABLE_WEAK_ORACLE"), "F"),
    "robot, the strong one": (sets("robot", robot_result="VULNERABLE_STRONG_ORACLE"), "F"),
    "hsts-invalid": (header("max-age=1;max-age=1"), "A-"),
    "hsts-invalid by being disabled": (header("max-age=0"), "A-"),
    "hsts-too-little by being absent": (header(), "A"),
    "hsts-too-little by one second": (header("max-age=15551999"), "A"),
}
"""Rule -> one field changed, and the letter that is left. Words behind the rule tell variants apart."""
TWO_FIELDS = {
    "ssl3-only": ([refuse("tls_1_3"), refuse("tls_1_2"), accept("ssl_3_0", EPHEMERAL)], "F"),
    "no-tls12": ([refuse("tls_1_3"), refuse("tls_1_2"), accept("tls_1_1", EPHEMERAL)], "C"),
    "rc4-only": ([refuse("tls_1_3"), only("tls_1_2", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_RC4_128_SHA")], "F"),
    "no-aead": ([refuse("tls_1_3"), only("tls_1_2", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")], "B"),
    "rc4": ([accept("tls_1_0", EPHEMERAL, name="TLS_ECDHE_RSA_WITH_RC4_128_SHA")], "B"),
}


def test_the_recorded_scan_earns_an_a_plus():
    graded = grade(endpoint_of(RECORDED))
    assert ("A+", (), ()) == (graded.letter, graded.applied, graded.doubts)
    assert (100, 90, 90) == (graded.scores.protocol, graded.scores.key_exchange, graded.scores.cipher)


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_changed_field_leaves_the_letter_its_rule_says(name):
    change, letter = MUTATIONS[name]
    data = copy.deepcopy(RECORDED)
    change(data)
    graded = grade(endpoint_of(data))
    assert (letter, ()) == (graded.letter, graded.doubts), graded.applied
    assert name.split()[0].rstrip(",") in {one.rule.id for one in graded.applied}


@pytest.mark.parametrize("name", TWO_FIELDS)
def test_what_takes_more_than_one_field_leaves_the_letter_its_rule_says(name):
    changes, letter = TWO_FIELDS[name]
    data = copy.deepcopy(RECORDED)
    for change in changes:
        change(data)
    graded = grade(endpoint_of(data))
    assert letter == graded.letter, graded.applied
    assert name in {one.rule.id for one in graded.applied}


def test_every_rule_has_a_mutation():
    assert {rule.id for rule in RULES} == {name.split()[0].rstrip(",") for name in (*MUTATIONS, *TWO_FIELDS)}


def test_every_rule_says_its_version_and_what_to_do():
    assert [] == [rule.id for rule in RULES if not rule.since.startswith("2009") or len(rule.remedy) < 15]


def test_trust_problems_keep_the_letter_beside_them():
    data = copy.deepcopy(RECORDED)
    path(code=18)(data)
    assert ("T", "A+") == (grade(endpoint_of(data)).letter, grade(endpoint_of(data)).trust_ignored)


def test_a_browser_is_forgiving_only_where_a_modern_client_fares_well():
    data = copy.deepcopy(RECORDED)
    MUTATIONS["sweet32"][0](data)
    assert ("C", "A+") == (grade(endpoint_of(data)).letter, grade(endpoint_of(data), "ssllabs").letter)
    data["endpoints"][0]["clients"][1]["suite"] = "DES-CBC3-SHA"
    assert "C" == grade(endpoint_of(data), "ssllabs").letter


@pytest.mark.parametrize("command", sorted(scan(RECORDED)))
@pytest.mark.parametrize("fault", ["ERROR", "missing", "no result", "of another shape"])
def test_a_question_that_stays_open_is_never_an_a_plus(command, fault):
    data = copy.deepcopy(RECORDED)
    one = scan(data)[command]
    if fault == "ERROR":
        one.update(status="ERROR", error_reason="CONNECTIVITY_ISSUE", result=None)
    elif fault == "missing":
        del scan(data)[command]
    else:
        one["result"] = None if fault == "no result" else {"x": 1}
    graded = grade(endpoint_of(data))
    assert graded.letter != "A+"
    assert graded.doubts, graded


@pytest.mark.parametrize("answer", ["UNKNOWN_INCONSISTENT_RESULTS", "", "SOMETHING_NEW"])
def test_an_answer_about_robot_that_is_none_stays_open(answer):
    data = copy.deepcopy(RECORDED)
    result(data, "robot")["robot_result"] = answer
    assert grade(endpoint_of(data)).doubts


def test_a_version_that_is_offered_without_a_suite_stays_open():
    data = copy.deepcopy(RECORDED)
    result(data, "tls_1_1_cipher_suites")["is_tls_version_supported"] = True
    assert grade(endpoint_of(data)).doubts


def test_no_answer_to_http_stays_open():
    data = copy.deepcopy(RECORDED)
    data["endpoints"][0]["http"] = {"answers": [], "failure": "timed out"}
    assert (("A", ("HSTS: timed out; for a service without HTTP pass 'http: false'",))) == (grade(endpoint_of(data)).letter, grade(endpoint_of(data)).doubts)


def test_a_server_that_sslyze_cannot_talk_to_is_unreached_with_the_reason():
    data = copy.deepcopy(RECORDED)
    data["endpoints"][0]["scan"] = {"failure": "could not find a TLS version", "connectivity": None, "scan_result": {}}
    (seen,) = read(json.dumps(data).encode(), name=NAME, now=NOW).endpoints
    assert isinstance(seen, Unreached)
    assert "post-quantum" in seen.why


def test_a_server_that_fell_silent_during_the_scan_is_unreached():
    """sslyze takes a connection that is hung up for a refusal: here every old version would look refused."""
    data = copy.deepcopy(RECORDED)
    data["endpoints"][0]["after"] = {"suite": "", "version": "", "failure": "Connection reset by peer"}
    (seen,) = read(json.dumps(data).encode(), name=NAME, now=NOW).endpoints
    assert isinstance(seen, Unreached)
    assert "no longer did when the scan was over (Connection reset by peer)" in seen.why


def test_a_server_that_seems_to_refuse_every_version_has_no_letter_of_its_own():
    data = copy.deepcopy(RECORDED)
    for version in ("tls_1_2", "tls_1_3"):
        refuse(version)(data)
    graded = grade(endpoint_of(data))
    assert ("A-", ("every version looks refused, although a handshake succeeded",)) == (graded.letter, graded.doubts)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"addresses": ["::1"], "endpoints": [], "resolution": ""}', json.dumps(RECORDED).encode()[:-9]])
def test_output_that_is_cut_off_or_of_another_shape_is_malformed(raw):
    with pytest.raises(Malformed):
        read(raw, name=NAME, now=NOW)


# Laws

FIELDS = ("hsts", "key-", "exponent-1", "insecure-renegotiation", "no-secure-renegotiation", "robot", "not-trusted", "chain-incomplete")


def field(name):
    """Of mutations that write the same field only one can be there."""
    prefix = next((prefix for prefix in FIELDS if name.startswith(prefix)), name)
    return {"exponent-1": "key-", "no-secure-renegotiation": "insecure-renegotiation", "chain-incomplete": "not-trusted"}.get(prefix, prefix)


DEFECTS = st.lists(st.sampled_from(sorted(MUTATIONS)), max_size=5, unique_by=field)


def mutated(names):
    data = copy.deepcopy(RECORDED)
    for name in sorted(names, key=lambda name: name != "no-forward-secrecy"):  # it replaces the suites that others add to
        MUTATIONS[name][0](data)
    return endpoint_of(data)


@given(DEFECTS, st.data(), st.sampled_from(["strict", "ssllabs"]))
def test_removing_a_defect_never_lowers_the_letter(names, data, mode):
    for name in names:
        fewer = grade(mutated([other for other in names if other != name]), mode)
        assert LETTERS.index(fewer.letter) <= LETTERS.index(grade(mutated(names), mode).letter)


@given(DEFECTS, st.randoms())
def test_the_order_of_suites_and_certificates_does_not_matter(names, random):
    endpoint = mutated(names)
    shuffled = {version: tuple(random.sample(suites, len(suites))) for version, suites in endpoint.protocols.items()}
    other = replace(endpoint, protocols=shuffled, deployments=tuple(random.sample(endpoint.deployments, len(endpoint.deployments))))
    assert grade(endpoint).letter == grade(other).letter


@given(DEFECTS, st.sampled_from(["A-", "B", "C", "F", "M"]))
def test_an_open_question_never_raises_the_letter_and_never_leaves_a_plus(names, effect):
    endpoint = mutated(names)
    doubtful = replace(endpoint, unknown=(Unknown(about="robot", words="something", effect=effect),))
    assert grade(doubtful).letter != "A+"
    assert LETTERS.index(grade(doubtful).letter) >= LETTERS.index(grade(endpoint).letter)


@given(st.lists(st.sampled_from(LETTERS), min_size=1))
def test_the_worst_of_several_letters_is_no_better_than_any(letters):
    assert all(LETTERS.index(rating.worst(letters)) >= LETTERS.index(letter) for letter in letters)


@given(st.integers(0, 20_000))
def test_more_bits_never_score_less(bits):
    def scored(size):
        suite = Suite(name="TLS_DHE_X", bits=128, exchange="DH", exchange_bits=size)
        return grade(replace(endpoint_of(RECORDED), protocols={"TLS 1.2": (suite,)})).scores.total

    assert scored(bits + 1) >= scored(bits)


# HSTS, RFC 6797


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["max-age=31536000"], ("present", 31536000, False)),
        (['max-age="31536000"'], ("present", 31536000, False)),
        (['MAX-AGE = "31536000" ; INCLUDESUBDOMAINS'], ("present", 31536000, True)),
        ([' ;; max-age=1 ; ; preload; x=y; z="a;b\\"c"'], ("present", 1, False)),
        (["max-age=1", "max-age=0"], ("present", 1, False)),
        (["max-age=0; includeSubDomains"], ("disabled", 0, True)),
        ([], ("absent", 0, False)),
        ([""], ("invalid", 0, False)),
        (["max-age"], ("invalid", 0, False)),
        (["max-age="], ("invalid", 0, False)),
        (['max-age=""'], ("invalid", 0, False)),
        (["max-age=-1"], ("invalid", 0, False)),
        (["max-age=1.5"], ("invalid", 0, False)),
        (["max-age=1 2"], ("invalid", 0, False)),
        (["max-age=1, max-age=2"], ("invalid", 0, False)),
        (['max-age="1'], ("invalid", 0, False)),
        (["max-age=1; Max-Age=1"], ("invalid", 0, False)),
        (["max-age=1; includeSubDomains=true"], ("invalid", 0, False)),
        (["includeSubDomains"], ("invalid", 0, False)),
        (["max-age=١"], ("invalid", 0, False)),
    ],
)
def test_hsts_is_read_as_browsers_do(fields, expected):
    policy = hsts.read(fields)
    assert expected == (policy.status, policy.max_age, policy.include_subdomains)


@given(st.lists(st.text(max_size=40), max_size=3))
def test_no_header_breaks_the_reader(fields):
    policy = hsts.read(fields)
    assert (policy.status == "present") is (policy.max_age > 0)


# Names

BLANK = Certificate(
    subject="", issuer="", not_before=NOW, not_after=NOW, dns_names=(), addresses=(), key="EC", key_bits=256, exponent=0, digest="sha256", sha256=""
)


@pytest.mark.parametrize(
    ("dns", "addresses", "name", "expected"),
    [
        (["desk.example.org"], [], "DESK.example.ORG.", True),
        (["*.example.org"], [], "desk.example.org", True),
        (["*.example.org"], [], "example.org", False),
        (["*.example.org"], [], "a.desk.example.org", False),
        (["*.org"], [], "example.org", False),
        (["d*.example.org"], [], "desk.example.org", False),
        (["xn--bcher-kva.example"], [], "bücher.example", True),
        (["127.0.0.1"], [], "127.0.0.1", False),
        ([], ["127.0.0.1"], "127.0.0.1", True),
        ([], ["::1"], "0:0:0:0:0:0:0:1", True),
        ([], [], "desk.example.org", False),
    ],
)
def test_a_certificate_is_for_the_names_in_it(dns, addresses, name, expected):
    assert expected is covers(replace(BLANK, dns_names=tuple(dns), addresses=tuple(addresses)), name)
