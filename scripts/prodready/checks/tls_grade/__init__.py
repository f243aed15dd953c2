"""The letter a TLS server earns by the SSL Labs rating guide 2009r, computed locally. The worst address of a name decides.

The sensor is sslyze, in an environment of its own; each chain is verified by OpenSSL against Mozilla's roots, and HSTS is read as RFC 6797 says. The
rules, each with the version of the guide that brought it, are applied here: it is not Qualys' grade, and what the sensor cannot see is listed as not
assessed. ``strict`` holds every suite that is offered against the guide; ``ssllabs`` forgives RC4, triple DES and suites without forward secrecy where
the guide asks what browsers negotiate, and a modern client negotiates well. T means not trusted, M another name.

An address that does not answer, and a question that stayed open, forbid a pass; a server with such a question is never A+. With ``starttls`` or
``http: false`` there is no HSTS, and A is the best letter.

``measure`` asks for something else of the same scan: ``days_left`` until the first certificate of the chain expires, ``oldest_version`` and
``newest_version`` (``is TLS 1.3`` for the oldest: nothing else is offered), or ``suites``, how many are accepted that ``allow`` does not list.

An item that uses it:

    - id: tls.grade
      title: The public endpoint earns an A+
      check: tls_grade
      params: {target: "trade.example.com:443"}
      expect: is A+
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell, Check
from prodready.checks.tls_grade import policy
from prodready.context import Context
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import few
from prodready.tls.rating import GUIDE, Applied, Grade, Mode, grade, worst
from prodready.tls.reading import Seen, Unreached
from prodready.tls.rules import NOT_ASSESSED
from prodready.tls.target import DEADLINE, Looked, Sought, Starttls, look, parse

SEVERITY = {
    "A": Severity.LOW, "A-": Severity.LOW, "B": Severity.MEDIUM, "C": Severity.HIGH, "F": Severity.CRITICAL, "T": Severity.CRITICAL, "M": Severity.CRITICAL,
}  # fmt: skip
"""Of a finding, by what its rule does to the letter."""


class Params(Struct, frozen=True, kw_only=True):
    """Which server, and how it is looked at."""

    target: str
    """``host:port`` (443 when missing), ``host:port@address,address`` past the name service, or the name of an entry under ``targets:``."""
    sni: str = ""
    """The name to ask for and to hold the certificate to; the host of the target when empty."""
    ca_file: str = ""
    """PEM file of a private authority to trust besides Mozilla's; below the repository, or an absolute path."""
    intermediates: str = ""
    """PEM file of intermediates with which an incomplete chain is tried again (B instead of T)."""
    starttls: Starttls = ""
    """The protocol that is spoken before TLS; empty for none."""
    http: bool = True
    """Whether the server speaks HTTP, and so HSTS is asked for."""
    measure: Literal["grade", "days_left", "oldest_version", "newest_version", "suites"] = "grade"
    """What of the server is measured."""
    allow: tuple[str, ...] = policy.ALLOWED
    """The suites that ``suites`` takes no offence at, by IANA's names; ``*`` stands for anything. TLS 1.3 has suites of its own."""
    mode: Mode = "strict"
    """``strict`` judges by what is offered, ``ssllabs`` by what browsers negotiate where the guide does."""
    most: int = 8
    """Addresses of the name that are looked at; more leave the item unknown."""


def sought(ctx: Context, params: Params) -> Sought:
    """How the target is looked at. Raises CannotTell."""
    target = parse(params.target, ctx.targets)
    return Sought(
        target=target, name=params.sni or target.host, starttls=params.starttls, http=params.http, ca_file=params.ca_file,
        intermediates=params.intermediates, most=max(1, params.most),
    )  # fmt: skip


def observe(ctx: Context, params: Params) -> Measured:
    """The letter of the worst address, with every rule that bears on it. Raises CannotTell."""
    asked = sought(ctx, params)
    looked = look(ctx, asked)
    endpoints = [endpoint for endpoint in looked.seen.endpoints if not isinstance(endpoint, Unreached)]
    gaps = unseen(looked.seen)
    if not endpoints:
        raise CannotTell(f"{asked.target}: {few(gaps)}", "see that the server runs, that this machine reaches it, and that the port speaks TLS")
    if params.measure == "grade":
        return _letter(asked, looked, [grade(endpoint, params.mode) for endpoint in endpoints], gaps)
    answer = policy.answer(params.measure, endpoints, params.allow)
    return replace(answer, evidence=_evidence(asked, looked, len(endpoints)), gaps=(*gaps, *answer.gaps))


def unseen(seen: Seen) -> tuple[str, ...]:
    """The addresses that nothing can be said about, and why."""
    unreached = [f"{one.address}: {one.why}" for one in seen.endpoints if isinstance(one, Unreached)]
    left = len(seen.addresses) - len(seen.endpoints)
    return (*unreached, *([f"{left} of {len(seen.addresses)} addresses {'was' if left == 1 else 'were'} not looked at; raise 'most'"] if left else []))


def _evidence(asked: Sought, looked: Looked, count: int, rests: str = "") -> Evidence:
    several = f" on {count} addresses, the worst counts" if count > 1 else ""
    return Evidence(source=f"{asked.name} at {asked.target}{several}{rests}", tool=looked.tool, sha256=looked.sha256)


def _letter(asked: Sought, looked: Looked, grades: Sequence[Grade], gaps: Sequence[str]) -> Measured:
    letter = worst([one.letter for one in grades])
    return Measured(
        value=letter,
        examined=len(grades),
        evidence=_evidence(asked, looked, len(grades), f"; {GUIDE}"),
        findings=tuple(_finding(one, asked) for one in _distinct(grades)),
        gaps=(*gaps, *sorted({f"{one.endpoint.address}: {words}" for one in grades for words in one.doubts})),
        notes=(*(line for one in grades for line in _notes(one)), f"not assessed: {'; '.join(NOT_ASSESSED)}"),
    )


def _distinct(grades: Sequence[Grade]) -> list[Applied]:
    """Each rule with each of its words once, in the order of the guide's table."""
    return list({(one.rule.id, one.words): one for grade in grades for one in grade.applied}.values())


def _finding(one: Applied, asked: Sought) -> Finding:
    effect = "forgiven in this mode" if one.note else {"A": "no A+"}.get(one.rule.effect, f"at best {one.rule.effect}")
    return Finding(
        rule=one.rule.id, message=f"{one.words} ({effect}; guide {one.rule.since})", fix=one.rule.remedy, anchor=f"{asked.target} {one.rule.id}",
        severity=Severity.NOTE if one.note else SEVERITY[one.rule.effect],
    )  # fmt: skip


def _notes(one: Grade) -> list[str]:
    at, scores = one.endpoint.address, one.scores
    numbers = f"protocol {scores.protocol:g}, key exchange {scores.key_exchange:g}, cipher {scores.cipher:g}, together {scores.total:.0f}"
    lines = [f"{at}: {one.letter} ({numbers})" + (f"; {one.trust_ignored} if trust is ignored" if one.trust_ignored != one.letter else "")]
    private = [one for one in one.endpoint.deployments if one.public.code and not one.completed.code]
    return lines + ([f"{at}: trusted through the given ca_file only; to everybody else it is T"] if private else [])


CHECK = Check(
    params=Params, observe=observe, expect="is A+", bound=lambda params: policy.BOUNDS.get(params.measure, "is A+"), domain="tls",
    tools=("sslyze",), deadline=DEADLINE + 30,
)  # fmt: skip
