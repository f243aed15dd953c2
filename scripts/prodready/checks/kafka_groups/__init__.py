"""Consumer groups are there, stable, have members, and keep up.

Lag is the last offset less the committed one, summed over a group's partitions; where nothing was committed, all that is there. A committed offset
that has already been deleted by retention is lost data, and is found. With ``pause`` the group is looked at twice: a lag above ``settled`` that grows
in between is found, however small it still is.

An item that uses it:

    - id: kafka.consumers
      title: The risk engine keeps up with executions
      check: kafka_groups
      params: {bootstrap: kafka, groups: [risk], max_lag: 1000, pause: 10}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready import kafka
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.kafka import Brokers
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown


class Params(Struct, frozen=True, kw_only=True):
    """Which groups, and how far behind they may be."""

    groups: tuple[str, ...]
    """Groups that must be there."""
    bootstrap: Brokers = "kafka"
    """``host:port`` of brokers, or the name of a target."""
    max_lag: int = 1000
    """Messages that a group may be behind."""
    members: int = 1
    """Members that a group must have."""
    pause: float = 0.0
    """Seconds between two looks, up to 60; 0 looks once."""
    settled: int = 10
    """A lag up to this may grow: messages come in between two looks."""

    def __post_init__(self) -> None:
        if not self.groups or not 0 <= self.pause <= 60:
            raise ValueError("name at least one group, and a pause of up to 60 s")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with each group. Raises CannotTell."""
    told, program = kafka.facts(ctx, params.bootstrap, groups=params.groups)
    before: Mapping[str, Any] = {}
    if params.pause:
        before = told["groups"]
        ctx.wait(params.pause)
        told, program = kafka.facts(ctx, params.bootstrap, groups=params.groups)
    findings, gaps, notes = list[Finding](), list[str](), list[str]()
    try:
        for name in params.groups:
            group = told["groups"][name]
            if "failed" in group:
                gaps.append(kafka.denied(group["failed"], f"the group {name}"))
                continue
            notes.append(f"{shown(name)}: {group['state']}, {group['members']} members, {_lag(group)} behind")
            findings += [*_wrong(name, group, params), *_growing(name, before.get(name, {}), group, params)]
    except (KeyError, TypeError):
        raise CannotTell("the client of Kafka printed facts that are none", "run 'prodready tools install'") from None
    source = f"{len(params.groups)} consumer groups ({few(params.groups)})"
    return Found(examined=len(params.groups), findings=tuple(findings), gaps=tuple(gaps), notes=tuple(notes), evidence=Evidence(source=source, tool=program))


def _lag(group: Mapping[str, Any]) -> int:
    return sum(max(0, part["last"] - (part["committed"] if part["committed"] >= 0 else part["first"])) for part in group["offsets"])


def _wrong(name: str, group: Mapping[str, Any], params: Params) -> Iterator[Finding]:
    where = f"the group {shown(name)}"
    if group["state"] in ("dead", "empty", "unknown") or group["members"] < params.members:
        message = f"{where} is {group['state']} with {group['members']} members, expected at least {params.members}"
        yield _finding("no-members", message, "start its consumers", name)
    elif group["state"] != "stable":
        yield _finding("not-stable", f"{where} is {group['state']}", "look for consumers that join and leave: session.timeout.ms, max.poll.interval.ms", name)
    if _lag(group) > params.max_lag:
        message = f"{where} is {_lag(group):,} messages behind, at most {params.max_lag:,} are allowed"
        yield _finding("lag", message, "add consumers, or see why they are slow", name)
    for part in group["offsets"]:
        if 0 <= part["committed"] < part["first"]:
            message = f"{where} has read {part['topic']}-{part['partition']} up to {part['committed']}, and all before {part['first']} is deleted"
            yield _finding("lost-messages", message, "replay what was lost from its origin, and keep the topic for longer", f"{name} {part['topic']}")


def _growing(name: str, before: Mapping[str, Any], group: Mapping[str, Any], params: Params) -> Iterator[Finding]:
    if "offsets" in before and _lag(group) > max(_lag(before), params.settled):
        message = f"the lag of the group {shown(name)} grew from {_lag(before):,} to {_lag(group):,} in {params.pause:g} s"
        yield _finding("lag-grows", message, "see whether its consumers still work", name)


def _finding(rule: str, message: str, fix: str, name: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, fix=fix, anchor=name)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", tools=("kafka",), deadline=180)
