"""The letter of the SSL Labs rating guide 2009r, computed locally: category scores, then the lowest cap, then warnings, then trust. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from prodready.tls.facts import Endpoint, Suite, as_rsa
from prodready.tls.rules import MODERN, RULES, Rule

GUIDE = "SSL Labs rating guide 2009r, computed locally"
Mode = Literal["strict", "ssllabs"]
LETTERS = ("A+", "A", "A-", "B", "C", "D", "E", "F", "T", "M")
"""Best first. T (not trusted) and M (another name) stand in the place of a letter."""
_PROTOCOL = {"SSL 2": 0, "SSL 3": 80, "TLS 1.0": 90, "TLS 1.1": 95, "TLS 1.2": 100, "TLS 1.3": 100}
_EXCHANGE = ((4096, 100), (2048, 90), (1024, 80), (512, 40), (1, 20), (0, 0))
"""At least so many bits -> score."""
_CIPHER = ((256, 100), (128, 80), (1, 20), (0, 0))
_LETTER = ((80, "A"), (65, "B"), (50, "C"), (35, "D"), (20, "E"), (0, "F"))


class Scores(Struct, frozen=True, kw_only=True):
    """The three categories, 0 to 100, and what they make together."""

    protocol: float
    key_exchange: float
    cipher: float

    @property
    def total(self) -> float:
        """30 % protocol, 30 % key exchange, 40 % cipher; nothing when one of them is nothing."""
        parts = (self.protocol, self.key_exchange, self.cipher)
        return 0.3 * parts[0] + 0.3 * parts[1] + 0.4 * parts[2] if all(parts) else 0.0


class Applied(Struct, frozen=True, kw_only=True):
    """A rule that bears on the letter, with what it saw; ``note`` when the mode forgives it."""

    rule: Rule
    words: str
    note: bool = False


class Grade(Struct, frozen=True, kw_only=True):
    """The letter of one endpoint and everything it rests on."""

    endpoint: Endpoint
    letter: str
    trust_ignored: str
    """The letter that certificate problems of the kinds T and M left out of account."""
    scores: Scores
    applied: tuple[Applied, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """The open questions whose answer could make the letter worse; with one of them it is never A+."""
        return tuple(one.words for one in self.endpoint.unknown if LETTERS.index(one.effect) > LETTERS.index(self.letter))


def grade(endpoint: Endpoint, mode: Mode = "strict") -> Grade:
    """The letter of an endpoint. ``strict`` holds what is offered against the guide, ``ssllabs`` what a modern client negotiates where the guide means that."""
    kind = mode == "ssllabs" and _serves_modern_clients_well(endpoint)
    applied = tuple(Applied(rule=rule, words=words, note=kind and rule.forgiven) for rule in RULES if (words := rule.look(endpoint)))
    effects = [one.rule.effect for one in applied if not one.note]
    scores = _scores(endpoint)
    trust_ignored = worst([_of_score(scores.total), *(effect for effect in effects if effect not in ("T", "M")), *(["A"] if endpoint.unknown else [])])
    replaced = [effect for effect in effects if effect in ("T", "M")]
    return Grade(endpoint=endpoint, letter=worst(replaced or [trust_ignored]), trust_ignored=trust_ignored, scores=scores, applied=applied)


def worst(letters: Sequence[str]) -> str:
    """The worst of several letters."""
    return max(letters, key=LETTERS.index)


def _of_score(total: float) -> str:
    """The letter of a total; an A is an A+ until a rule takes the plus."""
    letter = next(letter for least, letter in _LETTER if total >= least)
    return "A+" if letter == "A" else letter


def _scores(endpoint: Endpoint) -> Scores:
    """Of what was seen. What was not seen takes nothing away here: the endpoint names it as unknown, which takes the plus and leaves a doubt."""
    versions = [_PROTOCOL[version] for version in endpoint.offered] or [100]
    suites = endpoint.suites()
    bits = [_step(suite.bits, _CIPHER) for suite in suites] or [100]
    return Scores(
        protocol=(max(versions) + min(versions)) / 2, key_exchange=_step(_weakest_exchange(endpoint, suites), _EXCHANGE), cipher=(max(bits) + min(bits)) / 2
    )


def _weakest_exchange(endpoint: Endpoint, suites: Sequence[Suite]) -> int:
    """Bits of an RSA key that is as strong as the weakest key in play; 0 where nobody's identity is proven."""
    certificates = [deployment.leaf.strength for deployment in endpoint.deployments]
    ephemeral = [as_rsa(suite.exchange, suite.exchange_bits) for suite in suites if suite.exchange]
    anonymous = [0 for suite in suites if suite.anonymous]
    return min([*certificates, *ephemeral, *anonymous], default=_EXCHANGE[0][0])


def _step(value: int, steps: Sequence[tuple[int, int]]) -> int:
    return next(score for least, score in steps if value >= least)


def _serves_modern_clients_well(endpoint: Endpoint) -> bool:
    """Whether a current client gets forward secrecy and authenticated encryption, once with all it knows and once without TLS 1.3."""
    named = [client.suite for client in endpoint.clients if client.version in (version.replace("TLS ", "TLSv") for version in MODERN)]
    return len(named) == len(endpoint.clients) > 0 and all(_modern(suite) for suite in named)


def _modern(suite: str) -> bool:
    """Of a suite in OpenSSL's spelling."""
    return suite.startswith("TLS_") or (suite.startswith(("ECDHE-", "DHE-")) and any(mark in suite for mark in ("GCM", "CHACHA20", "CCM")))
