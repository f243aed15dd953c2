"""What a team may ask of a TLS server beside the letter: days left, versions, suites. The worst address counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from prodready.model import Evidence, Finding, Measured, Severity
from prodready.tls.facts import VERSIONS, Endpoint

ALLOWED = (
    "TLS_ECDHE_*_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_*_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
)  # fmt: skip
"""AES-256-GCM and ChaCha20-Poly1305; and for TLS 1.3 AES-128-GCM too, which RFC 8446 obliges every server to have."""
BOUNDS = {"days_left": ">= 14 d", "oldest_version": "one of TLS 1.2, TLS 1.3", "newest_version": "is TLS 1.3", "suites": "== 0"}
"""What holds where an item names no bound."""


def answer(measure: str, endpoints: Sequence[Endpoint], allow: Sequence[str]) -> Measured:
    """The measure over all addresses; its evidence is for the caller to name."""
    about = "certificate_info" if measure == "days_left" else "_cipher_suites"
    gaps = tuple(f"{one.address}: {open_.words}" for one in endpoints for open_ in one.unknown if open_.about.endswith(about))
    known = [one for one in endpoints if one.deployments or measure != "days_left"]
    value, findings = _MEASURES[measure](known, allow)
    unit = "d" if measure == "days_left" else ""
    return Measured(value=value, unit=unit, examined=len(known), evidence=Evidence(source=""), findings=findings, gaps=gaps)


Answer = tuple[int | str, tuple[Finding, ...]]


def _days_left(endpoints: Sequence[Endpoint], allow: Sequence[str]) -> Answer:
    """Until the first certificate that the server sends expires; roots among them are no matter."""
    ends = [
        ((one.not_after - endpoint.seen).days, one)
        for endpoint in endpoints for deployment in endpoint.deployments for one in deployment.chain
        if one is deployment.leaf or not one.self_issued
    ]  # fmt: skip
    days, first = min(ends, key=lambda end: end[0], default=(0, None))
    message = f"the certificate of {first.subject} ends on {first.not_after:%Y-%m-%d}" if first else "no certificate was seen"
    return days, (Finding(rule="certificate-ends", message=message, severity=Severity.NOTE, fix="renew it, and see that renewal runs by itself"),)


def _version(pick: Callable[[Sequence[str]], str]) -> Callable[[Sequence[Endpoint], Sequence[str]], Answer]:
    def measure(endpoints: Sequence[Endpoint], allow: Sequence[str]) -> Answer:
        return min((pick(one.offered) for one in endpoints), key=VERSIONS.index, default=VERSIONS[0]), ()

    return measure


def _suites(endpoints: Sequence[Endpoint], allow: Sequence[str]) -> Answer:
    found = sorted({suite.name for one in endpoints for suite in one.suites() if not any(fnmatchcase(suite.name, pattern) for pattern in allow)})
    fix = "take it out of the server's list, or into the item's 'allow'"
    return len(found), tuple(Finding(rule="suite-not-allowed", message=f"{name} is accepted", severity=Severity.MEDIUM, fix=fix) for name in found)


_MEASURES: dict[str, Callable[[Sequence[Endpoint], Sequence[str]], Answer]] = {
    "days_left": _days_left, "oldest_version": _version(lambda offered: offered[0] if offered else VERSIONS[0]),
    "newest_version": _version(lambda offered: offered[-1] if offered else VERSIONS[0]), "suites": _suites,
}  # fmt: skip
