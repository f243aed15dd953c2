"""What is wrong with the answers of name servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prodready import durations
from prodready.check import CannotTell
from prodready.model import Finding, Severity
from prodready.names import few, shown
from prodready.service import Records

if TYPE_CHECKING:
    from prodready.checks.dns import Params

Row = Mapping[str, Any]
_FAILING = {
    "SERVFAIL": "it could not find out: the name servers of the zone, or its signatures, are broken",
    "REFUSED": "it answers others only: allow this machine, or name another resolver",
}


def judged(rows: Sequence[Row], machines: Sequence[Row], expected: Records, params: Params) -> tuple[list[Finding], list[str]]:
    """Findings, and what could not be told. Raises CannotTell for answers of another shape."""
    try:
        gaps = [gap for row in rows if (gap := _gap(row))]
        found = [*_each(rows, expected, params), *_machines(machines, params)]
        if params.path and not machines:
            gaps.append("no machine was asked: the name of the target has no address")
        return list({(finding.rule, finding.message): finding for finding in found}.values()), gaps
    except (KeyError, TypeError, AttributeError, ValueError):
        raise CannotTell("the client of the name service printed facts that are none", "run 'prodready tools install'") from None


def _gap(row: Row) -> str:
    what = f"{row['resolver']} was asked for {row['type']} of {shown(row['name'])}"
    if "failed" in row:
        return f"{what} and did not answer: {shown(row['failed'])}"
    if row["status"] in ("NOERROR", "NXDOMAIN"):
        return ""
    return f"{what} and said {row['status']}: {_FAILING.get(row['status'], 'it did not answer the question')}"


def _each(rows: Sequence[Row], expected: Records, params: Params) -> Iterator[Finding]:
    for resolver in dict.fromkeys(row["resolver"] for row in rows):
        for name, records in expected.items():
            own = {row["type"]: row for row in rows if (row["resolver"], row["name"]) == (resolver, name) and row.get("status") in ("NOERROR", "NXDOMAIN")}
            yield from _name(name, resolver, own, records, params)


def _name(name: str, resolver: str, own: Mapping[str, Row], records: Mapping[str, Sequence[str]], params: Params) -> Iterator[Finding]:
    if own and all(row["status"] == "NXDOMAIN" and not row["aliases"] for row in own.values()):
        yield _finding("no-such-name", f"{shown(name)} does not exist, says {resolver}", "create it, or take it out of the target", name)
        return
    for kind, values in records.items():
        if kind in own:
            yield from _record(name, resolver, own[kind], kind, values)
    if "CNAME" not in records:
        yield from _addresses(name, resolver, own, records, params)
    if params.caa and "CAA" in own and not own["CAA"]["values"]:
        yield _finding("no-caa", f"{shown(name)} lets any authority issue certificates", "add a CAA record that names yours", name, Severity.MEDIUM)
    longest = max((row["ttl"] for row in own.values() if row["values"]), default=0)
    if params.max_ttl and longest > durations.seconds(params.max_ttl):
        message = f"records of {shown(name)} are kept for {longest} s, at most {params.max_ttl} is wanted"
        yield _finding("long-lifetime", message, "lower the TTL a day before the launch", name, Severity.MEDIUM)


def _record(name: str, resolver: str, row: Row, kind: str, values: Sequence[str]) -> Iterator[Finding]:
    seen, wanted = {_plain(kind, value) for value in row["values"]}, {_plain(kind, value) for value in values}
    if seen != wanted and not (kind == "TXT" and wanted <= seen):
        message = f"{kind} of {shown(name)} is {few([shown(one) for one in sorted(seen)]) or 'not there'}, says {resolver}; expected {few(sorted(wanted))}"
        yield _finding("wrong-record", message, "mend the zone, or the expected records of the target", f"{name} {kind}")


def _addresses(name: str, resolver: str, own: Mapping[str, Row], records: Mapping[str, Sequence[str]], params: Params) -> Iterator[Finding]:
    asked = [own[kind] for kind in ("A", "AAAA") if kind in own]
    if len(asked) < 2:
        return
    found = {value for row in asked for value in row["values"]}
    aliases = [alias for row in asked for alias in row["aliases"]]
    if aliases and not found:
        message = f"{shown(name)} is an alias of {shown(aliases[-1])}, which leads nowhere, says {resolver}"
        yield _finding("dangling-alias", message, "delete the alias: whoever takes its other end takes the name", name)
    elif len(found) < max(1, params.addresses) and params.addresses:
        message = f"{shown(name)} has {len(found)} addresses, says {resolver}, expected at least {params.addresses}"
        yield _finding("too-few-addresses", message, "add those of the machines that should serve", name)
    stated = {_plain(kind, value) for kind in ("A", "AAAA") for value in records.get(kind, ())}
    inside = sorted(value for value in found - stated if not ipaddress.ip_address(value).is_global)
    if inside and not params.private:
        yield _finding("private-address", f"{shown(name)} leads to {few(inside)}, which the world cannot reach", "publish the public address", name)


def _machines(machines: Sequence[Row], params: Params) -> Iterator[Finding]:
    for one in machines:
        if one.get("status", 999) >= 400:
            said = f"answers {params.path} with HTTP {one['status']}" if "status" in one else f"does not serve: {shown(one['failed'])}"
            yield _finding("not-served", f"{one['address']} {said}", "mend that machine, or take its address out of the zone", one["address"])


def _plain(kind: str, value: str) -> str:
    """A value as it is compared: addresses in one form, names without the last dot, texts without quotes."""
    if kind in ("A", "AAAA"):
        return str(ipaddress.ip_address(value))
    if kind == "TXT":
        return value.replace('" "', "").strip('"')
    return value.lower().rstrip(".")


def _finding(rule: str, message: str, fix: str, anchor: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, fix=fix, anchor=anchor)
