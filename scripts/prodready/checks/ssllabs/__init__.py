"""The letter that Qualys SSL Labs itself gives a public server, asked over its API v4: a second voice beside ``tls_grade``, for those who opted in.

Qualys wants a registered e-mail address of an organisation (``email`` names the variable that holds it), public servers on port 443 only, one
assessment of a host at a time, and its permission for commercial use. An assessment of up to ``max_hours`` ago is taken from its cache, so that a
nightly run starts at most one. The answer names the host to Qualys; nothing is published on its boards. The letter of the worst address counts.

It is not asked on pull requests, where anybody could make it run: the item is unknown there, so give it the stage ``release``. Too many requests
(429), an overloaded service (503, 529), an address that is not registered (441) and an assessment that does not end in time are unknown too.

An item that uses it:

    - id: tls.ssllabs
      title: SSL Labs gives the public endpoint an A+
      check: ssllabs
      stage: release
      params: {host: trade.example.com}
      expect: is A+
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import few, shown
from prodready.service import Service, Target, service
from prodready.tls.rating import LETTERS, worst
from prodready.tools.classify import Malformed, each, want

API = "https://api.ssllabs.com/api/v4"
EVERY = 15.0
"""Seconds between two questions while an assessment runs; Qualys asks for 10 or more."""
PATIENCE = 600.0
"""Seconds that an assessment may take; most take two minutes an address."""
_REMEDIES = {
    400: "give the name of a public server, without scheme, path and port",
    441: "register the address once: POST {firstName, lastName, email, organization} to /register; free mail hosts are refused",
    429: "run this less often: once a night is enough, and its cache answers",
    503: "the service is being maintained; run this again in a quarter of an hour",
    529: "the service is overloaded; run this again in half an hour",
}
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}", re.IGNORECASE)


class Params(Struct, frozen=True, kw_only=True):
    """Which server, and how old an assessment may be."""

    host: str
    """Its public name; the port is 443."""
    email: str = "PRODREADY_SSLLABS_EMAIL"
    """The variable that holds the e-mail address registered with Qualys."""
    max_hours: int = 24
    """Hours that an assessment in the cache may be old, 1 to 168."""
    api: str = API
    """Where the API is."""

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise ValueError(f"{shown(self.host)!r} is no public name: write trade.example.com, without scheme, path and port")
        if not 1 <= self.max_hours <= 168:
            raise ValueError("max_hours is 1 to 168")


def observe(ctx: Context, params: Params) -> Measured:
    """The letter of the worst address. Raises CannotTell."""
    if ctx.forge and ctx.forge.pull:
        raise CannotTell("SSL Labs is not asked on pull requests: anybody could start assessments with it", "give the item 'stage: release'")
    target = Target(url=params.api, headers={"email": params.email})
    api = service(ctx, target, kind="SSL Labs")
    assessed = _assessment(ctx, api, params)
    try:
        return _measured(assessed, params)
    except Malformed as malformed:
        raise CannotTell(f"SSL Labs' answer is not understood: {malformed}", "see whether its API has a newer version than v4") from None


def _assessment(ctx: Context, api: Service, params: Params) -> Mapping[str, Any]:
    """The finished assessment, of the cache or a new one. Raises CannotTell when there is none in time."""
    query = {"host": params.host, "publish": "off", "fromCache": "on", "maxAge": str(params.max_hours), "all": "done"}
    waited = 0.0
    while True:
        told = _told(api, query)
        state = told.get("status")
        if state == "READY":
            return told
        if state not in ("DNS", "IN_PROGRESS"):
            raise CannotTell(f"SSL Labs could not assess {params.host}: {shown(str(told.get('statusMessage') or state))[:200]}", "see that it is public")
        if waited >= PATIENCE:
            raise CannotTell(f"the assessment of {params.host} did not end within {PATIENCE:g} s", "run it again: the finished one is then in the cache")
        ctx.wait(EVERY)
        waited += EVERY


def _told(api: Service, query: Mapping[str, str]) -> Mapping[str, Any]:
    answer = api.get("/analyze", query, deadline=30.0)
    if answer.status in _REMEDIES:
        raise CannotTell(f"SSL Labs answered HTTP {answer.status}", _REMEDIES[answer.status])
    told = api.decoded(api.good(answer, "/analyze"), "/analyze")
    if not isinstance(told, dict):
        raise CannotTell("SSL Labs answered with no assessment", "see whether its API has a newer version than v4")
    return told


def _measured(assessed: Mapping[str, Any], params: Params) -> Measured:
    if (about := want(assessed, "host", str)).lower() != params.host.lower():
        raise Malformed(f"it is about {shown(about)}, and {params.host} was asked")
    endpoints = list(each(assessed, "endpoints"))
    graded = [(_address(one), letter) for one in endpoints if (letter := one.get("grade")) in LETTERS]
    gaps = tuple(f"{_address(one)}: {shown(str(one.get('statusMessage') or 'no letter'))[:200]}" for one in endpoints if one.get("grade") not in LETTERS)
    if not graded:
        raise CannotTell(f"SSL Labs gave {params.host} no letter: {few(gaps) or 'no address of it was assessed'}", "see that it answers on port 443")
    letter = worst([one for _, one in graded])
    criteria, engine = (shown(want(assessed, key, str))[:40] for key in ("criteriaVersion", "engineVersion"))
    evidence = Evidence(source=f"SSL Labs' assessment of {params.host}, criteria {criteria}", tool=f"SSL Labs {engine}")
    return Measured(value=letter, examined=len(graded), evidence=evidence, findings=_findings(graded, params.host), gaps=gaps)


def _address(endpoint: Mapping[str, Any]) -> str:
    return shown(want(endpoint, "ipAddress", str))[:60]


def _findings(graded: Sequence[tuple[str, str]], host: str) -> tuple[Finding, ...]:
    """One for each address that is not an A+."""
    fix = f"read its reasons at https://www.ssllabs.com/ssltest/analyze.html?d={host}, or run 'prodready check tls_grade'"
    return tuple(
        Finding(rule="ssllabs-letter", message=f"{address} has the letter {letter}", severity=Severity.MEDIUM, fix=fix, anchor=f"{host} {address}")
        for address, letter in graded if letter != "A+"
    )  # fmt: skip


CHECK = Check(params=Params, observe=observe, expect="is A+", domain="tls", github=True, deadline=PATIENCE + 120)
