"""A report of SSL Labs that somebody put into the repository is a claim: it must be about this host, recent, and agree with a scan of our own.

Of each PDF the text is read: the host, the letter beside "Overall Rating", and the day after "Assessed on". A PDF without text (a scan of paper, a
screenshot) is unknown; one that ``prodready check --keep`` wrote is our own and no claim. The claim is held only together with our own scan of the
same host in the same run: a letter that our scan does not reach is found, and a host that our scan cannot tell about leaves the item unknown.

An item that uses it:

    - id: tls.report
      title: The report of SSL Labs is on file, and true
      check: tls_claim
      params: {target: "trade.example.com:443", files: [compliance/ssl/*.pdf], letter: A+, max_days: 90}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks import tls_grade
from prodready.context import Context, Ended
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.tls.rating import LETTERS
from prodready.tls.target import DEADLINE, parse
from prodready.tools.classify import Malformed, json_of, want

OWN = "Kept evidence"
"""How the text of a PDF begins that this program printed."""
_LETTER = re.compile(r"Overall Rating\W{0,10}(?P<letter>A\+|A-|[A-FTM])(?![\w+-])", re.IGNORECASE)
_DAY = re.compile(r"Assessed on:?\s*\w{3},? (?P<day>\d{1,2} \w{3} \d{4})", re.IGNORECASE)


class Params(Struct, frozen=True, kw_only=True):
    """Which reports, and what they must claim."""

    target: str
    """The server they are about, as in ``tls_grade``; our own scan looks at it."""
    files: tuple[str, ...] = ("compliance/ssl/*.pdf",)
    """The reports (gitignore patterns)."""
    letter: str = "A+"
    """The letter they must claim, and our scan must reach."""
    max_days: int = 90
    """How many days ago the assessment may be."""
    sni: str = ""
    """As in ``tls_grade``."""
    ca_file: str = ""
    """As in ``tls_grade``."""


class Claim(Struct, frozen=True, kw_only=True):
    """What a report says of itself."""

    path: str
    host: bool
    """Whether it names the host."""
    letter: str
    day: date | None


def observe(ctx: Context, params: Params) -> Found:
    """Every report held to what it must say, and to our own scan. Raises CannotTell."""
    if params.letter not in LETTERS:
        raise CannotTell(f"{shown(params.letter)!r} is no letter of the guide", f"write one of {', '.join(LETTERS)}")
    paths = ctx.repo.files(*params.files)
    if not paths:
        raise CannotTell(f"no report matches {few(params.files)}", "print the page of SSL Labs as PDF and commit it, or leave the item out")
    name = params.sni or parse(params.target, ctx.targets).host
    claims = [claim for path in paths if (claim := _claim(ctx, path, name))]
    if not claims:
        raise CannotTell(f"all that matches {few(params.files)} is what prodready itself kept", "print the page of SSL Labs as PDF and commit it beside")
    own = tls_grade.observe(ctx, tls_grade.Params(target=params.target, sni=params.sni, ca_file=params.ca_file))
    findings = [finding for claim in claims for finding in _wrong(claim, params, name, ctx.now.date())]
    if LETTERS.index(str(own.value)) > LETTERS.index(params.letter):
        message = f"our own scan of {name} gives {own.value}, and the report claims {params.letter}"
        findings.append(Finding(rule="claim-not-confirmed", message=message, severity=Severity.HIGH, fix="see 'prodready check tls_grade' for what changed"))
    reports = counted(len(claims), "report")
    evidence = Evidence(source=f"{reports} about {name}, and our own scan of it", tool=own.evidence.tool, sha256=own.evidence.sha256)
    return Found(examined=len(claims), evidence=evidence, findings=tuple(findings), gaps=own.gaps)


def _claim(ctx: Context, path: str, name: str) -> Claim | None:
    """What a report claims; None for one of our own."""
    copy = ctx.scratch() / "report.pdf"
    copy.write_bytes(ctx.repo.raw(path))
    text = _text(ctx, copy, path)
    if text.startswith(OWN):
        return None
    letter, day = _LETTER.search(text), _DAY.search(text)
    return Claim(path=path, host=_names(text, name), letter=letter["letter"].upper() if letter else "", day=_day(day["day"]) if day else None)


def _text(ctx: Context, copy: Path, path: str) -> str:
    ended = ctx.run.tool("pypdf", str(copy), deadline=60.0)
    remedy = "print the page of SSL Labs as PDF anew"
    if ended.ended is not Ended.EXITED or ended.code:
        raise CannotTell(f"{shown(path)} cannot be read: {ended.program} {ended.ended.value} with code {ended.code}", remedy)
    try:
        text = want(json_of(ended.stdout), "text", str)
    except Malformed as malformed:
        raise CannotTell(f"{shown(path)} cannot be read: {malformed}", remedy) from None
    if len(text) < 40:
        raise CannotTell(f"{shown(path)} holds no text, so nobody can tell what it claims", "print the page as PDF instead of a screenshot")
    return text


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text, re.IGNORECASE) is not None


def _day(words: str) -> date | None:
    try:
        return datetime.strptime(words, "%d %b %Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _wrong(claim: Claim, params: Params, name: str, today: date) -> Iterator[Finding]:
    def finding(rule: str, words: str) -> Finding:
        fix = "assess the host anew at SSL Labs, and print the page as PDF"
        return Finding(rule=rule, message=words, severity=Severity.HIGH, path=claim.path, fix=fix, anchor=rule)

    if not claim.host:
        yield finding("claim-of-another-host", f"it does not name {name}")
    if claim.letter != params.letter:
        yield finding("claim-of-another-letter", f"it claims {claim.letter or 'no letter'} under 'Overall Rating', expected {params.letter}")
    if claim.day is None:
        yield finding("claim-without-date", "it says nowhere when the host was assessed")
    elif not 0 <= (today - claim.day).days <= params.max_days:
        yield finding("claim-too-old", f"the assessment is of {claim.day}, and may be {params.max_days} days old")


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="tls", tools=("sslyze", "pypdf"), deadline=DEADLINE + 120)
