"""Names lead where they should: the records are those that are expected, for every resolver that is asked, and each machine behind them serves.

The records of a name are asked of several resolvers, by default two of the world, since the machine's own may be told something else. A record
that differs from what the target states is found, and so are names that are gone, aliases that lead nowhere (whoever takes the other end takes the
name), addresses that only the inside can reach, and lifetimes that are too long to change a name in an emergency. With ``path``, every address of the
target's own host is asked over HTTP, past the name service: a balancer whose second machine is dead is found. A resolver that does not answer, refuses or
fails is a gap, and no pass.

The records stand with the target:

    targets:
      public:
        url: https://desk.example.com
        dns:
          desk.example.com: {A: [192.0.2.10, 192.0.2.11], CAA: ['0 issue "letsencrypt.org"']}
          www.desk.example.com: {CNAME: [desk.example.com]}

An item that uses it:

    - id: launch.dns
      title: The name leads to both balancers, and each of them serves
      check: dns
      params: {names: public, path: /healthz, addresses: 2, max_ttl: 5m}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.checks.dns.rules import Row, judged
from prodready.context import Context, Ended
from prodready.model import Evidence, Found
from prodready.names import counted, few, shown
from prodready.service import Records, Target, named

_REMEDY = "see that this machine may ask the resolvers (port 53, UDP and TCP), or name others in 'resolvers'"


class Params(Struct, frozen=True, kw_only=True):
    """Which names, and what they must lead to."""

    names: str | Records = "public"
    """The name of a target, or names with the records that each must have: ``{desk.example.com: {A: [192.0.2.10]}}``; without any, an address."""
    resolvers: tuple[str, ...] = ("1.1.1.1", "8.8.8.8")
    """Who is asked: addresses, with a port if it is not 53; ``system`` is the resolver of this machine."""
    max_ttl: str = ""
    """Longest lifetime of a record; empty looks not."""
    addresses: int = 1
    """How many addresses each name must have at least."""
    caa: bool = False
    """Whether each name must say which authority may issue certificates for it."""
    private: bool = False
    """Whether addresses that only the inside can reach are right."""
    path: str = ""
    """A path that every address of the target's own host must answer with less than 400; empty asks none."""
    seconds: float = 5.0
    """How long one answer may take."""

    def __post_init__(self) -> None:
        durations.seconds(self.max_ttl)
        if not self.resolvers or self.addresses < 0 or not 0 < self.seconds <= 30:
            raise ValueError("name a resolver; addresses are 0 or more, seconds between 0 and 30")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the names. Raises CannotTell."""
    target = named(ctx, params.names, Target) if isinstance(params.names, str) else None
    expected = _expected(params, target)
    if ctx.offline:
        raise CannotTell(f"{few([shown(name) for name in expected])} was not looked up: this run is offline", "run without --offline")
    asked = {name: _kinds(records, params) for name, records in expected.items()}
    question = {
        "names": asked,
        "resolvers": list(params.resolvers), "seconds": params.seconds, "probe": _probe(ctx, params, target),
    }  # fmt: skip
    ended = ctx.run.tool("dnspython", json.dumps(question), deadline=100)
    rows, machines = _told(ended.stdout if ended.ended is Ended.EXITED and ended.code == 0 else b"")
    if len(rows) != len(params.resolvers) * sum(map(len, asked.values())):
        raise CannotTell("the names were not looked up: the client left some out", _REMEDY)
    findings, gaps = judged(rows, machines, expected, params)
    source = f"{counted(len(expected), 'name')} at {few(params.resolvers)}" + (f"; {counted(len(machines), 'machine')} asked" if params.path else "")
    return Found(examined=len(expected), findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=source, tool=ended.program))


def _expected(params: Params, target: Target | None) -> Records:
    if not target:
        return params.names if isinstance(params.names, Mapping) else {}
    host = urlsplit(target.url if "://" in target.url else f"//{target.url}").hostname
    if not host and not target.dns:
        raise CannotTell(f"the target {shown(str(params.names))} has neither an address nor records", "write 'dns: {name: {A: […]}}' with it")
    return {**({host: {}} if host else {}), **target.dns}


def _kinds(records: Mapping[str, tuple[str, ...]], params: Params) -> list[str]:
    usual = [] if "CNAME" in records else ["A", "AAAA"]
    return list(dict.fromkeys((*records, *usual, *(["CAA"] if params.caa else []))))


def _probe(ctx: Context, params: Params, target: Target | None) -> dict[str, object] | None:
    if not params.path:
        return None
    parts = urlsplit(target.url) if target else None
    if not parts or not parts.hostname or parts.scheme not in ("http", "https"):
        raise CannotTell("'path' needs a target with an address such as https://desk.example.com", "name one in 'names'")
    tls = parts.scheme == "https"
    authorities = ctx.repo.text(target.ca_file) if target and target.ca_file else ""
    return {"host": parts.hostname, "port": parts.port or (443 if tls else 80), "tls": tls, "path": params.path, "ca": authorities}


def _told(output: bytes) -> tuple[list[Row], list[Row]]:
    try:
        told: Any = json.loads(output)
        return list(told["rows"]), list(told["machines"])
    except (ValueError, KeyError, TypeError):
        raise CannotTell("the names were not looked up: the client printed no answer", _REMEDY) from None


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="observability", tools=("dnspython",), deadline=110)
